"""A fake of the store of owners, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.access import identity
from chalicelib.access.owner_ports import Owner
from chalicelib.access.pairing import MOST_TRIES, Pairing
from chalicelib.access.person import Person
from chalicelib.ids import PersonId
from tests.fakes.memory import KnownPerson, Memory, atomic


@dataclass(frozen=True)
class FakeOwners:
    """`access.owner_ports.Owners`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def list(self) -> Sequence[Owner]:
        return sorted(self.memory.owners.values(), key=lambda owner: owner.since)

    @atomic
    def offer(self, pairing: Pairing) -> None:
        self.memory.pairing = (pairing, 0)

    @atomic
    def try_code(self, *, now: int) -> Pairing | None:
        pairing, tries = self.memory.pairing or (None, 0)
        if pairing is None or tries >= MOST_TRIES or pairing.expires_at <= now:
            return None
        self.memory.pairing = (pairing, tries + 1)
        return pairing

    @atomic
    def pair(self, person: PersonId, pairing: Pairing, *, now: int) -> bool:
        if self.memory.pairing is None or self.memory.pairing[0].digest != pairing.digest:
            return False
        known = self.memory.people.setdefault(person, KnownPerson(Person(person, last_seen=now)))
        known.change(is_owner=True)
        known.expires_at, known.channel = None, known.channel or identity.channel_of(person)
        self.memory.owners[person] = Owner(person, now, pairing)
        self.memory.pairing = None
        return True

    @atomic
    def remove(self, person: PersonId) -> bool:
        if self.memory.owners.pop(person, None) is None:
            return False
        self.memory.people[person].change(is_owner=False)
        return True
