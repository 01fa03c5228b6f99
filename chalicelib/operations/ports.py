"""What `operations` needs from adapters, as Protocols; no code. Contract tests hold each docstring.

Times are milliseconds since 1970 unless the name says otherwise.
"""

from collections.abc import Iterator
from typing import Protocol

from chalicelib.operations.deletion import Deletion
from chalicelib.operations.findings import Checkup


class Deletions(Protocol):
    """Deletion requests received from Meta, each kept for 90 days. All methods raise StoreError."""

    def keep(self, deletion: Deletion) -> bool:
        """Store a new request; True for exactly one caller per code, who then alerts the owner."""

    def get(self, code: str, *, now: int) -> Deletion | None:
        """Return the request; None if the code is unknown or the request has expired."""

    def open(self, *, now: int) -> Iterator[Deletion]:
        """Iterate over the requests that are not done, oldest first."""

    def close(self, code: str, *, now: int) -> bool:
        """Mark a request as done and delete the user's id from it; False if it is not open."""


class SentAlerts(Protocol):
    """Remembers which alerts were sent. All methods raise StoreError."""

    def first_today(self, kind: str, *, day: str) -> bool:
        """True for the first caller of a kind and day, False for every other one, however many call at once.

        `day` names any period, such as `2026-11-20` or `2026-W47`; only the latest one of a kind is remembered.
        """

    def people_today(self, kind: str, person: str, *, day: str, most: int) -> int:
        """Count the person for a kind and day, and return how many different people were counted, at most `most`.

        `person` is a pseudonym, which is deleted with the next day's first one. Only the latest day is remembered.
        """


class Checkups(Protocol):
    """The last weekly health check. All methods raise StoreError."""

    def keep(self, checkup: Checkup) -> None:
        """Store a health check in place of the last one."""

    def last(self) -> Checkup | None:
        """Return the last health check; None if there was none."""


class Warmer(Protocol):
    """Keeps functions warm."""

    def warm(self) -> list[str]:
        """Invoke each function and wait for its response; return the names of those that answered as expected."""


class Notifier(Protocol):
    """Sends e-mail to the owner."""

    def send(self, subject: str, text: str) -> None:
        """Send one message; does nothing if no topic is configured. Raises NotifyError."""


class JobStarter(Protocol):
    """Starts a job, such as the health check, in the function that can run it."""

    def start(self) -> None:
        """Request the job and return without waiting for it. Raises WakeError."""
