"""New users: how the owners hear of them, as the port that stores who waits, and the limit of notices about one."""

from collections.abc import Collection, Sequence
from typing import Final, Protocol

from chalicelib.access import own_conversations
from chalicelib.access.identity import traits_of
from chalicelib.access.token_bucket import TokenBucket
from chalicelib.ids import PersonId

SINGLE_NOTICES: Final = TokenBucket(burst=3, every_ms=5 * 60 * 1000)
"""Notices about one person. In busier times people wait, and one notice is about all of them."""
BUNDLE_MS: Final = 5 * 60 * 1000
"""After so long the owners hear of those who wait; and as long again, if a worker dies over it."""


class NewPeople(Protocol):
    """The people that the owners do not know of yet, and the buttons about them.

    All methods raise StoreError; writes are atomic. Times are milliseconds since 1970.
    """

    def announce(self, person: PersonId, *, secret: str, now: int) -> bool:
        """Mark a stored user as announced, with the secret of the buttons, and let them wait for a notice.

        True for exactly one caller: the one that has to notify the owners of the user.
        """

    def may_tell(self, *, now: int) -> bool:
        """Take a token of SINGLE_NOTICES; False if there is none."""

    def told(self, people: Collection[PersonId]) -> None:
        """Take these users off the list of those who wait."""

    def waiting(self) -> Sequence[PersonId]:
        """Return the users who wait, in the order of their ids."""

    def claim(self, *, now: int) -> bool:
        """Whether anyone has waited for BUNDLE_MS; True for exactly one caller in BUNDLE_MS."""

    def use_tap(self, person: PersonId, *, secret: str, source: str) -> bool:
        """Use up the buttons of this secret for `source`; False if they were used, or a decision was made otherwise."""


def are_announced(person: PersonId) -> bool:
    """Whether owners hear of such users one by one: not of clients without a name, which are many."""
    return traits_of(person).announces_new_people or own_conversations.is_known(person)
