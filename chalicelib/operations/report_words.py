"""The words and numbers of a report as the owner reads them, shared by the page, the mail and the chat."""

from dataclasses import dataclass
from datetime import date

from chalicelib.access.ledger import half_within
from chalicelib.content import amounts
from chalicelib.content.locale_rules import RULES, LocaleRules
from chalicelib.content.text import Texts
from chalicelib.ids import Channel
from chalicelib.operations.period import Period, Span
from chalicelib.operations.report import OTHER, Bucket, PersonUse, Report


@dataclass(frozen=True)
class ReportWords:
    """Writes numbers, dates and comparisons in one language."""

    texts: Texts

    def number(self, value: int) -> str:
        """Return a number with separated thousands: `1,234`."""
        return self.texts.shown(value)

    def money(self, micro: int) -> str:
        """Return micro-USD as dollars."""
        return amounts.money(micro, self._rules)

    def exact(self, micro: int) -> str:
        """Return micro-USD as dollars with all six decimals, nothing as `$0`."""
        return amounts.exact(micro, self._rules) if micro else "$0"

    def coarse(self, micro: int) -> str:
        """Return micro-USD as dollars without zeros at the end, for round amounts: `$0.5`."""
        return amounts.coarse(micro, self._rules)

    def weekday(self, day: date) -> str:
        """Return the short name of the day of the week."""
        return self.texts("owner_report_weekdays").split()[day.weekday()]

    def day(self, day: date) -> str:
        """Return a day without its year: `20 November`."""
        return self._rules.day(day)

    def month(self, name: str) -> str:
        """Return a month such as `2026-11` in words: `November 2026`."""
        day = date.fromisoformat(f"{name}-01")
        return self.texts("owner_report_month", month=self._month(day), year=str(day.year))

    def period(self, period: Period) -> str:
        """Return the days of a period: `14 to 20 November 2026`."""
        since, until = period.since, period.until
        if since == until:
            return self.texts.shown(until)
        of_years, of_months = since.year != until.year, since.month != until.month
        blanks = {"first": since.day, "day": until.day, "month": self._month(until), "year": str(until.year)}
        if of_years:
            first = {"first_month": self._month(since), "first_year": str(since.year)}
            return self.texts("owner_report_days_of_years", **blanks, **first)
        if of_months:
            return self.texts("owner_report_days_of_months", **blanks, first_month=self._month(since))
        return self.texts("owner_report_days", **blanks)

    def time(self, ms: int) -> str:
        """Return a whole number of seconds or minutes: `8 s`, `2 min`."""
        return amounts.time(ms)

    def change(self, now: int, before: int, period: Period) -> str:
        """Return how much more or less that is than before: in the period with which `period` is compared."""
        then = self._before(period)
        if not before:
            return self.texts("owner_report_none_before", before=then)
        percent = round(abs(now - before) * 100 / before)
        if not percent:
            return self.texts("owner_report_same", before=then)
        return self.texts(f"owner_report_{'more' if now > before else 'less'}", percent=percent, before=then)

    def part(self, name: str) -> str:
        """Return the name of a channel, a model or a persona, or of OTHER."""
        if name in set(Channel):
            return self.texts(f"channel_{name}")
        return self.texts("owner_report_other") if name == OTHER else name

    def person(self, row: PersonUse) -> str:
        """Return the name of a row of the people."""
        if not row.is_sum:
            return row.name
        return self.texts("owner_report_visitors", name=row.name, people=row.people)

    def bucket(self, bucket: Bucket, *, is_last: bool) -> str:
        """Return the answer times of a bucket in words."""
        return (
            self.texts("owner_report_longer")
            if is_last
            else self.texts("owner_report_up_to", time=self.time(bucket.up_to_ms))
        )

    def half(self, report: Report) -> str:
        """Return within which time half of the answers came; empty if there are none, or if half took longer."""
        bound = half_within({bucket.up_to_ms: bucket.answers for bucket in report.answer_times})
        is_known = 0 < bound < report.answer_times[-1].up_to_ms
        return self.texts("owner_report_half", time=self.time(bound)) if is_known else ""

    def without_answer(self, report: Report) -> str:
        """Return what became of the questions without an answer."""
        totals = report.totals
        return self.texts(
            "owner_report_troubles_of",
            failures=totals.failures,
            unanswered=totals.unanswered,
            refunds=totals.refunds,
        )

    def _before(self, period: Period) -> str:
        if period.span is Span.WEEK:
            return self.texts("owner_report_before_week")
        return self.texts("owner_report_before_month", month=self.month(period.before.month_name))

    @property
    def _rules(self) -> LocaleRules:
        return RULES[self.texts.language]

    def _month(self, day: date) -> str:
        return self._rules.months[day.month - 1]
