"""The owner's `/report` and `/budget` in the chat: the numbers of the ledger, as `scripts/parley report` has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chalicelib.access.budget import DaySpend, part_of_channel
from chalicelib.clock import Clock
from chalicelib.content.text import Texts
from chalicelib.conversation.owner_orders import OwnerCommand
from chalicelib.conversation.turn import Choice, Reply
from chalicelib.ids import Channel, Channels
from chalicelib.operations.period import Period, Span
from chalicelib.operations.report import Reports
from chalicelib.operations.report_text import as_message
from chalicelib.operations.report_words import ReportWords


@dataclass(frozen=True)
class OwnerNumbers:
    """Tells numbers. Both methods raise StoreError."""

    reports: Reports
    channels: Channels
    texts: Texts
    clock: Clock

    def report(self, words: Sequence[str]) -> Reply:
        """Return the report of the last seven days, or with `month` of this month, with a button for the other one."""
        span = words[0] if words else Span.WEEK.value
        if span not in set(Span):
            return Reply(self.texts("owner_report_how"), choices=tuple(map(self._report_of, Span)))
        made = self.reports.of(self._period(Span(span)), now=self.clock())
        other = Span.MONTH if span == Span.WEEK else Span.WEEK
        return Reply(as_message(made, ReportWords(self.texts)), choices=(self._report_of(other),))

    def budget(self) -> Reply:
        """Return what is spent of today's budget, by channel where two share it, and of the month's, if it has one."""
        money, cap = ReportWords(self.texts), self.reports.daily_budget
        days = self.reports.spending.days(self._today.replace(day=1), self._today)
        of_month = sum(day.committed for day in days)
        lines = [self._of_cap("owner_budget_day", days[-1].committed, cap), *self._of_channels(days[-1], money)]
        if (of_all := self.reports.monthly_budget) is None:
            lines.append(self.texts("owner_budget_month", spent=money.money(of_month)))
        else:
            lines.append(self._of_cap("owner_budget_month_cap", of_month, of_all))
        return Reply("\n".join(lines), choices=(self._report_of(Span.MONTH),))

    def _of_cap(self, key: str, spent: int, cap: int) -> str:
        money, percent = ReportWords(self.texts), spent * 100 // cap if cap else 100
        return self.texts(key, spent=money.money(spent), budget=money.coarse(cap), percent=percent)

    def _of_channels(self, today: DaySpend, money: ReportWords) -> list[str]:
        if not (self.channels.messenger and self.channels.web):
            return []
        part = money.coarse(part_of_channel(self.reports.daily_budget, is_shared=True))
        spent = {channel: money.money(today.channels.get(channel, 0)) for channel in Channel}
        return [
            self.texts("owner_budget_channel", channel=money.part(channel), spent=amount, part=part)
            for channel, amount in spent.items()
        ]

    @property
    def _today(self) -> date:
        return self.reports.date_of(self.clock())

    def _period(self, span: Span) -> Period:
        return Period.week(self._today) if span is Span.WEEK else Period.month(self._today)

    def _report_of(self, span: Span) -> Choice:
        return Choice(self.texts(f"owner_button_{span.value}"), f"{OwnerCommand.REPORT.value} {span.value}")
