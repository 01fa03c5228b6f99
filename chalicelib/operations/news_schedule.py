"""The heartbeat's job that requests the notice of new people who wait; `operations.newcomers` sends it."""

from dataclasses import dataclass
from typing import Final

from chalicelib.access.new_people import NewPeople
from chalicelib.operations.ports import JobStarter

_MINUTE_MS: Final = 60_000
_EVERY_MS: Final = 5 * _MINUTE_MS


@dataclass(frozen=True)
class NewsSchedule:
    """Requests the notice when it is due."""

    store: NewPeople
    starter: JobStarter

    def run(self, now: int) -> None:
        """Request the notice if anyone has waited long enough; looks only in one of five minutes.

        Raises StoreError, and WakeError if the start fails: then it is due again after BUNDLE_MS.
        """
        # Each look is a write to the table.
        if now % _EVERY_MS < _MINUTE_MS and self.store.claim(now=now):
            self.starter.start()
