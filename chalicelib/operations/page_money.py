"""The view of costs and use on the owner's page: the report, drawn as in `parley report --html`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from chalicelib.content.owner_html import Html, fill
from chalicelib.content.page import HtmlPage
from chalicelib.content.text import Texts
from chalicelib.operations import report_html
from chalicelib.operations.owner_view import View
from chalicelib.operations.page_people import chips
from chalicelib.operations.period import Period
from chalicelib.operations.report import Reports
from chalicelib.operations.report_words import ReportWords

PERIODS: Final = ("month", "week", "last")


@dataclass(frozen=True)
class MoneyView:
    """Draws the view. Raises StoreError."""

    reports: Reports

    def page(self, view: View, texts: Texts, query: Mapping[str, str]) -> HtmlPage:
        """Draw the report of the period that the query asks for, this month without one."""
        asked = query.get("period", "")
        chosen = asked if asked in PERIODS else PERIODS[0]
        report, said = self.reports.of(_period(chosen, view.today), now=view.now), ReportWords(texts)
        questions = view.words.count("questions", report.totals.questions)
        values = {"cost": view.words.money(report.totals.cost), "questions": questions}
        lead = view.words("money_lead", **values)
        if report.forecast is not None:
            lead = view.words("money_lead_forecast", **values, forecast=view.words.money(report.forecast))
        body = fill(
            "money",
            view.words,
            title=said.period(report.period),
            lead=lead,
            chips=chips(
                view,
                [(view.words(f"period_{each}"), f"owner/money?period={each}", each == chosen) for each in PERIODS],
            ),
            sections=Html(report_html.sections(report, said)),
        )
        return view.page("money", body, title=view.words("tab_money"))


def _period(name: str, today: date) -> Period:
    if name == "week":
        return Period.week(today)
    return Period.month(today.replace(day=1) - timedelta(days=1) if name == "last" else today)
