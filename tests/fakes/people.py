"""Fakes of the stores of people and of sent alerts, in memory."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from chalicelib.access import identity, ledger
from chalicelib.access.person import Access, Look, Person
from chalicelib.access.retention import COUNTS_KEPT_S, LOOKS_KEPT
from chalicelib.errors import UnknownPerson
from chalicelib.ids import ConversationId, PersonId
from tests.fakes.memory import KnownPerson, Memory, atomic


@dataclass(frozen=True)
class FakePeople:
    """`access.ports.People`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def get(self, person: PersonId) -> Person | None:
        known = self.memory.people.get(person)
        return known.person if known else None

    @atomic
    def decide(self, person: PersonId, access: Access, *, daily_limit: int | None) -> None:
        if access is Access.DEFAULT and daily_limit is None:
            self._undecide(person)
            return
        known = self.memory.people.setdefault(person, KnownPerson(Person(person)))
        known.change(access=access, daily_limit=daily_limit, tap="", by_invite=False)
        known.expires_at, known.channel = None, known.channel or identity.channel_of(person)

    def _undecide(self, person: PersonId) -> None:
        known = self.memory.people.get(person)
        if known is None:
            raise UnknownPerson("there is no person with that id")
        known.change(access=Access.DEFAULT, daily_limit=None, tap="", by_invite=False)
        if not known.person.first_seen and not known.full_at and not known.person.is_owner:
            del self.memory.people[person]

    @atomic
    def list(self) -> Iterator[Person]:
        listed = [known.person for known in self.memory.people.values() if known.channel]
        return iter(sorted(listed, key=lambda person: person.last_seen, reverse=True))

    @atomic
    def choose(self, person: PersonId, persona: str, *, asked_at: int) -> None:
        known = self.memory.people.get(person)
        if known and not known.person.has_forgotten(asked_at):
            known.change(persona=persona)

    @atomic
    def speak(self, person: PersonId, language: str, *, asked_at: int) -> None:
        known = self.memory.people.get(person)
        if known and not known.person.has_forgotten(asked_at):
            known.change(language=language)

    @atomic
    def give_model(self, person: PersonId, model: str) -> None:
        known = self.memory.people.get(person)
        if known is None:
            raise UnknownPerson("there is no person with that id")
        known.change(model=model)

    @atomic
    def note_look(self, person: Person, by: str, *, now: int) -> bool:
        known = self.memory.people.get(person.id)
        if known is None:
            return False
        known.change(looks=(*known.person.looks, Look(now, by))[-LOOKS_KEPT:])
        return True

    @atomic
    def leave(self, person: PersonId, conversations: Collection[ConversationId]) -> None:
        if known := self.memory.people.get(person):
            known.change(rooms=known.person.rooms - set(conversations))

    @atomic
    def begin_to_forget(self, person: PersonId, *, asked_at: int) -> None:
        known = self.memory.people.get(person)
        if known and not known.person.has_forgotten(asked_at):
            known.change(forgotten_at=asked_at)

    @atomic
    def forget(
        self,
        person: PersonId,
        *,
        now: int,
        last_seen: int | None = None,
        later: Collection[ConversationId] = (),
    ) -> bool:
        known = self.memory.people.get(person)
        if known is None:
            return True
        if last_seen not in (None, known.person.last_seen):
            return False
        self.memory.drop_export_link(person)
        known.change(
            persona="",
            model="",
            facts=(),
            memory_off=False,
            memory_consent=None,
            language="",
            language_seen="",
            looks=(),
        )
        known.change(invites={}, invited_persona="", talked_at=0)
        known.forget_months(ledger.forgotten_months(now))
        known.facts_made, known.forgot = 0, ""
        known.change(tap="", tapped_in="")
        if person in self.memory.news.waiting:
            known.change(announced=False)
            self.memory.news.waiting.discard(person)
        if later:
            known.change(first_seen=now, rooms=frozenset(each for each in later if identity.named(each)))
            return True
        if not _decided(known):
            known.expires_at, known.channel = now // 1000 + COUNTS_KEPT_S, None
        known.change(first_seen=0, last_seen=0, rooms=frozenset())
        return True


@dataclass(frozen=True)
class FakeSentAlerts:
    """`operations.ports.SentAlerts`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def first_today(self, kind: str, *, day: str) -> bool:
        if self.memory.alerts.get(kind) == day:
            return False
        self.memory.alerts[kind] = day
        return True

    @atomic
    def people_today(self, kind: str, person: str, *, day: str, most: int) -> int:
        met = self.memory.met.setdefault(kind, (day, set()))
        if met[0] != day:
            met = self.memory.met[kind] = (day, set())
        if len(met[1]) < most:
            met[1].add(person)
        return len(met[1])


def _decided(known: KnownPerson) -> bool:
    return known.person.access is not Access.DEFAULT or known.person.daily_limit is not None or known.person.is_owner
