"""The report: what the bot was asked in a period, and what the model cost.

Every number is a sum over the ledger: the counters of the days (`access.ports.Spending`) and of the people
(`access.ports.People`). Nothing is read from logs, so all forms of a report show the same amounts, to the micro-dollar.
Money is in micro-USD.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.access import identity
from chalicelib.access.budget import DaySpend, Usage
from chalicelib.access.handles import handle_of
from chalicelib.access.invites import Invites
from chalicelib.access.ledger import ANSWER_MS, MonthUse
from chalicelib.access.person import Person
from chalicelib.access.ports import ApiKeys, People, Spending
from chalicelib.clock import local_date
from chalicelib.ids import Channel, InviteId, KeyId
from chalicelib.operations import people_rows
from chalicelib.operations.period import WEEK_DAYS, Period, Span, last_day_of_month
from chalicelib.settings.stage import Settings

OTHER: Final = "other"
"""The name of the part of a cost that belongs to no channel, model or persona: health checks, and older counts."""
HOURS: Final = 24
MOST_HANDLES: Final = 10
"""Handles of one invite that a report shows."""


@dataclass(frozen=True)
class Totals:
    """The sums over some days."""

    cost: int = 0
    """What the model cost, with the reservations of calls whose cost is not known."""
    questions: int = 0
    """Questions that were charged to a user, those included whose charge was given back."""
    calls: int = 0
    """Requests to the model."""
    answers: int = 0
    """Requests that ended with a response; the tokens are theirs."""
    tokens: Usage = field(default_factory=Usage)
    failures: int = 0
    """Questions that got an apology."""
    unanswered: int = 0
    """Questions that were closed without a delivered reply."""
    refunds: int = 0
    """Questions whose charge was given back."""

    @classmethod
    def of(cls, days: Iterable[DaySpend]) -> "Totals":
        """Sum up days."""
        days = list(days)
        return cls(
            cost=sum(day.committed for day in days),
            questions=sum(day.questions for day in days),
            calls=sum(day.calls for day in days),
            answers=sum(day.answers for day in days),
            tokens=Usage(
                sum(day.tokens_in for day in days),
                sum(day.tokens_cached for day in days),
                sum(day.tokens_out for day in days),
            ),
            failures=sum(day.failures for day in days),
            unanswered=sum(day.unanswered for day in days),
            refunds=sum(day.refunded for day in days),
        )


@dataclass(frozen=True)
class Share:
    """The part of the cost that belongs to one channel, model or persona."""

    name: str
    cost: int


@dataclass(frozen=True)
class PersonUse:
    """A row of the users: one user, or all nameless visitors of one API key."""

    name: str
    """The user's handle (`access.handles`), or the name of the API key."""
    people: int
    """How many users the row is about."""
    is_sum: bool
    """Whether the row is about the nameless visitors of a key."""
    questions: int
    cost: int
    last_seen: int
    """Milliseconds since 1970; 0 for never."""


@dataclass(frozen=True)
class InviteUse:
    """The users who came by one invite in the period."""

    name: str
    handles: Sequence[str]
    """Theirs, the first one first; none of those who were forgotten since."""

    @property
    def shown(self) -> str:
        """The first handles, and how many more there are."""
        more = len(self.handles) - MOST_HANDLES
        return ", ".join([*self.handles[:MOST_HANDLES], *([f"+{more}"] if more > 0 else [])])


@dataclass(frozen=True)
class PeopleUse:
    """Who asked. Each user is counted for whole months, so `rows` are about the month in which the period ends.

    They go on after the period, up to the day on which the report was made.
    """

    known: int
    """Users who are stored."""
    new: int
    """Those who wrote for the first time in the period."""
    active: int
    """Those who were last seen in the period or after it."""
    month: str
    """The month of `rows`, such as `2026-11`."""
    rows: Sequence[PersonUse]
    """Those who asked in that month, most questions first."""
    invited: Sequence[InviteUse]
    """Who came by which invite in the period; most users first."""
    rest: int
    """The cost of that month that is counted on no user who is stored."""


@dataclass(frozen=True)
class Bucket:
    """The answers that took at most so many milliseconds, and longer than the bucket before allows."""

    up_to_ms: int
    """The last bucket has all that took longer, too."""
    answers: int


@dataclass(frozen=True)
class Report:
    """The numbers of one stage and period."""

    stage: str
    zone: str
    """The name of the time zone in which days begin and hours are counted."""
    made_at: int
    """Milliseconds since 1970."""
    period: Period
    days: Sequence[DaySpend]
    """Every day of the period, oldest first."""
    totals: Totals
    before: Totals
    """The totals of the period before, `period.before`."""
    daily_budget: int
    """What all calls of a day may cost; 0 for no paid calls."""
    monthly_budget: int | None
    """What all calls of a month may cost; None if that is not limited, and for other periods."""
    forecast: int | None
    """What the whole month will cost if it goes on like the last seven days; None for other periods and past months."""
    people: PeopleUse
    channels: Sequence[Share]
    """Most expensive first, as the next two; their sum is the cost."""
    models: Sequence[Share]
    personas: Sequence[Share]
    hours: Sequence[int]
    """Questions by the hour of the owner's day, from 0 to 23."""
    answer_times: Sequence[Bucket]
    """How long users waited for answers; fastest first."""


