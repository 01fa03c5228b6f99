"""What `access` needs of the store of owners, as a Protocol; no code. Contract tests check each docstring."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chalicelib.access.pairing import Pairing
from chalicelib.ids import PersonId


@dataclass(frozen=True)
class Owner:
    """A user who decides about others in the chat. `Person.is_owner` says the same of one user."""

    person: PersonId
    since: int
    """Milliseconds since 1970."""
    pairing: Pairing
    """That of the code which made them an owner."""


class Owners(Protocol):
    """The users who are owners, and the one code that makes the next. All methods raise StoreError.

    Writes are atomic. Times are milliseconds since 1970.
    """

    def list(self) -> Sequence[Owner]:
        """Return all owners, the first one first."""

    def offer(self, pairing: Pairing) -> None:
        """Store what belongs to a new code, in place of the one before, with no tries."""

    def try_code(self, *, now: int) -> Pairing | None:
        """Count one try and return what belongs to the code.

        None, with nothing counted, if there is no code, it has expired, or MOST_TRIES were counted.
        """

    def pair(self, person: PersonId, pairing: Pairing, *, now: int) -> bool:
        """Use the code up and make the user an owner; False, with nothing written, if it is not the stored one."""

    def remove(self, person: PersonId) -> bool:
        """Make an owner a user like others; False, with nothing written, if they are none."""
