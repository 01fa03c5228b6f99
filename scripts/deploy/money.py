"""Findings about the month's budget, and about models whose provider does not respond."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from chalicelib.access import quota
from chalicelib.access.budget import usd
from chalicelib.aws.dynamodb.keys import personas_key
from chalicelib.aws.dynamodb.outages import DynamoOutages
from chalicelib.aws.dynamodb.read_along import ReadAlong
from chalicelib.aws.dynamodb.spend import DynamoSpending
from chalicelib.clock import Clock, day_text
from chalicelib.operations.findings import Finding
from scripts.stage.environment import Environment

NEARLY_SPENT: Final = Decimal("0.8")


@dataclass(frozen=True)
class Money:
    """Reads what a stage has spent. Methods raise StoreError."""

    environment: Environment
    clock: Clock
    deploy: str
    """The command that deploys the stage."""

    @property
    def _today(self) -> date:
        now = self.clock()
        return date.fromisoformat(quota.date_at(now, zone=self.environment.settings.limits.zone))

    def month(self) -> Iterable[Finding]:
        """Yield whether the month's budget is spent, if there is one."""
        cap, today = self.environment.settings.limits.monthly_budget, self._today
        if cap is None:
            return
        days = DynamoSpending(self.environment.table).days(today.replace(day=1), today)
        spent, until = sum(day.committed for day in days), day_text(quota.next_month(today.isoformat()))
        what = f"{usd(spent)} of {usd(cap)} USD are spent this month"
        remedy = f"wait until {until}, or raise PARLEY_MONTHLY_BUDGET_USD in .chalice/config.json and run {self.deploy}"
        if spent >= cap:
            yield Finding.broken("month", what, f"people get no answers until {until}", remedy)
        elif spent >= cap * NEARLY_SPENT:
            yield Finding.warning("month", what, f"once it is all spent, people get no answers until {until}", remedy)
        else:
            yield Finding.ok("month", what)

    def outages(self) -> Iterable[Finding]:
        """Yield each model that is asked rarely, since its provider gives no responses."""
        settings = self.environment.settings
        known = DynamoOutages(self.environment.table, ReadAlong(personas_key(), self.clock)).current()
        for model, outage in sorted(known.items()):
            if outage.is_open:
                name = model or settings.model.name
                at = datetime.fromtimestamp(outage.until / 1000, settings.limits.zone)
                what = f"{name} gave no response to the last {outage.failures} questions"
                why = f"people get a notice and are not charged; from {at:%H:%M:%S} on one question is let through"
                remedy = "wait, or look at the status page of the model's provider"
                yield Finding.broken("provider", what, why, remedy)
