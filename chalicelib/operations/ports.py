"""What the owner's operations need from adapters, as Protocols; no code.

Times are milliseconds since 1970 unless the name says otherwise.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from chalicelib.operations.deletion import Deletion


class Deletions(Protocol):
    """Requests for deletion that Meta has passed on, each kept for 90 days. All methods raise StoreError."""

    def keep(self, deletion: Deletion) -> bool:
        """Keep a new request; True for exactly one caller a code: the one who shall tell the owner."""

    def get(self, code: str, *, now: int) -> Deletion | None:
        """The request, or None when there is none of that code, or none any more."""

    def open(self, *, now: int) -> Iterator[Deletion]:
        """Those that are not done, oldest first."""

    def close(self, code: str, *, now: int) -> bool:
        """Note that a request is done, and forget who made it; False when it is not open."""


class SentAlerts(Protocol):
    """Remembers what the owner has been told."""

    def first_today(self, kind: str, *, day: str) -> bool:
        """True for exactly one caller a kind and day; any name of a time will do for a day."""


class Warmer(Protocol):
    """Keeps functions warm."""

    def warm(self) -> list[str]:
        """Really invoke the API handler and the worker; the names of those that answered as they should."""


class Notifier(Protocol):
    """The way to the owner."""

    def send(self, subject: str, text: str) -> None:
        """Send the owner a message; silent when no way is configured. Raises NotifyError."""


@dataclass(frozen=True)
class ModelInfo:
    """What the model's provider says of it."""

    listed: bool | None
    """None when the provider keeps no list."""
    shutdown: date | None
    """None while none is announced."""


class Catalogue(Protocol):
    """What the model's provider offers."""

    def find(self) -> ModelInfo:
        """What is known of the model in use. Raises ModelError."""


class HealthCheckStarter(Protocol):
    """Starts health checks."""

    def start(self) -> None:
        """Start a health check; return without waiting for its result. Raises WakeError."""
