"""What the owner's page needs from a store of links and sessions, as a Protocol; no code.

Times are milliseconds since 1970 unless the name says otherwise.
"""

from collections.abc import Sequence
from typing import Protocol

from chalicelib.access.owner_session import OwnerSession


class OwnerSessions(Protocol):
    """Links to the owner's page, and the sessions that they began. All methods raise StoreError."""

    def offer(self, link: str, owner: str, *, now: int) -> None:
        """Store the digest of a link for LINK_KEPT_S, with the owner as in `OwnerSession.owner`."""

    def is_offered(self, link: str, *, now: int) -> bool:
        """Whether the link of this digest still works; reading does not use it up."""

    def take(self, link: str, *, now: int) -> str | None:
        """Use the link up and return its owner, for exactly one caller; None if it does not work (any more)."""

    def begin(self, session: OwnerSession) -> None:
        """Store a new session."""

    def get(self, session: str, *, now: int) -> OwnerSession | None:
        """Return the session of this id; None if it was ended or has expired."""

    def use(self, session: OwnerSession, *, now: int) -> OwnerSession:
        """Store that the session is used now, and return it so. One that was ended meanwhile stays ended."""

    def end(self, session: str) -> None:
        """End the session of this id, if there is one."""

    def all(self, *, now: int) -> Sequence[OwnerSession]:
        """Return the sessions that have not ended, the last used first."""
