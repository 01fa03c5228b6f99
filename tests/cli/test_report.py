"""Tests `parley report`: the terminal, CSV, JSON and the page show the same numbers of one period."""

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from chalicelib.content import text
from chalicelib.operations import report_files, report_html
from chalicelib.operations.report import InviteUse, PersonUse
from chalicelib.operations.report_words import ReportWords
from scripts.cli import report_view
from tests.cli.chats import ANNA, Chats
from tests.cli.conftest import Run
from tests.cli.test_cost import asks
from tests.reports import a_report

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TODAY = datetime.now(UTC).date()


def table(text: str) -> list[Mapping[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix(report_files.BOM))))


def of_kind(rows: list[Mapping[str, str]], kind: str) -> list[Mapping[str, str]]:
    return [row for row in rows if row["kind"].startswith(kind)]


def test_a_new_stage_has_a_report_of_zeros(owner: Run, chats: Chats):
    shown = owner("report").stdout
    assert "questions   0             none in the week before\n" in shown
    assert "No question is counted for a person yet." in shown
    assert owner("report", "--month").exit_code == 0


def test_a_week_is_the_last_seven_days(owner: Run, chats: Chats):
    for days_ago, cost in ((0, 30_000), (6, 20_000), (7, 10_000)):
        asks(chats, day=(TODAY - timedelta(days=days_ago)).isoformat(), cost=cost)
    document = json.loads(owner("report", "--json").stdout)
    assert (document["schema"], document["period"]["span"], len(document["days"])) == (1, "week", 7)
    assert (document["totals"]["cost_micro_usd"], document["totals"]["cost_usd"]) == (50_000, "0.050000")
    assert document["before"]["cost_micro_usd"] == 10_000
    assert [day["cost_micro_usd"] for day in document["days"]] == [20_000, 0, 0, 0, 0, 0, 30_000]


def test_the_total_is_a_scan_of_the_tables_items(owner: Run, chats: Chats, client: "DynamoDBClient"):
    for days_ago, cost in ((0, 30_001), (1, None), (2, 7)):
        asks(chats, day=(TODAY - timedelta(days=days_ago)).isoformat(), cost=cost)
    items = client.scan(TableName="parley-dev")["Items"]
    days = [item for item in items if item["pk"]["S"].startswith("SPEND#")]
    totals = json.loads(owner("report", "--json").stdout)["totals"]
    assert totals["cost_micro_usd"] == sum(int(day["committed"]["N"]) for day in days) == 130_008
    assert totals["questions"] == sum(int(day["questions"]["N"]) for day in days) == 3


def test_a_month_may_be_named(owner: Run, chats: Chats):
    asks(chats, day="2026-02-03", cost=30_000)
    document = json.loads(owner("report", "--month", "2026-02", "--json").stdout)
    assert (document["period"]["since"], document["period"]["until"]) == ("2026-02-01", "2026-02-28")
    assert document["totals"]["cost_micro_usd"] == 30_000
    assert "1 to 28 February 2026" in owner("report", "--month", "2026-02").stdout


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--month", "november"], f"november is no month: write it as {TODAY:%Y-%m}"),
        (["--month", "2026-13"], f"2026-13 is no month: write it as {TODAY:%Y-%m}"),
        (["--month", "2999-01"], "2999-01 has not begun"),
        (["--week", "--month"], "give one of --week and --month, and one of --csv, --json and --html"),
        (["--json", "--html", "x"], "give one of --week and --month, and one of --csv, --json and --html"),
    ],
)
def test_wrong_options_are_one_line(owner: Run, options: list[str], line: str):
    refused = owner("report", *options)
    assert (refused.exit_code, refused.stderr) == (2, f"Error: {line}\n")


def test_the_table_has_the_mark_by_which_excel_knows_utf_8(owner: Run, chats: Chats):
    printed = owner("report", "--csv").stdout_bytes
    assert printed.startswith(b"\xef\xbb\xbfkind,name,people,")
    assert printed.count(b"\r\n") == printed.count(b"\n")


