"""The circuit breaker: while a provider is down, users get a notice at once, and few requests are sent to the model.

    closed --OPENS_AFTER failures in a row--> open --its pause is over--> one question is let through
      ^                                        ^                               |            |
      |                                        +-- it fails: a longer pause ---+            |
      +------------------------------ it is answered ---------------------------------------+

All workers share the state. Each has it in a cache for a minute, and reads it without a request of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from chalicelib.access.refunds import End, end_of_call
from chalicelib.clock import Clock
from chalicelib.conversation.ports import OwnerAlerts
from chalicelib.errors import ModelBusy, ModelError
from chalicelib.log import Log

OPENS_AFTER: Final = 3
"""So many questions in a row without a response, whoever asked them."""
FIRST_PAUSE_MS: Final = 30_000
LONGEST_PAUSE_MS: Final = 300_000
FORGOTTEN_MS: Final = 900_000
"""After so long, failures are no reason to open any more."""


@dataclass(frozen=True)
class Outage:
    """Failures of a model in a row, which end with its first answer."""

    failures: int
    at: int
    """When the last one was, or when a question was last let through, in milliseconds since 1970."""

    @property
    def is_open(self) -> bool:
        """Whether they are enough to ask the model rarely."""
        return self.failures >= OPENS_AFTER

    @property
    def until(self) -> int:
        """When the next question is let through."""
        return self.at + min(FIRST_PAUSE_MS << min(self.failures - OPENS_AFTER, 10), LONGEST_PAUSE_MS)


class Outages(Protocol):
    """The failures in a row of each model, shared by all workers. All methods raise StoreError."""

    def current(self) -> Mapping[str, Outage]:
        """Return them by the names of the models, as they were at most a minute ago."""

    def count(self, model: str, *, now: int, anew: bool) -> Outage:
        """Count one more failure, or the first one, and return them all."""

    def claim(self, model: str, seen: Outage, *, now: int) -> bool:
        """Let a question through at `now`: true for one of the callers that have seen the same outage."""

    def end(self, model: str) -> None:
        """Delete them, since the model answers."""


@dataclass(frozen=True)
class Breaker:
    """Decides whether a request is sent to a model. Methods raise StoreError."""

    outages: Outages
    alerts: OwnerAlerts
    clock: Clock
    log: Log

    def lets_through(self, model: str) -> bool:
        """Whether a question may be sent to the model of that name; empty for the deployment's."""
        outage, now = self.outages.current().get(model), self.clock()
        if outage is None or not outage.is_open:
            return True
        if now < outage.until or not self.outages.claim(model, outage, now=now):
            return False
        self._log(model, "half_open", outage)
        return True

    def answered(self, model: str) -> None:
        """Note that the model has answered."""
        outage = self.outages.current().get(model)
        if outage:
            self.outages.end(model)
        if outage and outage.is_open:
            self._log(model, "closed", outage)

    def failed(self, model: str, error: ModelError) -> None:
        """Note that the model gave no answer. It counts if no response came, for no reason in the question."""
        if not isinstance(error, ModelBusy) or end_of_call(error) is not End.OUTAGE:
            return
        before, now = self.outages.current().get(model), self.clock()
        outage = self.outages.count(model, now=now, anew=before is None or now - before.at > FORGOTTEN_MS)
        if outage.is_open:
            self._log(model, "open", outage)
            self.alerts.provider_down(model)

    def _log(self, model: str, state: str, outage: Outage) -> None:
        self.log("breaker", outcome=state, failures=outage.failures, **({"model": model} if model else {}))
