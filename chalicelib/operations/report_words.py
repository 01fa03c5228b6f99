"""The words and numbers of a report as the owner reads them, shared by the page, the mail and the chat."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib.content.text import Texts
from chalicelib.ids import Channel
from chalicelib.operations.period import Period
from chalicelib.operations.report import OTHER, Bucket, PersonUse, Report

_MICRO: Final = 1_000_000
_MINUTE_S: Final = 60


@dataclass(frozen=True)
class Words:
    """Writes numbers, dates and comparisons in one language."""

    texts: Texts

    def number(self, value: int) -> str:
        """Return a number with separated thousands: `1,234`."""
        return f"{value:,}"

    def money(self, micro: int) -> str:
        """Return micro-USD as dollars, with cents from one dollar on, below with four decimals."""
        if micro < _MICRO // 10_000:
            return "<$0.0001" if micro else "$0"
        return f"${micro / _MICRO:,.2f}" if micro >= _MICRO else f"${micro / _MICRO:.4f}"

    def exact(self, micro: int) -> str:
        """Return micro-USD as dollars with all six decimals."""
        return f"${micro // _MICRO:,}.{micro % _MICRO:06}"

    def coarse(self, micro: int) -> str:
        """Return micro-USD as dollars without zeros at the end, for round amounts: `$0.5`."""
        return f"${f'{micro / _MICRO:,.6f}'.rstrip('0').rstrip('.')}"

    def day(self, day: date) -> str:
        """Return a day without its year: `20 November`."""
        return f"{day.day} {day:%B}"

    def month(self, name: str) -> str:
        """Return a month such as `2026-11` in words: `November 2026`."""
        return f"{date.fromisoformat(f'{name}-01'):%B %Y}"

    def period(self, period: Period) -> str:
        """Return the days of a period: `14 to 20 November 2026`."""
        since, until = period.since, period.until
        last = f"{until.day} {until:%B %Y}"
        if since == until:
            return last
        if since.year != until.year:
            return f"{since.day} {since:%B %Y} to {last}"
        return f"{since.day} to {last}" if since.month == until.month else f"{self.day(since)} to {last}"

    def time(self, ms: int) -> str:
        """Return a whole number of seconds or minutes: `8 s`, `2 min`."""
        seconds = ms // 1000
        return f"{seconds // _MINUTE_S} min" if seconds >= _MINUTE_S else f"{seconds} s"

    def change(self, now: int, before: int, *, days: int) -> str:
        """Return how much more or less that is than in the period before, which has so many days."""
        if not before:
            return self.texts("owner_report_none_before", days=days)
        percent = round(abs(now - before) * 100 / before)
        if not percent:
            return self.texts("owner_report_same", days=days)
        return self.texts(f"owner_report_{'more' if now > before else 'less'}", percent=self.number(percent), days=days)

    def part(self, name: str) -> str:
        """Return the name of a channel, a model or a persona, or of OTHER."""
        if name in set(Channel):
            return self.texts(f"channel_{name}")
        return self.texts("owner_report_other") if name == OTHER else name

    def person(self, row: PersonUse) -> str:
        """Return the name of a row of the people."""
        if not row.is_sum:
            return row.name
        return self.texts("owner_report_visitors", name=row.name, people=self.number(row.people))

    def bucket(self, bucket: Bucket, *, is_last: bool) -> str:
        """Return the answer times of a bucket in words."""
        return (
            self.texts("owner_report_longer")
            if is_last
            else self.texts("owner_report_up_to", time=self.time(bucket.up_to_ms))
        )

    def half(self, report: Report) -> str:
        """Return within which time half of the answers came; empty if there are none, or if half took longer."""
        total, seen = sum(bucket.answers for bucket in report.answer_times), 0
        for bucket in report.answer_times[:-1]:
            seen += bucket.answers
            if total and 2 * seen >= total:
                return self.texts("owner_report_half", time=self.time(bucket.up_to_ms))
        return ""

    def without_answer(self, report: Report) -> str:
        """Return what became of the questions without an answer."""
        totals = report.totals
        return self.texts(
            "owner_report_troubles_of",
            failures=self.number(totals.failures),
            unanswered=self.number(totals.unanswered),
            refunds=self.number(totals.refunds),
        )
