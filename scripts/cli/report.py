"""`parley report`: shows a week or a month, in the terminal, as CSV or JSON, or as a page."""

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import click

from chalicelib.content import text
from chalicelib.operations import report_files, report_html
from chalicelib.operations.period import Period, last_day_of_month
from chalicelib.operations.report import Report, Reports
from chalicelib.operations.report_words import ReportWords
from chalicelib.settings.languages import ENGLISH
from scripts.cli import report_view
from scripts.cli.options import at_stage, clock, from_callers_folder
from scripts.cli.terminal import print_json
from scripts.stage.environment import Environment, UsageError

_THIS: Final = "this"


@click.command()
@click.option("--week", is_flag=True, help="The last seven days, today included; this is the default.")
@click.option("--month", is_flag=False, flag_value=_THIS, metavar="[MONTH]", help="This month, or one such as 2026-10.")
@click.option("--csv", "form", flag_value="csv", help="Print one table for spreadsheets.")
@click.option("--json", "form", flag_value="json", help="Print one JSON document.")
@click.option("--html", metavar="FILE", help="Write a page with plots to this file, which needs no network.")
@at_stage
def report(environment: Environment, *, week: bool, month: str | None, form: str | None, html: str | None) -> None:
    """Show questions, people, costs and failures of a week or a month.

    All numbers are sums over what Parley counts with every question; no message is read. People appear by their
    handles: `people show HANDLE` tells more. `cost` shows what AWS charges for it.
    """
    if (week and month) or (form and html):
        raise UsageError("give one of --week and --month, and one of --csv, --json and --html")
    reports, now = _reports(environment), clock()
    made = reports.of(_period(month, today=reports.date_of(now)), now=now)
    if html:
        _write(html, report_html.as_html(made, ReportWords(text.load(ENGLISH))))
    else:
        _PRINTED[form](made)


def _period(month: str | None, *, today: date) -> Period:
    """Parse the options to a period. Raises UsageError for what is no month, or none that has begun."""
    if month is None:
        return Period.week(today)
    if month == _THIS:
        return Period.month(today)
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise UsageError(f"{month} is no month: write it as {today:%Y-%m}") from None
    if first > today:
        raise UsageError(f"{month} has not begun")
    return Period.month(min(last_day_of_month(first), today))


def _reports(environment: Environment) -> Reports:
    from chalicelib.aws.dynamodb.api_keys import DynamoApiKeys  # noqa: PLC0415
    from chalicelib.aws.dynamodb.invites import DynamoInvites  # noqa: PLC0415
    from chalicelib.aws.dynamodb.people import DynamoPeople  # noqa: PLC0415
    from chalicelib.aws.dynamodb.spend import DynamoSpending  # noqa: PLC0415 (imports boto3; `--help` does without)

    table = environment.table
    stored = DynamoSpending(table), DynamoPeople(table), DynamoApiKeys(table), DynamoInvites(table)
    return Reports.for_stage(environment.settings, *stored)


def _print_csv(made: Report) -> None:
    sys.stdout.flush()
    click.echo(report_files.as_csv(made).encode(), nl=False)


def _write(file: str, document: str) -> None:
    path: Path = from_callers_folder(file)
    try:
        path.write_text(document, "utf-8")
    except OSError as exc:
        raise click.ClickException(f"{file} cannot be written: {exc.strerror}") from exc
    click.echo(f"The report is in {file}. Open it with a browser.")


_PRINTED: Final[dict[str | None, Callable[[Report], None]]] = {
    None: report_view.show,
    "csv": _print_csv,
    "json": lambda made: print_json(report_files.as_json(made)),
}
