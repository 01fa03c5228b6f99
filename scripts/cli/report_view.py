"""Prints a report in the terminal: sparklines, and a table of the people; less of it in narrow terminals."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

import click

from chalicelib.content import text
from chalicelib.content.plots import sparkline
from chalicelib.operations.report import Report, Share
from chalicelib.operations.report_words import ReportWords
from chalicelib.settings.languages import ENGLISH
from scripts.cli.terminal import folded, width

_MOST_PEOPLE: Final = 10
_NAMES: Final = 12
"""Columns for what a line is about."""
_WIDEST: Final = 80


@cache
def _words() -> ReportWords:
    """Load the words when a report is printed: a file that cannot be read must not end other commands."""
    return ReportWords(text.load(ENGLISH))


def show(report: Report) -> None:
    """Print the report."""
    for line in lines(report):
        click.echo(line)


def lines(report: Report) -> Iterator[str]:
    """Return what is printed: at most 80 columns, in a narrower terminal as few as fit, but for long names."""
    yield _bold(_words().period(report.period))
    yield f"Stage {report.stage}, days in {report.zone}"
    yield ""
    yield from _totals(report)
    yield ""
    yield from _by_day(report)
    for title, shares in (("models", report.models), ("channels", report.channels), ("personas", report.personas)):
        if shares:
            yield from ["", _bold(f"Cost by {title.removesuffix('s')}"), *_shares(shares, report.totals.cost)]
    yield ""
    yield from _people(report)
    yield from _invited(report)


def _totals(report: Report) -> Iterator[str]:
    totals, before = report.totals, report.before
    yield from _line(
        "questions",
        _words().number(totals.questions),
        _words().change(totals.questions, before.questions, report.period),
    )
    yield from _line("cost", _words().exact(totals.cost), _words().change(totals.cost, before.cost, report.period))
    if report.forecast is not None:
        remark = "for the whole month, if it goes on like this"
        if report.monthly_budget is not None:
            remark = f"{remark}; it may cost {_words().coarse(report.monthly_budget)}"
        yield from _line("forecast", _words().money(report.forecast), remark)
    people = report.people
    yield from _line("people", _words().number(people.active), f"{people.new} of them new, {people.known} known in all")
    yield from _line("no answer", _words().number(totals.failures + totals.unanswered), _words().without_answer(report))
    tokens = totals.tokens
    told = f"{tokens.input:,} tokens in ({tokens.cached:,} cached), {tokens.output:,} out"
    yield from _line("calls", _words().number(totals.calls), told)


def _by_day(report: Report) -> Iterator[str]:
    questions, costs = [day.questions for day in report.days], [day.committed for day in report.days]
    waited = [bucket.answers for bucket in report.answer_times]
    half = _words().half(report).removesuffix(".").lower()
    rows = [
        ("questions", questions, f"most on a day: {_words().number(max(questions))}"),
        ("cost", costs, f"most on a day: {_words().exact(max(costs))} of {_words().coarse(report.daily_budget)}"),
        ("hours", report.hours, "from 0 to 23 o'clock"),
        ("waiting", waited, half or "no answer yet"),
    ]
    begin = _NAMES + max(len(values) for _, values, _ in rows) + 2
    for name, values, remark in rows:
        drawn = f"{name:{_NAMES}}{sparkline(values)}"
        if _room() - begin >= len(remark):
            yield f"{drawn:{begin}}{remark}"
        else:
            yield drawn
            yield from (f"{' ' * _NAMES}{line}" for line in folded(remark, _room() - _NAMES))


def _shares(shares: Sequence[Share], whole: int) -> Iterator[str]:
    for share in shares:
        part = share.cost / whole if whole else 0
        yield f"  {_words().exact(share.cost):>12}  {part:>4.0%}  {_words().part(share.name)}"


def _people(report: Report) -> Iterator[str]:
    people = report.people
    yield _bold(f"Who asked in {_words().month(people.month)}")
    if not people.rows:
        yield "  No question is counted for a person yet."
    for row in people.rows[:_MOST_PEOPLE]:
        yield f"  {_words().exact(row.cost):>12}  {row.questions:>4,}  {_words().person(row)}"
    hidden = people.rows[_MOST_PEOPLE:]
    if hidden:
        cost, questions = sum(row.cost for row in hidden), sum(row.questions for row in hidden)
        yield f"  {_words().exact(cost):>12}  {questions:>4,}  {sum(row.people for row in hidden):,} more"
    if people.rest:
        head = f"  {_words().exact(people.rest):>12}        "
        first, *others = folded("of no person: checks, summaries, people who were forgotten", _room() - len(head))
        yield f"{head}{first}"
        yield from (f"{' ' * len(head)}{line}" for line in others)


def _invited(report: Report) -> Iterator[str]:
    if report.people.invited:
        yield from ["", _bold("Who came by an invite")]
    for each in report.people.invited:
        yield from (f"  {line}" for line in folded(f"{each.name}: {each.shown}", _room() - 2))


def _line(name: str, value: str, remark: str) -> Iterator[str]:
    head = f"{name:{_NAMES}}{value:12}  "
    lines = folded(remark, _room() - len(head))
    yield f"{head}{lines[0]}".rstrip()
    yield from (f"{' ' * len(head)}{line}" for line in lines[1:])


def _room() -> int:
    return min(_WIDEST, width())


def _bold(text: str) -> str:
    return click.style(text, bold=True)
