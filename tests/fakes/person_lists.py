"""The PersonLists port in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from chalicelib.access.retention import LIST_KEPT_S
from chalicelib.conversation.person_list import PersonList
from chalicelib.ids import PersonId
from tests.fakes.memory import Memory, atomic


@dataclass(frozen=True)
class FakePersonLists:
    """`conversation.tool_ports.PersonLists`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def get(self, person: PersonId, name: str, *, now: int) -> PersonList:
        found, expires_at = self.memory.lists.get((person, name.casefold()), (PersonList(name), 0))
        return found if expires_at * 1000 > now else PersonList(name, version=found.version)

    @atomic
    def put(self, person: PersonId, changed: PersonList, *, asked_at: int, now: int) -> bool:
        place = person, changed.name.casefold()
        stored, _ = self.memory.lists.get(place, (PersonList(changed.name), 0))
        known = self.memory.people.get(person)
        if stored.version != changed.version or (known and known.person.has_forgotten(asked_at)):
            return False
        self.memory.lists[place] = replace(changed, version=changed.version + 1), now // 1000 + LIST_KEPT_S
        return True

    @atomic
    def all(self, person: PersonId, *, now: int) -> Sequence[PersonList]:
        found = sorted((name, *kept) for (whose, name), kept in self.memory.lists.items() if whose == person)
        return [kept for _, kept, expires_at in found if expires_at * 1000 > now]

    @atomic
    def forget(self, person: PersonId) -> None:
        self.memory.lists = {place: kept for place, kept in self.memory.lists.items() if place[0] != person}
