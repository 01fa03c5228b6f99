"""The periods that a report may be about: the last seven days, or a calendar month."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

WEEK_DAYS: Final = 7


class Span(StrEnum):
    """The kinds of periods."""

    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Period:
    """Some days in the owner's time zone, both ends included."""

    span: Span
    since: date
    until: date

    @classmethod
    def week(cls, until: date) -> "Period":
        """Return the seven days that end with `until`."""
        return cls(Span.WEEK, until - timedelta(days=WEEK_DAYS - 1), until)

    @classmethod
    def month(cls, until: date) -> "Period":
        """Return the calendar month from its first day to `until`."""
        return cls(Span.MONTH, until.replace(day=1), until)

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.until - self.since).days + 1

    @property
    def before(self) -> "Period":
        """The period to compare this one with: the seven days before, or as many days of the month before.

        It is shorter if the month before has fewer days.
        """
        if self.span is Span.WEEK:
            return Period.week(self.since - timedelta(days=1))
        last = self.since - timedelta(days=1)
        first = last.replace(day=1)
        return Period(Span.MONTH, first, min(last, first + timedelta(days=self.days - 1)))

    @property
    def month_begins(self) -> date:
        """The first day of the month in which the period ends."""
        return self.until.replace(day=1)

    @property
    def month_name(self) -> str:
        """The month in which the period ends, such as `2026-11`."""
        return f"{self.until:%Y-%m}"

    def __contains__(self, day: date) -> bool:
        return self.since <= day <= self.until


def last_day_of_month(day: date) -> date:
    """Return the last day of the month of `day`."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
