"""The first view of the owner's page: how the day goes, the last weeks, who wrote last, and what the month has cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from chalicelib.access.budget import DaySpend, part_of_channel
from chalicelib.access.ledger import half_within
from chalicelib.access.pauses import Pauses
from chalicelib.access.ports import Spending
from chalicelib.content import amounts, plots
from chalicelib.content.owner_html import Html, fill, joined
from chalicelib.content.page import HtmlPage
from chalicelib.content.plots import Bar, Column, Plot
from chalicelib.ids import KeyId
from chalicelib.operations import people_rows
from chalicelib.operations.admin import Admin, Standing
from chalicelib.operations.owner_view import View
from chalicelib.operations.period import Period
from chalicelib.operations.report import Report, Reports
from chalicelib.settings.stage import Settings

DAYS: Final = 30
"""Days in the plots, today included."""
_LATEST: Final = 7
_MOST_SHARES: Final = 4
_WARNED: Final = Decimal("0.8")
_FEWEST_FAILURES: Final = 3


@dataclass(frozen=True)
class TodayView:
    """Draws the view. Every method raises StoreError."""

    admin: Admin
    spending: Spending
    reports: Reports
    pauses: Pauses
    settings: Settings

    def page(self, view: View, keys: Mapping[KeyId, str]) -> HtmlPage:
        """Draw the day, as it is now."""
        people = self.admin.list()
        report = self.reports.of(Period.month(view.today), now=view.now, people=[each.person for each in people])
        days = self.spending.days(view.today - timedelta(days=DAYS - 1), view.today)
        today, words = days[-1], view.words
        used, is_paused = self._used(today), self.pauses.until() > view.now
        state = _state(today, used, self._used_of_month(report))
        body = fill(
            "today",
            words,
            up=view.up,
            date=words.weekday_and_day(view.today),
            headline=words(f"headline_{'paused' if is_paused else state}"),
            lead=self._lead(view, today, people),
            tiles=_tiles(view, days, people),
            questions_plot=Html(plots.figure(questions_plot(view, days))),
            people=view.rows(people_rows.summed(people)[:_LATEST], keys),
            month_cost=view.words.money(report.totals.cost),
            month_words=_month_words(view, report),
            shares=_shares(view, report),
            **self._ring(view, today, used),
        )
        return view.page("today", body, title=words("tab_today"))

    def _used(self, today: DaySpend) -> Decimal:
        cap = self.settings.limits.daily_budget
        if not cap:
            return Decimal(1)
        shared = self.settings.stage.channels.messenger and self.settings.stage.channels.web
        return today.used(cap, of_channel=part_of_channel(cap, is_shared=shared))

    def _used_of_month(self, report: Report) -> Decimal:
        cap = self.settings.limits.monthly_budget
        return Decimal(0) if cap is None else Decimal(report.totals.cost) / cap if cap else Decimal(1)

    def _lead(self, view: View, today: DaySpend, people: Sequence[Standing]) -> str:
        asking = sum(1 for standing in people if standing.used)
        questions = view.words.count("questions", today.questions)
        return view.words.count("lead", asking, questions=questions, cost=view.words.money(today.committed))

    def _ring(self, view: View, today: DaySpend, used: Decimal) -> Mapping[str, str]:
        part = min(100, int(used * 100))
        budget = view.words.money(self.settings.limits.daily_budget)
        return {
            "ring_part": str(part),
            "ring_number": f"{part} %",
            "ring_label": view.words("ring_label", budget=budget),
            "ring_words": view.words("ring_words", part=part, cost=view.words.money(today.committed), budget=budget),
            "ring_kind": "ring-high" if used >= _WARNED else "ring-low",
        }


def columns(view: View, days: Sequence[DaySpend], values: Sequence[int], shown: Sequence[str]) -> Sequence[Column]:
    """Return the columns of a plot of days; today's still grows."""
    dates = [date.fromisoformat(day.day) for day in days]
    return [
        Column(str(day.day), view.words.day(day), value, text, is_open=day == view.today)
        for day, value, text in zip(dates, values, shown, strict=True)
    ]


def questions_plot(view: View, days: Sequence[DaySpend]) -> Plot:
    """Return the plot of the questions of each day."""
    values = [day.questions for day in days]
    words = view.words
    return Plot(
        title=words("plot_questions"),
        summary=words("plot_questions_sum", n=view.words.number(sum(values)), days=len(days)),
        columns=columns(view, days, values, [view.words.number(value) for value in values]),
        heads=(words("day"), words("tile_questions")),
        axis=view.words.number,
        table=words("numbers"),
        empty=words("plot_questions_none"),
    )


def _state(today: DaySpend, used: Decimal, used_of_month: Decimal) -> str:
    """Return what the day is like, as the name of its headline."""
    if used_of_month >= 1:
        return "month_spent"
    if used >= 1:
        return "spent"
    if today.failures >= _FEWEST_FAILURES:
        return "failing"
    if used_of_month >= _WARNED:
        return "month_nearly_spent"
    if used >= _WARNED:
        return "nearly_spent"
    return "well" if today.questions else "quiet"


def _tiles(view: View, days: Sequence[DaySpend], people: Sequence[Standing]) -> Html:
    words, today, yesterday = view.words, days[-1], days[-2]
    asking = sum(1 for standing in people if standing.used)
    new = sum(1 for standing in people if view.is_today(standing.person.first_seen))
    waited = half_within(today.answer_ms)
    lost = today.failures + today.unanswered
    tiles = [
        ("questions", view.words.number(today.questions), words("tile_yesterday", n=yesterday.questions), ""),
        ("people", view.words.number(asking), words.count("tile_new", new), ""),
        ("waited", amounts.time(waited) if waited else words("none"), words("tile_waited_note"), ""),
        ("lost", view.words.number(lost), words("tile_lost_note" if lost else "tile_none_lost"), "bad" * bool(lost)),
    ]
    return joined(
        fill("tile", words, name=words(f"tile_{name}"), number=number, note=note, kind=kind)
        for name, number, note, kind in tiles
    )


def _month_words(view: View, report: Report) -> str:
    month = view.words.month(view.today.month)
    if report.forecast is None:
        return view.words("month_so_far", month=month)
    return view.words("month_forecast", month=month, forecast=view.words.money(report.forecast))


def _shares(view: View, report: Report) -> Html:
    shares = [share for share in report.channels if share.cost][:_MOST_SHARES]
    if not shares:
        return Html("")
    rows = [Bar(view.words.named(share.name), share.cost, [view.words.money(share.cost)]) for share in shares]
    heads = [view.words("channel"), view.words("cost")]
    return Html(plots.bars(view.words("by_channel"), rows, heads=heads))
