"""The Facts port in memory."""

from dataclasses import dataclass, field

from chalicelib.access.facts import MEMORY_CONSENT, Kept, Remembered, in_one_line, verdict
from chalicelib.access.person import Consent, Fact, Person
from chalicelib.ids import PersonId
from tests.fakes.memory import KnownPerson, Memory, atomic


@dataclass(frozen=True)
class FakeFacts:
    """`access.facts.Facts`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def remember(self, person: PersonId, text: str, *, source: str, asked_at: int, now: int) -> Remembered:
        known, line = self._known(person), in_one_line(text)
        if found := verdict(known.person, line, source=source, asked_at=asked_at):
            return found
        known.facts_made += 1
        fact = Fact(known.facts_made, line, now, source)
        known.change(facts=(*known.person.facts, fact))
        return Remembered(Kept.KEPT, fact)

    @atomic
    def forget(self, person: PersonId, number: int, *, source: str) -> bool:
        known = self._known(person)
        left = tuple(fact for fact in known.person.facts if fact.number != number)
        if left == known.person.facts:
            return known.forgot == source
        known.change(facts=left)
        known.forgot = source
        return True

    @atomic
    def switch(self, person: PersonId, *, on: bool, asked_at: int) -> None:
        known = self._known(person)
        if not known.person.has_forgotten(asked_at):
            known.change(memory_off=not on, memory_consent=Consent(MEMORY_CONSENT, asked_at) if on else None)

    def _known(self, person: PersonId) -> KnownPerson:
        return self.memory.people.get(person) or KnownPerson(Person(person))
