"""The persona of a name as the owner wants it now: the text in the store, else the file that ships with the bot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from chalicelib.access.ports import PersonaText, PersonaTexts
from chalicelib.content import knowledge, persona
from chalicelib.content.persona import Persona
from chalicelib.errors import ConfigError


class ShippedOnly:
    """`PersonaTexts` of which only `current` is used: there is no other text than the files."""

    def current(self) -> Mapping[str, PersonaText]:
        """Return nothing."""
        return {}


@dataclass(frozen=True)
class Personas:
    """Looks up personas."""

    texts: "PersonaTexts | ShippedOnly" = field(default_factory=ShippedOnly)
    report: Callable[[Exception], None] = lambda _: None
    """Gets the error in a text of the store that this version of the bot cannot use; the file is used instead."""

    def has(self, name: str) -> bool:
        """Whether there is a persona of this name. Raises StoreError."""
        return name in self.texts.current() or name in persona.names()

    def named(self, name: str) -> Persona:
        """Return the persona of this name. Raises ConfigError if there is none, and StoreError."""
        if text := self.texts.current().get(name):
            try:
                return _parsed(name, text.source, tuple(sorted(text.files.items())))
            except ConfigError as exc:
                self.report(exc)
        return persona.load(name)


@lru_cache(maxsize=64)
def _parsed(name: str, source: str, files: tuple[tuple[str, str], ...]) -> Persona:
    return persona.parse(name, source, file=f"the owner's text of {name}", read=knowledge.reader_of(dict(files)))
