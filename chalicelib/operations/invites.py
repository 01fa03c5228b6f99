"""The owner's invites: created, listed, shown with the users who came, and revoked. Only `create` returns a code."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.access import invites
from chalicelib.access.handles import handle_of
from chalicelib.access.invites import Grant, Invite, Invites
from chalicelib.access.person import Person
from chalicelib.access.ports import People
from chalicelib.clock import Clock, utc
from chalicelib.content.text import Texts
from chalicelib.errors import StoreError
from chalicelib.ids import InviteId

MOST_USES: Final = 10_000
MOST_DAYS: Final = 365
LONGEST_NAME: Final = 60
_DAY_MS: Final = 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class IssuedInvite:
    """A new invite, and the only copy of its code."""

    invite: Invite
    code: str = field(repr=False)


@dataclass(frozen=True)
class Links:
    """The addresses that carry a code; None where the stage lacks what they need."""

    page: str | None
    """The address that opens the conversation with the page on Messenger."""
    bot: str | None
    """The address of the bot."""
    key: str | None = None
    """The API key of the chat page; None for the page on which users sign in."""

    def messenger(self, code: str) -> str | None:
        """Return the link that opens the conversation with the page on Messenger."""
        return f"{self.page}?ref={code}" if self.page else None

    def web(self, code: str) -> str | None:
        """Return the link to the chat page. Browsers send nothing behind the `#` to any server."""
        query = f"?config={self.key}" if self.key else ""
        return f"{self.bot}/chat{query}#invite={code}" if self.bot else None


@dataclass(frozen=True)
class InviteService:
    """Manages invites. All methods raise StoreError."""

    invites: Invites
    people: People
    random_bytes: Callable[[int], bytes]
    """Returns that many bytes of cryptographic randomness."""
    clock: Clock

    def create(self, name: str, grant: Grant, *, uses: int, days: int, persona: str = "") -> IssuedInvite:
        """Create an invite that so many users can use within so many days."""
        code, now = invites.new_code(self.random_bytes), self.clock()
        expires_at = now + days * _DAY_MS
        made = Invite(code.id, name, code.digest, grant, uses, created_at=now, expires_at=expires_at, persona=persona)
        if not self.invites.create(made):
            raise StoreError("that id is taken: try again")
        return IssuedInvite(made, code.text)

    def list(self) -> Sequence[Invite]:
        """Return all invites, the newest first."""
        return sorted(self.invites.list(), key=lambda invite: -invite.created_at)

    def came_by(self, invite: InviteId) -> Sequence[Person]:
        """Return the users who used an invite, the first one first; without those who were forgotten since."""
        came = [person for person in self.people.list() if invite in person.invites]
        return sorted(came, key=lambda person: person.invites[invite])

    def revoke(self, invite: Invite) -> Invite:
        """Revoke an invite for good, and return it. What it gave to users stays."""
        self.invites.revoke(invite.id, now=self.clock())
        return self.invites.get(invite.id) or invite


def invited_by(person: Person, store: Invites, texts: Texts) -> str:
    """Return the sentence that says by which invite the user came; empty for none. Raises StoreError."""
    found = [store.get(invite) for invite in person.invites]
    names = ", ".join(invite.name for invite in found if invite)
    return texts("owner_new_invited", name=names) if names else ""


def as_json(invite: Invite, *, now: int) -> dict[str, Any]:
    """Return an invite in JSON's types, without its code. Times are in UTC."""
    return {
        "id": invite.id,
        "name": invite.name,
        "state": invites.state(invite, now=now).value,
        "access": invite.grant.access.value,
        "daily_limit": invite.grant.daily_limit,
        "persona": invite.persona or None,
        "uses": invite.uses,
        "used": invite.used,
        "created_at": utc(invite.created_at),
        "expires_at": utc(invite.expires_at),
        "revoked_at": utc(invite.revoked_at),
    }


def came_as_json(person: Person, invite: InviteId) -> dict[str, Any]:
    """Return who came by an invite, and when, in JSON's types."""
    return {"person": person.id, "handle": handle_of(person.id), "came_at": utc(person.invites[invite])}
