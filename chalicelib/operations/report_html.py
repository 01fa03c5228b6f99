"""A report as HTML without scripts: a file of its own, or a part of the owner's page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.access.budget import DaySpend
from chalicelib.clock import local_date
from chalicelib.content import page, plots
from chalicelib.content.plots import Bar, Column, Plot
from chalicelib.operations.period import Span
from chalicelib.operations.report import HOURS, PersonUse, Report, Share
from chalicelib.operations.report_words import ReportWords

STYLES: Final = ("plots.css", "report.css")
"""The files in `content/templates/` that the sections need beside `style.css`."""
MOST_ROWS: Final = 12
"""People that are listed; the others are in one row."""


def as_html(report: Report, words: ReportWords) -> str:
    """Return a whole document, which sends no request."""
    stage = escape(words.texts("owner_report_stage", stage=report.stage, zone=report.zone))
    title = words.period(report.period)
    return page.document(
        title, f'<p class="lead">{stage}</p>{sections(report, words)}', *STYLES, language=words.texts.language
    )


def sections(report: Report, words: ReportWords) -> str:
    """Return the cards, the plots and the tables, with headings from the second level on."""
    drawn = _Sections(report, words)
    figures = (drawn.questions(), drawn.cost(), drawn.hours(), drawn.waiting())
    return (
        f"{drawn.cards()}<h2>{drawn.say('course')}</h2>"
        f'<div class="plots">{"".join(plots.figure(each) for each in figures)}</div>'
        f"<h2>{drawn.say('money')}</h2>{drawn.shares()}"
        f"<h2>{drawn.say('who', month=words.month(report.people.month))}</h2>{drawn.people()}"
        f"{drawn.invited()}"
        f'<p class="small">{drawn.say("ledger")}</p>'
    )


@dataclass(frozen=True)
class _Sections:
    report: Report
    words: ReportWords

    def say(self, key: str, **values: object) -> str:
        """Return a text, escaped."""
        return escape(self._text(key, **values))

    def cards(self) -> str:
        report, words = self.report, self.words
        totals, before = report.totals, report.before
        cost = [self._text("exactly", cost=words.exact(totals.cost))] if totals.cost else []
        cost.append(words.change(totals.cost, before.cost, report.period))
        if report.forecast is not None:
            cost.append(self._text("forecast", cost=words.money(report.forecast)))
        if report.monthly_budget is not None:
            cost.append(self._text("month_cap", budget=words.coarse(report.monthly_budget)))
        new = self._text("new", new=report.people.new, known=report.people.known)
        asked = [words.change(totals.questions, before.questions, report.period)]
        troubles = totals.failures + totals.unanswered
        return "".join(
            (
                '<dl class="cards">',
                self._card("questions", words.number(totals.questions), asked),
                self._card("cost", words.money(totals.cost), cost),
                self._card("people", words.number(report.people.active), [new]),
                self._card("troubles", words.number(troubles), [words.without_answer(report)]),
                "</dl>",
            )
        )

    def questions(self) -> Plot:
        words = self.words
        columns = self._days(lambda day: day.questions, words.number)
        return self._plot(
            "questions_by_day", self._most(columns, "highest"), columns, ("day", "questions"), words.number
        )

    def cost(self) -> Plot:
        words = self.words
        columns = self._days(lambda day: day.committed, words.exact, words.money)
        most = self._most(columns, "highest_cost", budget=words.coarse(self.report.daily_budget))
        return self._plot("cost_by_day", most, columns, ("day", "part"), words.coarse)

    def hours(self) -> Plot:
        hours = self.report.hours
        columns = [
            Column(str(hour), f"{_clock(hour)} - {_clock(hour + 1)}", asked, self.words.number(asked))
            for hour, asked in enumerate(hours)
        ]
        busiest = max(range(HOURS), key=hours.__getitem__)
        said = self._text("busiest", since=_clock(busiest), until=_clock(busiest + 1)) if hours[busiest] else ""
        return self._plot("hours", said, columns, ("hour", "questions"), self.words.number)

    def waiting(self) -> Plot:
        buckets, words = self.report.answer_times, self.words
        columns: list[Column] = []
        for bucket in buckets:
            is_last = bucket is buckets[-1]
            label = f">{columns[-1].label}" if is_last else str(bucket.up_to_ms // 1000)
            name = words.bucket(bucket, is_last=is_last)
            columns.append(Column(label, name, bucket.answers, words.number(bucket.answers)))
        return self._plot("waiting", words.half(self.report), columns, ("time", "answers"), words.number)

    def shares(self) -> str:
        if not self.report.totals.cost:
            return f"<p>{self.say('nothing')}</p>"
        named = {"model": self.report.models, "channel": self.report.channels, "persona": self.report.personas}
        tables = (self._shares(name, shares) for name, shares in named.items())
        return f'<div class="plots thirds">{"".join(tables)}</div>'

    def invited(self) -> str:
        """Return who came by which invite; nothing if no user did."""
        rows = [
            Bar(f"{each.name}: {each.shown}", len(each.handles), [self.words.number(len(each.handles))])
            for each in self.report.people.invited
        ]
        heads = [self._text(name) for name in ("name", "people")]
        return f"<h2>{self.say('invited')}</h2>{plots.bars('', rows, heads=heads)}" if rows else ""

    def people(self) -> str:
        people, words = self.report.people, self.words
        shown, hidden = people.rows[:MOST_ROWS], people.rows[MOST_ROWS:]
        rows = [self._person(words.person(row), row.questions, row.cost) for row in shown]
        if hidden:
            name = self._text("more_people", people=_people(hidden))
            rows.append(self._person(name, sum(row.questions for row in hidden), sum(row.cost for row in hidden)))
        if people.rest:
            rows.append(Bar(self._text("no_person"), 0, ["", words.exact(people.rest)]))
        if not rows:
            return f"<p>{self.say('nothing')}</p>"
        heads = [self._text(name) for name in ("name", "questions", "part")]
        return plots.bars("", rows, heads=heads)

    def _person(self, name: str, questions: int, cost: int) -> Bar:
        return Bar(name, questions, [self.words.number(questions), self.words.exact(cost)])

    def _shares(self, name: str, shares: Sequence[Share]) -> str:
        title, words, whole = self._text(f"by_{name}"), self.words, self.report.totals.cost
        rows = [
            Bar(words.part(share.name), share.cost, [words.exact(share.cost), f"{100 * share.cost / whole:.0f}\u00a0%"])
            for share in shares
        ]
        heads = [self._text("name"), self._text("part"), self._text("share")]
        return f"<div>{plots.bars(title, rows, heads=heads)}</div>"

    def _days(
        self, value: Callable[[DaySpend], int], shown: Callable[[int], str], brief: Callable[[int], str] | None = None
    ) -> Sequence[Column]:
        today = local_date(self.report.made_at, ZoneInfo(self.report.zone))
        columns = []
        for spend in self.report.days:
            day = date.fromisoformat(spend.day)
            weekday = self.words.weekday(day)
            name = f"{weekday} {self.words.day(day)}"
            label = weekday if self.report.period.span is Span.WEEK else str(day.day)
            number = value(spend)
            columns.append(Column(label, name, number, shown(number), (brief or shown)(number), is_open=day >= today))
        return columns

    def _most(self, columns: Sequence[Column], key: str, **values: object) -> str:
        most = max(columns, key=lambda column: column.value)
        return self._text(key, day=most.name, value=most.shown, **values) if most.value else ""

    def _plot(
        self,
        title: str,
        summary: str,
        columns: Sequence[Column],
        heads: tuple[str, str],
        axis: Callable[[int], str],
    ) -> Plot:
        return Plot(
            self._text(title),
            summary,
            columns,
            (self._text(heads[0]), self._text(heads[1])),
            axis,
            table=self._text("numbers"),
            empty=self._text("nothing"),
        )

    def _card(self, name: str, value: str, remarks: Sequence[str]) -> str:
        said = "".join(f"<span>{escape(remark)}</span>" for remark in remarks)
        return f"<div><dt>{self.say(name)}</dt><dd><strong>{escape(value)}</strong>{said}</dd></div>"

    def _text(self, key: str, **values: object) -> str:
        return self.words.texts(f"owner_report_{key}", **values)


def _clock(hour: int) -> str:
    return f"{hour % HOURS:02}:00"


def _people(rows: Sequence[PersonUse]) -> int:
    return sum(row.people for row in rows)
