"""What `access` needs from storage and sign-in, as Protocols; no code. Contract tests hold each docstring.

Times are milliseconds since 1970 unless the name says otherwise.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Protocol

from chalicelib.access.api_key import ApiKey
from chalicelib.access.budget import DaySpend
from chalicelib.access.person import Access, Person
from chalicelib.ids import KeyId, PersonId


class People(Protocol):
    """Those who write to the bot, and what the owner decided about them. All methods raise StoreError."""

    def get(self, person: PersonId) -> Person | None:
        """The person, or None when they have never written."""

    def announce(self, person: PersonId) -> bool:
        """True for exactly one caller: the one who shall tell the owner of this new person."""

    def decide(self, person: PersonId, access: Access, *, daily_limit: int | None) -> None:
        """Set access and limit. Raises UnknownPerson."""

    def list(self) -> Iterator[Person]:
        """Everybody, most recently seen first."""

    def forget(self, person: PersonId, *, now: int) -> None:
        """Delete what is stored of the person, but for the owner's decision and the counts of the last days.

        Those stay so that forgetting is not a way round a block or a limit; counts alone go after three days.
        """


class Spending(Protocol):
    """What the model has cost. All methods raise StoreError."""

    def days(self, since: date, until: date) -> Sequence[DaySpend]:
        """Every day from `since` to `until`, both included, oldest first; kept for 40 days, nothing before."""


class ApiKeys(Protocol):
    """API keys. All methods raise StoreError."""

    def create(self, key: ApiKey) -> bool:
        """Keep a new key; False when there is one of that id already."""

    def get(self, key: KeyId) -> ApiKey | None:
        """The key as last written, valid or not."""

    def list(self) -> Iterator[ApiKey]:
        """All of them, in the order of their ids."""

    def revoke(self, key: KeyId, *, now: int) -> bool:
        """Never accept it again; False when there is none. One that is revoked already keeps its time."""


class Tickets(Protocol):
    """How many tickets were handed out. Raises StoreError."""

    def count(self, key: KeyId, address: str, *, hour: str, most: int) -> bool:
        """Count one more for a visitor's address in an hour, `2026-11-20T12` in UTC; False, uncounted, beyond `most`.

        `address` is stored as it is given: give a hash. Counts are forgotten two hours after their hour began.
        """


class IdTokens(Protocol):
    """Whoever signs people in elsewhere."""

    def subject(self, token: str) -> str:
        """Whom an OpenID Connect ID token is about. Raises InvalidToken, or TokensOutOfReach."""