def test_the_table_and_the_document_say_the_same():
    report = a_report()
    rows, document = table(report_files.as_csv(report)), report_files.as_json(report)
    [total] = of_kind(rows, "total")
    for name, value in document["totals"].items():
        assert total[name] == str(value)
        assert name == "cost_usd" or sum(int(day[name]) for day in of_kind(rows, "day")) == value
    for kind in ("channel", "model", "persona"):
        assert sum(int(row["cost_micro_usd"]) for row in of_kind(rows, kind)) == document["totals"]["cost_micro_usd"]
    assert [row["name"] for row in of_kind(rows, "person in ")] == [
        *(row["name"] for row in document["people"]["rows"]),
        "(no person)",
    ]
    assert len(of_kind(rows, "hour")) == len(document["hours"]) == 24


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(name: str):
    people = [PersonUse(name, people=2, is_sum=True, questions=1, cost=1, last_seen=0)]
    cells = [row["name"] for row in table(report_files.as_csv(a_report(rows=people)))]
    assert f"'{name}" in cells
    assert name not in cells


@pytest.mark.parametrize("name", ["Anna's Bakery", 'Say "hi", twice', "a\nb", "Bäckerei 빵집"])
def test_any_name_of_a_key_comes_back_from_the_table(name: str):
    people = [PersonUse(name, people=2, is_sum=True, questions=1, cost=1, last_seen=0)]
    assert name in [row["name"] for row in table(report_files.as_csv(a_report(rows=people)))]


def test_people_are_handles_and_never_ids(owner: Run, chats: Chats):
    chats.answer()
    for form in (["--json"], ["--csv"], []):
        shown = owner("report", *form).stdout
        assert ANNA not in shown
        assert "7293847561029384" not in shown


def test_the_page_is_a_file_that_loads_nothing(owner: Run, chats: Chats, tmp_path: Path):
    file = tmp_path / "week.html"
    assert owner("report", "--html", file).stdout == f"The report is in {file}. Open it with a browser.\n"
    html = file.read_text()
    assert html.startswith("<!doctype html>")
    assert "<script" not in html
    assert "http" not in html


def test_a_file_that_cannot_be_written_is_one_line(owner: Run, chats: Chats, tmp_path: Path):
    refused = owner("report", "--html", tmp_path / "no" / "week.html")
    assert refused.exit_code == 1
    assert "cannot be written: No such file or directory" in refused.stderr


@pytest.mark.parametrize("columns", [80, 50])
def test_lines_fit_the_terminal(monkeypatch: pytest.MonkeyPatch, columns: int):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = [click.unstyle(line) for line in report_view.lines(a_report())]
    assert max(map(len, lines)) <= columns


def test_the_terminal_draws_days_and_ranks_people():
    lines = [click.unstyle(line) for line in report_view.lines(a_report())]
    assert f"questions   {'▁▃▄▅▆▇█':26}most on a day: 6" in lines
    assert "cost        $0.021000     none in the week before" in lines
    assert "     $0.000900     9  9f86d081" in lines


INVITED = (InviteUse("=cmd|calc", [f"{number:08x}" for number in range(12)]), InviteUse("<b>Flyer</b>", ["9f86d081"]))


def test_who_came_by_an_invite_is_in_every_form_and_runs_in_none(capsys: pytest.CaptureFixture[str]):
    made = a_report(invited=INVITED)
    report_view.show(made)
    shown = capsys.readouterr().out
    assert "Who came by an invite" in shown
    assert "00000009, +2" in shown
    assert "  <b>Flyer</b>: 9f86d081" in shown
    assert max(map(len, shown.splitlines())) <= 80
    rows = of_kind(table(report_files.as_csv(made)), "invite")
    assert [(row["name"], row["people"]) for row in rows] == [("'=cmd|calc", "12"), ("<b>Flyer</b>", "1")]
    assert report_files.as_json(made)["people"]["invited"][1] == {"invite": "<b>Flyer</b>", "handles": ["9f86d081"]}
    page = report_html.as_html(made, ReportWords(text.load("en")))
    assert "&lt;b&gt;Flyer&lt;/b&gt;" in page
    assert "<b>Flyer" not in page


def test_without_invites_no_form_speaks_of_them(capsys: pytest.CaptureFixture[str]):
    report_view.show(a_report())
    assert "invite" not in capsys.readouterr().out
    assert "invite" not in report_html.as_html(a_report(), ReportWords(text.load("en"))).partition("<body")[2].lower()
