"""Once a minute: keep the other functions warm, and wake what was left behind; once a week: ask for a checkup."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import Final

from chalicelib import quota
from chalicelib.errors import ParleyError
from chalicelib.observability import Log
from chalicelib.ports import Alerts, Clock, Inbox, Spending, Wake, Warmer
from chalicelib.ports_upkeep import Examiner
from chalicelib.settings import Settings

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
    spending: Spending
    settings: Settings
    clock: Clock
    log: Log

    def beat(self) -> Beat:
        """Sweep, then warm. A wake that cannot be made raises WakeError: the next beat tries again."""
        now = self.clock()
        waiting = list(islice(self.inbox.overdue(now=now), MAX_SWEPT))
        oldest_ms = now - waiting[0].since if waiting else 0
        try:
            for overdue in waiting:
                self.wake.wake(overdue.conversation)
        except ParleyError as exc:
            self.log.failure("heartbeat", exc, oldest_ms=oldest_ms)
            raise
        beat = Beat(warmed=self.warmer.warm(), swept=len(waiting))
        self.log("heartbeat", warmed=len(beat.warmed), swept=beat.swept, oldest_ms=oldest_ms)
        self._tell_of_the_budget(now)
        self._have_a_checkup_made()
        return beat

    def _tell_of_the_budget(self, now: int) -> None:
        """How much of the day's money is gone: an alarm watches it."""
        if not (self.settings.asks_openai and self.settings.daily_budget):
            return
        today = date.fromisoformat(quota.day_of(now, now=now, zone=self.settings.zone))
        [spent] = self.spending.days(today, today)
        self.log("budget", used_pct=round(100 * spent.committed / self.settings.daily_budget, 1))

    def _have_a_checkup_made(self) -> None:
        """Once a calendar week; looking each hour whether it is time costs next to nothing."""
        now = self.clock()
        year, week, _ = datetime.fromtimestamp(now / 1000, UTC).isocalendar()
        if now % _HOUR_MS < _MINUTE_MS and self.alerts.first_today("checkup", day=f"{year}-W{week}"):
            self.examiner.ask()
