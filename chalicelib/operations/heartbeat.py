"""Once a minute: keep the other functions warm, wake what was left behind, close sockets; once a week: a checkup."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.access import quota
from chalicelib.access.budget import Budget
from chalicelib.access.ports import Spending
from chalicelib.clock import Clock
from chalicelib.conversation.ports import ConnectionApi, ConnectionStore, Inbox, Wake
from chalicelib.errors import DeliveryError, ParleyError, StoreError
from chalicelib.log import Log
from chalicelib.operations.ports import HealthCheckStarter, SentAlerts, Warmer

MAX_SWEPT: Final = 200
"""Wakes a beat, so that after an outage the account's concurrency is not used up at once."""
MAX_CLOSED: Final = 200
"""Sockets a beat."""
_MOST_FAILURES: Final = 5
"""In closing them: each may take seconds, and what fails as often is not about one socket."""
_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS


@dataclass(frozen=True)
class Beat:
    """What one heartbeat did."""

    warmed: list[str]
    swept: int
    closed: int
    """Sockets whose client did not say in time who it is."""


@dataclass(frozen=True)
class Heartbeat:
    """The scheduled function."""

    inbox: Inbox
    wake: Wake
    warmer: Warmer
    sent_alerts: SentAlerts
    examiner: HealthCheckStarter
    spending: Spending
    connections: ConnectionStore
    connection_api: ConnectionApi
    budget: Budget
    zone: ZoneInfo
    clock: Clock
    log: Log

    def beat(self) -> Beat:
        """Sweep, then warm, then close. A wake that cannot be made raises WakeError: the next beat tries again."""
        now = self.clock()
        waiting = list(islice(self.inbox.overdue(now=now), MAX_SWEPT))
        oldest_ms = now - waiting[0].since if waiting else 0
        try:
            for overdue in waiting:
                self.wake.wake(overdue.conversation)
        except ParleyError as exc:
            self.log.failure("heartbeat", exc, oldest_ms=oldest_ms)
            raise
        beat = Beat(warmed=self.warmer.warm(), swept=len(waiting), closed=self._hang_up(now))
        self.log("heartbeat", warmed=len(beat.warmed), swept=beat.swept, closed=beat.closed, oldest_ms=oldest_ms)
        self._tell_of_the_budget(now)
        self._have_a_checkup_made()
        return beat

    def _hang_up(self, now: int) -> int:
        """On whoever has not said in time who they are, or was turned away. The next beat tries again what fails."""
        closed = failed = 0
        try:
            for connection in islice(self.connections.unauthenticated(now=now), MAX_CLOSED):
                try:
                    self.connection_api.close(connection)
                except DeliveryError as exc:
                    self.log.failure("hang_up", exc)
                    failed += 1
                    if failed == _MOST_FAILURES:
                        break
                else:
                    self.connections.close(connection.id)
                    closed += 1
        except StoreError as exc:
            self.log.failure("hang_up", exc)
        return closed

    def _tell_of_the_budget(self, now: int) -> None:
        """How much of the day's money is gone: an alarm watches it."""
        if self.budget.price.is_free or not self.budget.cap:
            return
        today = date.fromisoformat(quota.day_of(now, now=now, zone=self.zone))
        [spent] = self.spending.days(today, today)
        self.log("budget", used_pct=round(100 * spent.committed / self.budget.cap, 1))

    def _have_a_checkup_made(self) -> None:
        """Once a calendar week; looking each hour whether it is time costs next to nothing."""
        now = self.clock()
        year, week, _ = datetime.fromtimestamp(now / 1000, UTC).isocalendar()
        if now % _HOUR_MS < _MINUTE_MS and self.sent_alerts.first_today("checkup", day=f"{year}-W{week}"):
            self.examiner.ask()
