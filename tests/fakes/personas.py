"""Fake of the store of the owner's texts of personas, in memory."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chalicelib.access.ports import NO_FILES, PersonaChange, PersonaText
from tests.fakes.memory import Memory, atomic


@dataclass(frozen=True)
class FakePersonaTexts:
    """`access.ports.PersonaTexts`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def current(self) -> Mapping[str, PersonaText]:
        return dict(self.memory.persona_texts)

    @atomic
    def put(self, name: str, source: str, *, now: int, files: Mapping[str, str] = NO_FILES) -> None:
        self.memory.persona_texts[name] = PersonaText(source, now, files)
        self.memory.persona_changes.append(PersonaChange(now, name, is_put=True))

    @atomic
    def remove(self, name: str, *, now: int) -> bool:
        if name not in self.memory.persona_texts:
            return False
        del self.memory.persona_texts[name]
        self.memory.persona_changes.append(PersonaChange(now, name, is_put=False))
        return True

    @atomic
    def changes(self) -> Iterator[PersonaChange]:
        return iter(self.memory.persona_changes[::-1])