@dataclass(frozen=True)
class Reports:
    """Makes reports."""

    stage: str
    zone: ZoneInfo
    daily_budget: int
    spending: Spending
    people: People
    keys: ApiKeys
    invites: Invites
    monthly_budget: int | None = None

    @classmethod
    def for_stage(
        cls, settings: Settings, spending: Spending, people: People, keys: ApiKeys, invites: Invites
    ) -> "Reports":
        """Return what makes reports of the stage with these settings."""
        limits = settings.limits
        stored = spending, people, keys, invites
        return cls(settings.stage.name, limits.zone, limits.daily_budget, *stored, limits.monthly_budget)

    def date_of(self, at: int) -> date:
        """Return the date in the owner's time zone at a time in milliseconds since 1970."""
        return local_date(at, self.zone)

    def of(self, period: Period, *, now: int, people: Iterable[Person] | None = None) -> Report:
        """Query the ledger and sum it up. Raises StoreError.

        `people` are all users, for a caller that has read them already.
        """
        before, today = period.before, self.date_of(now)
        month_ends = min(last_day_of_month(period.until), max(period.until, today))
        read = self.spending.days(min(before.since, period.month_begins), month_ends)
        days = _within(period, read)
        totals = Totals.of(days)
        return Report(
            stage=self.stage,
            zone=self.zone.key,
            made_at=now,
            period=period,
            days=days,
            totals=totals,
            before=Totals.of(_within(before, read)),
            daily_budget=self.daily_budget,
            monthly_budget=self.monthly_budget if period.span is Span.MONTH else None,
            forecast=_forecast(period, read, today=today),
            people=self._people(period, read, self.people.list() if people is None else people),
            channels=_shares(totals.cost, (day.channels for day in days)),
            models=_shares(totals.cost, (day.models for day in days)),
            personas=_shares(totals.cost, (day.personas for day in days)),
            hours=[sum(day.hours.get(hour, 0) for day in days) for hour in range(HOURS)],
            answer_times=[Bucket(bound, sum(day.answer_ms.get(bound, 0) for day in days)) for bound in ANSWER_MS],
        )

    def _people(self, period: Period, read: Sequence[DaySpend], people: Iterable[Person]) -> PeopleUse:
        known = [person for person in people if person.first_seen]
        names = {key.id: key.name for key in self.keys.list()}
        rows = _rows(known, lambda key: names.get(key, key), month=period.month_name)
        of_month = (day.committed for day in read if day.day >= period.month_begins.isoformat())
        return PeopleUse(
            known=len(known),
            new=sum(self.date_of(person.first_seen) in period for person in known),
            active=sum(self.date_of(person.last_seen) >= period.since for person in known),
            month=period.month_name,
            rows=rows,
            invited=self._invited(period, known),
            rest=sum(of_month) - sum(row.cost for row in rows),
        )

    def _invited(self, period: Period, known: Sequence[Person]) -> Sequence[InviteUse]:
        came = [(at, invite, handle_of(person.id)) for person in known for invite, at in person.invites.items()]
        within = sorted(each for each in came if self.date_of(each[0]) in period)
        names = {invite.id: invite.name for invite in self.invites.list()} if within else {}
        by: dict[InviteId, list[str]] = {}
        for _, invite, handle in within:
            by.setdefault(invite, []).append(handle)
        found = [InviteUse(names.get(invite, invite), handles) for invite, handles in by.items()]
        return sorted(found, key=lambda each: (-len(each.handles), each.name))


def _within(period: Period, days: Sequence[DaySpend]) -> Sequence[DaySpend]:
    return [day for day in days if date.fromisoformat(day.day) in period]


def _forecast(period: Period, read: Sequence[DaySpend], *, today: date) -> int | None:
    if period.span is not Span.MONTH or period.until != today:
        return None
    spent = sum(day.committed for day in _within(period, read))
    lately = [day.committed for day in read[-WEEK_DAYS:]]
    return spent + sum(lately) * (last_day_of_month(today) - today).days // len(lately)


def _shares(cost: int, days: Iterable[Mapping[Channel, int] | Mapping[str, int]]) -> Sequence[Share]:
    """Sum up by name; what is missing in `cost` gets the name OTHER."""
    sums: dict[str, int] = {}
    for day in days:
        for name, amount in day.items():
            sums[str(name) or OTHER] = sums.get(str(name) or OTHER, 0) + amount
    sums[OTHER] = sums.get(OTHER, 0) + cost - sum(sums.values())
    shares = [Share(name, amount) for name, amount in sums.items() if amount]
    return sorted(shares, key=lambda share: (-share.cost, share.name))


def _rows(people: Iterable[Person], name_of: Callable[[KeyId], str], *, month: str) -> Sequence[PersonUse]:
    grouped: dict[str, list[Person]] = {}
    for person in people:
        grouped.setdefault(people_rows.row_of(person), []).append(person)
    rows = [_row(group, name_of, month=month) for group in grouped.values()]
    asked = [row for row in rows if row.questions or row.cost]
    return sorted(asked, key=lambda row: (-row.questions, -row.cost, row.name))


def _row(group: Sequence[Person], name_of: Callable[[KeyId], str], *, month: str) -> PersonUse:
    first = group[0]
    key = None if people_rows.row_of(first) == first.id else identity.key_of(first.id)
    uses = [person.months.get(month, MonthUse()) for person in group]
    return PersonUse(
        name=name_of(key) if key else handle_of(first.id),
        people=len(group),
        is_sum=key is not None,
        questions=sum(use.questions for use in uses),
        cost=sum(use.cost for use in uses),
        last_seen=max(person.last_seen for person in group),
    )
