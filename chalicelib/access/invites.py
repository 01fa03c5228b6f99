"""Invites: links by which the owner lets users in before they have written. What they are, and what they give."""

import base64
import hmac
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Final, Protocol

from chalicelib.access import secret_text
from chalicelib.access.person import Access, Person
from chalicelib.ids import InviteId


@dataclass(frozen=True)
class Grant:
    """What a user may do by an invite."""

    access: Access = Access.DEFAULT
    daily_limit: int | None = None
    """The user's own questions a day; None for those of the entitlements."""

    @property
    def is_none(self) -> bool:
        """Whether it is what users have without an invite."""
        return self.access is Access.DEFAULT and self.daily_limit is None


@dataclass(frozen=True)
class Invite:
    """A stored invite. It lacks the secret part of its code. Times are milliseconds since 1970."""

    id: InviteId
    name: str
    """The owner's name for it."""
    digest: str = field(repr=False)
    """SHA-256 of the secret, in hex."""
    grant: Grant
    uses: int
    """How many users may use it."""
    created_at: int
    expires_at: int
    persona: str = ""
    """The name of the persona that answers its users; empty for that of the channel or the API key."""
    used: int = 0
    revoked_at: int | None = None


class InviteState(StrEnum):
    """Whether an invite can be used now, and if not, why."""

    OPEN = "open"
    USED_UP = "used up"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Redeemed(Enum):
    """What became of an attempt to use an invite."""

    NOW = "now"
    """It was counted, and the user has what it gives."""
    BEFORE = "before"
    """The user has used it already; nothing was written."""
    NOT_VALID = "not_valid"
    """There is no such invite, or it is used up, expired or revoked; nothing was written."""
    DECIDED = "decided"
    """The owner has decided about the user in another way, which stays; nothing was written."""
    CHANGED = "changed"
    """The user has changed since they were read; nothing was written."""


class Invites(Protocol):
    """The store of invites. All methods raise StoreError; writes are atomic."""

    def create(self, invite: Invite) -> bool:
        """Store a new invite; False, with nothing written, if there is one of that id."""

    def get(self, invite: InviteId) -> Invite | None:
        """Return the invite as last written, valid or not; None if there is none."""

    def list(self) -> Iterator[Invite]:
        """Return all invites in the order of their ids."""

    def revoke(self, invite: InviteId, *, now: int) -> bool:
        """Revoke the invite for good; False if there is none. One that is revoked already keeps its time."""

    def redeem(self, invite: Invite, person: Person, grant: Grant, *, now: int) -> Redeemed:
        """Count a use and give the user the grant and the invite's persona, both or neither.

        CHANGED, with nothing written, unless the owner's decision about the user and their invites are still those
        of `person`. BEFORE and DECIDED are not returned here.
        """


_ID_LENGTH: Final = 8
_SECRET_LENGTH: Final = 24
"""120 random bits."""
CODE: Final = re.compile(rf"[a-z2-7]{{{_ID_LENGTH + _SECRET_LENGTH}}}", re.ASCII)
"""The form of a code: what a link carries. Messenger takes it as `ref`."""
_BYTES: Final = 20


@dataclass(frozen=True)
class NewCode:
    """The code of a new invite, and what is stored of it."""

    id: InviteId
    text: str = field(repr=False)
    """The whole code. It is shown to the owner once and never stored."""
    digest: str = field(repr=False)


def new_code(random_bytes: Callable[[int], bytes]) -> NewCode:
    """Generate a code; `random_bytes` returns that many bytes of cryptographic randomness."""
    text = base64.b32encode(random_bytes(_BYTES)).decode().lower()
    return NewCode(InviteId(text[:_ID_LENGTH]), text, secret_text.digest(text[_ID_LENGTH:]))


def id_in(code: str) -> InviteId | None:
    """Return the id of the invite in a code; None if it is not in the form of one."""
    return InviteId(code[:_ID_LENGTH]) if CODE.fullmatch(code) else None


def matches(invite: Invite, code: str) -> bool:
    """Verify a code with the invite's id, in constant time."""
    return hmac.compare_digest(invite.digest, secret_text.digest(code[_ID_LENGTH:]))


def state(invite: Invite, *, now: int) -> InviteState:
    """Return the state at `now`; revoked comes before expired, expired before used up."""
    if invite.revoked_at is not None:
        return InviteState.REVOKED
    if invite.expires_at <= now:
        return InviteState.EXPIRED
    return InviteState.USED_UP if invite.used >= invite.uses else InviteState.OPEN


def granted(invite: Invite, person: Person) -> Grant | None:
    """Return what the user may do once they have used the invite; None if the owner has decided otherwise.

    What another invite gave is never lessened. A decision of the owner about this user, such as a block, stays.
    """
    before = Grant(person.access, person.daily_limit)
    if not before.is_none and not person.by_invite:
        return None
    return max(before, invite.grant, key=_worth)


def _worth(grant: Grant) -> tuple[bool, int]:
    return grant.access is Access.UNLIMITED, -1 if grant.daily_limit is None else grant.daily_limit
