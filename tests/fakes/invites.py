"""Fake of the store of invites, in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from chalicelib.access import identity
from chalicelib.access.invites import Grant, Invite, InviteState, Redeemed, state
from chalicelib.access.person import Person
from chalicelib.ids import InviteId
from tests.fakes.memory import Memory, atomic


@dataclass(frozen=True)
class FakeInvites:
    """`access.invites.Invites`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def create(self, invite: Invite) -> bool:
        is_new = invite.id not in self.memory.invites
        self.memory.invites.setdefault(invite.id, invite)
        return is_new

    @atomic
    def get(self, invite: InviteId) -> Invite | None:
        return self.memory.invites.get(invite)

    @atomic
    def list(self) -> Iterator[Invite]:
        return iter([self.memory.invites[each] for each in sorted(self.memory.invites)])

    @atomic
    def revoke(self, invite: InviteId, *, now: int) -> bool:
        found = self.memory.invites.get(invite)
        if found is None:
            return False
        self.memory.invites[invite] = replace(found, revoked_at=found.revoked_at or now)
        return True

    @atomic
    def redeem(self, invite: Invite, person: Person, grant: Grant, *, now: int) -> Redeemed:
        stored, known = self.memory.invites.get(invite.id), self.memory.people.get(person.id)
        if stored is None or state(stored, now=now) is not InviteState.OPEN:
            return Redeemed.NOT_VALID
        if known is None or _decided(known.person) != _decided(person) or invite.id in known.person.invites:
            return Redeemed.CHANGED
        self.memory.invites[invite.id] = replace(stored, used=stored.used + 1)
        known.change(
            access=grant.access,
            daily_limit=grant.daily_limit,
            by_invite=not grant.is_none,
            invites={**known.person.invites, invite.id: now},
            invited_persona=invite.persona or known.person.invited_persona,
        )
        known.expires_at, known.channel = None, known.channel or identity.channel_of(person.id)
        return Redeemed.NOW


def _decided(person: Person) -> object:
    return person.access, person.daily_limit, person.by_invite
