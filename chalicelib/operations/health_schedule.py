"""The heartbeat's job that starts the weekly health check; the check itself is in `operations.health`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from chalicelib.operations.ports import JobStarter, SentAlerts

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS


@dataclass(frozen=True)
class WeeklyHealthCheck:
    """Starts one health check in each calendar week of UTC."""

    sent_alerts: SentAlerts
    starter: JobStarter

    def run(self, now: int) -> None:
        """Start the check unless this week's was started; looks only in the first minute of an hour.

        Raises StoreError, and WakeError if the start fails: then this week has no check.
        """
        # Each look is a write to the table, so one an hour is enough.
        if now % _HOUR_MS >= _MINUTE_MS:
            return
        year, week, _ = datetime.fromtimestamp(now / 1000, UTC).isocalendar()
        if self.sent_alerts.first_today("checkup", day=f"{year}-W{week}"):
            self.starter.start()
