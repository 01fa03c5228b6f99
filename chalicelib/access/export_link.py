"""The link with which a user downloads what is stored about them: it works once, and only its hash is stored."""

from typing import Final, Protocol

from chalicelib.ids import PersonId

LINK_KEPT_S: Final = 15 * 60
"""How long a link works."""


class ExportLinks(Protocol):
    """The links of users; each has one at most. All methods raise StoreError. Times are milliseconds since 1970."""

    def offer(self, link: str, person: PersonId, *, asked_at: int, now: int) -> bool:
        """Store the digest of a link for LINK_KEPT_S, in place of the one before.

        False, with nothing written, if the user has had everything deleted since they asked for it.
        """

    def is_offered(self, link: str, *, now: int) -> bool:
        """Whether the link of this digest still works; reading does not use it up."""

    def take(self, link: str, *, now: int) -> PersonId | None:
        """Use the link up and return whose it is, for exactly one caller; None if it does not work (any more)."""
