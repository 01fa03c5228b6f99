"""Uses invites: each once for a user, however often its link is opened."""

from dataclasses import dataclass, replace
from typing import Final

from chalicelib.access import invites
from chalicelib.access.invites import Invites, InviteState, Redeemed
from chalicelib.access.person import Person
from chalicelib.access.ports import People
from chalicelib.clock import Clock
from chalicelib.errors import StoreError

_TRIES: Final = 5


@dataclass(frozen=True)
class Redemption:
    """What became of an attempt."""

    redeemed: Redeemed
    person: Person
    """As they are now."""


@dataclass(frozen=True)
class Redeeming:
    """Lets users use invites."""

    invites: Invites
    people: People
    clock: Clock

    def redeem(self, code: str, person: Person) -> Redemption:
        """Use the invite of this code for a user, who was read just now. Raises StoreError.

        A repetition returns BEFORE, and the user with what they were given. Wrong, expired, revoked and used up
        codes are all NOT_VALID.
        """
        for _ in range(_TRIES):
            result = self._try(code, person)
            if result.redeemed is not Redeemed.CHANGED:
                return result
            person = self.people.get(person.id) or Person(person.id)
        raise StoreError("the person changes too often")

    def _try(self, code: str, person: Person) -> Redemption:
        id_, now = invites.id_in(code), self.clock()
        invite = self.invites.get(id_) if id_ else None
        if invite is None or not invites.matches(invite, code):
            return Redemption(Redeemed.NOT_VALID, person)
        if invite.id in person.invites:
            return Redemption(Redeemed.BEFORE, person)
        if invites.state(invite, now=now) is not InviteState.OPEN:
            return Redemption(Redeemed.NOT_VALID, person)
        grant = invites.granted(invite, person)
        if grant is None or person.is_owner:
            return Redemption(Redeemed.DECIDED, person)
        result = self.invites.redeem(invite, person, grant, now=now)
        if result is not Redeemed.NOW:
            return Redemption(result, person)
        return Redemption(
            result,
            replace(
                person,
                access=grant.access,
                daily_limit=grant.daily_limit,
                by_invite=not grant.is_none,
                invites={**person.invites, invite.id: now},
                invited_persona=invite.persona or person.invited_persona,
            ),
        )
