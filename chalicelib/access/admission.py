"""Admission: whether an authenticated user may still connect, join and read."""

from dataclasses import dataclass
from typing import Final

from chalicelib.access import identity
from chalicelib.access.authentication import REVOKED, Rejected
from chalicelib.access.entitlements import Entitlements, EntitlementService
from chalicelib.access.person import Access, Person
from chalicelib.access.ports import People
from chalicelib.clock import Clock
from chalicelib.ids import PersonId

BLOCKED: Final = Rejected("blocked", "the owner has blocked you")


@dataclass(frozen=True)
class Standing:
    """What is stored about a user who is admitted."""

    person: Person
    entitlements: Entitlements


@dataclass(frozen=True)
class Admission:
    """Reads as last written whether the owner has revoked the user's API key or blocked the user. Raises StoreError."""

    people: People
    entitlements: EntitlementService
    clock: Clock

    def is_blocked(self, person: PersonId) -> bool:
        """Whether the owner has blocked the user."""
        known = self.people.get(person)
        return known is not None and known.access is Access.BLOCKED

    def standing(self, person: PersonId) -> Standing | Rejected:
        """Return what the user may do; Rejected if the key is revoked, expired or gone, or the user is blocked."""
        entitlements = self.entitlements.for_person(person)
        if lacks_key(person, entitlements, now=self.clock()):
            return REVOKED
        known = self.people.get(person) or Person(person)
        return BLOCKED if known.access is Access.BLOCKED else Standing(known, entitlements)


def lacks_key(person: PersonId, entitlements: Entitlements, *, now: int) -> bool:
    """Whether the user came with an API key that is revoked, expired or gone at `now`."""
    key = entitlements.key
    return identity.key_of(person) is not None and (key is None or not key.is_valid(now=now))
