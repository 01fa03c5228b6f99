"""A report as a short message, for the owner's chat and e-mail: plain text, with a line of blocks for the days."""

from chalicelib.content.plots import sparkline
from chalicelib.operations.report import Report, Totals
from chalicelib.operations.report_words import ReportWords

MOST_PEOPLE = 3
"""People that are named."""


def as_message(report: Report, words: ReportWords) -> str:
    """Return the report in about twelve lines."""
    totals, before = report.totals, report.before
    asked = words.change(totals.questions, before.questions, report.period)
    cost = words.change(totals.cost, before.cost, report.period)
    lines = [
        words.period(report.period),
        "",
        f"{words.texts('owner_report_questions')}: {words.number(totals.questions)} ({asked})",
        sparkline([day.questions for day in report.days]),
        f"{words.texts('owner_report_cost')}: {words.exact(totals.cost)} ({cost})",
        sparkline([day.committed for day in report.days]),
    ]
    if report.forecast is not None:
        lines.append(words.texts("owner_report_forecast", cost=words.money(report.forecast)))
    if report.monthly_budget is not None:
        lines.append(words.texts("owner_report_month_cap", budget=words.coarse(report.monthly_budget)))
    of_them = words.texts("owner_report_new", new=report.people.new, known=report.people.known)
    lines.append(f"{words.texts('owner_report_people')}: {words.number(report.people.active)} ({of_them})")
    lost = f"{words.texts('owner_report_troubles')}: {words.number(totals.failures + totals.unanswered)}"
    lines.append(f"{lost} ({words.without_answer(report)})" if _has_troubles(totals) else lost)
    if half := words.half(report):
        lines.append(half)
    if most := _most(report, words):
        lines += ["", most]
    if report.people.invited:
        came = ", ".join(f"{each.name} ({words.number(len(each.handles))})" for each in report.people.invited)
        lines.append(f"{words.texts('owner_report_invited')}: {came}")
    return "\n".join(lines)


def _has_troubles(totals: Totals) -> bool:
    return any((totals.failures, totals.unanswered, totals.refunds))


def _most(report: Report, words: ReportWords) -> str:
    """Return who asked most in the month; empty if there are no questions."""
    rows = ", ".join(f"{words.person(row)} ({words.number(row.questions)})" for row in report.people.rows[:MOST_PEOPLE])
    title = words.texts("owner_report_who", month=words.month(report.people.month))
    return f"{title}: {rows}" if rows else ""
