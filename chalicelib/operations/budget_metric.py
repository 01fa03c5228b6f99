"""The heartbeat's job that logs how much of the day's budget for the model is spent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from chalicelib.access import quota
from chalicelib.access.budget import Budget
from chalicelib.access.ports import Spending
from chalicelib.log import Log


@dataclass(frozen=True)
class BudgetMetric:
    """Logs the percentage that is spent, of the whole or of a channel's part, for the metric that an alarm watches."""

    spending: Spending
    budget: Callable[[], Budget]
    """Returns the day's budget; a callable, because a mistake in the price file must not stop the heartbeat's sweep."""
    zone: ZoneInfo
    """Where the day begins at midnight."""
    log: Log

    def run(self, now: int) -> None:
        """Log one line about the day of `now`; none if there is no budget or the model costs nothing.

        Raises StoreError, and ConfigError if the price file is not valid.
        """
        budget = self.budget()
        if budget.price.is_free or not budget.cap:
            return
        today = date.fromisoformat(quota.date_at(now, zone=self.zone))
        [spent] = self.spending.days(today, today)
        self.log("budget", used_pct=float(round(100 * spent.used(budget.cap, of_channel=budget.of_channel), 1)))
