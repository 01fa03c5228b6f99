"""Once a minute: keep the other functions warm, and wake what was left behind; once a week: ask for a checkup."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from chalicelib.observability import Log
from chalicelib.ports import Alerts, Clock, Examiner, Inbox, Wake, Warmer

MAX_SWEPT: Final = 200
"""Wakes a beat, so that after an outage the account's concurrency is not used up at once."""
_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS


@dataclass(frozen=True)
class Beat:
    """What one heartbeat did."""

    warmed: list[str]
    swept: int


@dataclass(frozen=True)
class Heartbeat:
    """The scheduled function."""

    inbox: Inbox
    wake: Wake
    warmer: Warmer
    alerts: Alerts
    examiner: Examiner
    clock: Clock
    log: Log

    def beat(self) -> Beat:
        """Sweep, then warm. A wake that cannot be made raises WakeError: the next beat tries again."""
        swept = 0
        for conversation in islice(self.inbox.overdue(now=self.clock()), MAX_SWEPT):
            self.wake.wake(conversation)
            swept += 1
        beat = Beat(warmed=self.warmer.warm(), swept=swept)
        self.log("heartbeat", warmed=len(beat.warmed), swept=beat.swept)
        self._have_a_checkup_made()
        return beat

    def _have_a_checkup_made(self) -> None:
        """Once a calendar week; looking each hour whether it is time costs next to nothing."""
        now = self.clock()
        year, week, _ = datetime.fromtimestamp(now / 1000, UTC).isocalendar()
        if now % _HOUR_MS < _MINUTE_MS and self.alerts.first_today("checkup", day=f"{year}-W{week}"):
            self.examiner.ask()
