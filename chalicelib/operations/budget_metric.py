"""The heartbeat's job that logs how much of the day's budget for the model is spent."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from chalicelib.access import quota
from chalicelib.access.ports import Spending
from chalicelib.log import Log


@dataclass(frozen=True)
class BudgetMetric:
    """Logs the percentage that is spent, for the metric that an alarm watches."""

    spending: Spending
    daily_budget: int
    """Micro-USD; 0 if there is no budget or the model costs nothing: then nothing is logged."""
    zone: ZoneInfo
    """Where the day begins at midnight."""
    log: Log

    def run(self, now: int) -> None:
        """Log one line about the day of `now`. Raises StoreError."""
        if not self.daily_budget:
            return
        today = date.fromisoformat(quota.day_of(now, now=now, zone=self.zone))
        [spent] = self.spending.days(today, today)
        self.log("budget", used_pct=round(100 * spent.committed / self.daily_budget, 1))
