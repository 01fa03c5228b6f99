"""The owner's own texts of personas: shown, checked and put in place of the files that ship with the bot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from chalicelib.access.ports import PersonaChange, PersonaText, PersonaTexts
from chalicelib.clock import Clock, utc
from chalicelib.content import knowledge, persona
from chalicelib.content.knowledge import KnownFile, Reader
from chalicelib.content.persona import Persona
from chalicelib.errors import BadRequest, ConfigError

MOST_BYTES: Final = 300_000
"""Of all texts together, as they are in one item of the table."""
_LATEST: Final = 10
"""Changes that `list` returns."""


@dataclass(frozen=True)
class PersonaState:
    """A persona, and the owner's own text if there is one."""

    id: str
    """The name of its file without `.toml`."""
    source: str = field(repr=False)
    """The text that counts: the owner's, or that of the shipped file."""
    put_at: int | None = None
    """When the owner put the text; None if the shipped file counts."""
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The texts of the files that the owner's text knows, by their names."""
    fault: str = ""
    """Why this version of the bot cannot use the owner's text, so that the shipped file counts; empty if it can."""

    @property
    def known(self) -> Sequence[KnownFile]:
        """The files that the persona knows, as they count."""
        return _used(self).known

    @property
    def shown_as(self) -> str:
        """The name that people read."""
        return _used(self).name

    @property
    def about(self) -> str:
        """What the persona is, in one line; empty if its text does not say so."""
        return _used(self).about

    def as_json(self) -> dict[str, Any]:
        """Return all but the text, in JSON's types."""
        values = {"persona": self.id, "name": self.shown_as, "about": self.about}
        return {**values, "put_at": utc(self.put_at), "fault": self.fault or None}


@dataclass(frozen=True)
class PersonaEditor:
    """Carries out the owner's requests about personas. All methods raise StoreError; BadRequest for an unknown name."""

    texts: PersonaTexts
    clock: Clock

    def list(self) -> Sequence[PersonaState]:
        """Return all personas in alphabetical order."""
        current = self.texts.current()
        return [_state(name, current) for name in persona.names()]

    def changes(self) -> Sequence[PersonaChange]:
        """Return the latest changes, newest first; at most 10."""
        return list(islice(self.texts.changes(), _LATEST))

    def show(self, name: str) -> PersonaState:
        """Return one persona."""
        _check_name(name)
        return _state(name, self.texts.current())

    def put(self, name: str, source: str, *, file: str, read: Reader) -> PersonaState:
        """Put the text of a persona in place of what counted; within a minute it counts everywhere.

        `read` reads the files that it knows; where it finds none, the file stays as it is. Their texts are stored with
        the persona's. Raises ConfigError, with `file`, line and
        reason, for a text that cannot be used; nothing is then stored.
        """
        _check_name(name)
        known = persona.parse(name, source, file=file, read=self._or_as_it_is(name, read)).known
        text = PersonaText(source, self.clock(), {one.name: one.text for one in known})
        others = [other for at, other in self.texts.current().items() if at != name]
        if sum(map(_bytes, (text, *others))) > MOST_BYTES:
            raise ConfigError(f"{file}: with it, your texts of all personas would have more than {MOST_BYTES} bytes")
        self.texts.put(name, source, now=text.at, files=text.files)
        return PersonaState(name, source, text.at, text.files)

    def _or_as_it_is(self, name: str, read: Reader) -> Reader:
        text = self.texts.current().get(name)
        kept = knowledge.reader_of(text.files if text else {})
        return knowledge.either(read, knowledge.either(kept, knowledge.shipped))

    def remove(self, name: str) -> bool:
        """Remove the owner's text, so that the shipped file counts again; False if there is none."""
        _check_name(name)
        return self.texts.remove(name, now=self.clock())


def faults(texts: PersonaTexts) -> Mapping[str, str]:
    """Return why the owner's texts that cannot be used cannot, by the names of their personas. Raises StoreError."""
    current = texts.current()
    return {name: fault for name in current if (fault := _fault(name, current[name]))}


def _bytes(text: PersonaText) -> int:
    return sum(len(part.encode()) for part in (text.source, *text.files, *text.files.values()))


def _check_name(name: str) -> None:
    if wrong := persona.name_error(name):
        raise BadRequest(f"the persona {wrong}")


def _state(name: str, current: Mapping[str, PersonaText]) -> PersonaState:
    text = current.get(name)
    if text is None:
        return PersonaState(name, persona.shipped(name))
    return PersonaState(name, text.source, text.at, text.files, _fault(name, text))


def _fault(name: str, text: PersonaText) -> str:
    try:
        if name in persona.names():
            persona.parse(name, text.source, file="your text", read=knowledge.reader_of(text.files))
            return ""
    except ConfigError as exc:
        return str(exc)
    return "no persona of this name ships with the bot any more"


def _used(state: PersonaState) -> Persona:
    if state.put_at is None or state.fault:
        return persona.load(state.id)
    return persona.parse(state.id, state.source, read=knowledge.reader_of(state.files))
