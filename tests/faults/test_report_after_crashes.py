"""Whatever crashes: terminal, pages, table and document say what a direct sum over the ledger says."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import click
import pytest

from chalicelib.content import text
from chalicelib.operations import report_files, report_html
from chalicelib.operations.period import Period
from chalicelib.operations.report import Report, Reports
from chalicelib.operations.report_words import ReportWords
from chalicelib.settings.stage import Settings
from scripts.cli import report_view
from tests.fakes.adapters import FakeClock
from tests.fakes.api_keys import FakeApiKeys
from tests.fakes.invites import FakeInvites
from tests.fakes.memory import Memory
from tests.fakes.people import FakePeople
from tests.fakes.spend import FakeSpending
from tests.faults.schedules import poor, unhappy
from tests.faults.shares import some
from tests.faults.stage import CrashesAt
from tests.faults.web import WebSimulation
from tests.flow.bot import Bot
from tests.flow.owners_browser import OwnersBrowser

STORIES: Final = range(25)
WORDS: Final = ReportWords(text.load("en"))
_EXACT: Final = re.compile(r"\$([\d,]+)\.(\d{6})|\$(0)(?![\d.])")


def report_of(memory: Memory, now: int) -> Report:
    limits = Settings.from_env({}).limits
    stored = FakeSpending(memory), FakePeople(memory), FakeApiKeys(memory), FakeInvites(memory)
    reports = Reports("test", ZoneInfo("UTC"), limits.daily_budget, *stored)
    return reports.of(Period.month(reports.date_of(now)), now=now)


def of_the_ledger(memory: Memory) -> Mapping[str, int]:
    """The sums, made without anything that makes a report."""
    days = list(memory.spend.values())
    return {
        "cost_micro_usd": sum(day.committed for day in days),
        "questions": sum(day.questions for day in days),
        "calls": sum(day.calls for day in days),
        "answers": sum(day.answers for day in days),
        "failures": sum(day.failures for day in days),
        "unanswered": sum(day.unanswered for day in days),
        "refunds": sum(day.refunded for day in days),
    }


def of_the_document(report: Report) -> Mapping[str, int]:
    document = json.loads(json.dumps(report_files.as_json(report)))
    people = document["people"]
    costs = [row["cost_micro_usd"] for row in (*people["rows"], people["rest"])]
    assert sum(costs) == document["totals"]["cost_micro_usd"]
    assert sum(document["hours"]) == document["totals"]["questions"]
    return {name: document["totals"][name] for name in of_the_ledger(Memory())}


def of_the_table(report: Report) -> Mapping[str, int]:
    rows = list(csv.DictReader(io.StringIO(report_files.as_csv(report).removeprefix(report_files.BOM))))
    kinds = {"channel", "model", "persona", f"person in {report.people.month}", "day", "total"}
    sums = {kind: sum(int(row["cost_micro_usd"]) for row in rows if row["kind"] == kind) for kind in kinds}
    assert len(set(sums.values())) == 1, sums
    days = [row for row in rows if row["kind"] == "day"]
    return {name: sum(int(day[name]) for day in days) for name in of_the_ledger(Memory())}


def of_the_page(html: str) -> Mapping[str, int]:
    """The sums that are drawn between these two marks; there are none of calls and of responses."""
    begin, end = html.index('<dl class="cards">'), html.index('<p class="small">')
    body = ET.fromstring(f"<div>{html[begin:end]}</div>")
    cards = [(card.findtext("strong") or "", " ".join(card.itertext())) for card in body.iter("dd")]
    tables = {head: sum(numbers) for head, numbers in _tables(body)}
    for name in ("By model", "By channel", "By persona"):
        assert tables.get(name, 0) == micro(cards[1][1]), name
    questions = tables.get("Questions by day", 0)
    assert tables.get("Hours of the day", 0) == questions == int(cards[0][0])
    return {"cost_micro_usd": tables.get("Cost by day", 0), "questions": questions, **troubles(cards[3][1])}


def owners_page(memory: Memory, now: int) -> str:
    """What the owner sees in a browser, of this month."""
    browser = OwnersBrowser(Bot(memory=memory, clock=FakeClock(now))).enters()
    return browser.page.show_money(browser.visits, {}, up="").html


def troubles(shown: str) -> Mapping[str, int]:
    numbers = map(int, re.findall(r"(\d+) (?:failed|not delivered|given back)", shown))
    return dict(zip(("failures", "unanswered", "refunds"), numbers, strict=True))


def _tables(body: ET.Element) -> Iterator[tuple[str, Sequence[int]]]:
    for figure in body.iter("figure"):
        [head] = figure.iter("h3")
        yield head.text or "", [number(cell) for cell in figure.iter("td")]
    for table in body.iter("table"):
        if (caption := table.find("caption")) is not None:
            yield caption.text or "", [number(row.findall("td")[0]) for row in table.iter("tr") if row.findall("td")]


def number(cell: ET.Element) -> int:
    shown = "".join(cell.itertext())
    return micro(shown) if "$" in shown else int(shown.replace(",", ""))


def micro(shown: str) -> int:
    """The first exact amount in a text."""
    found = _EXACT.search(shown)
    assert found, shown
    return 0 if found[3] else int(found[1].replace(",", "")) * 1_000_000 + int(found[2])


def of_the_terminal(report: Report) -> Mapping[str, int]:
    lines = [click.unstyle(line) for line in report_view.lines(report)]
    shown = {line[:12].strip(): line[12:] for line in reversed(lines)}
    return {
        "cost_micro_usd": micro(shown["cost"]),
        "questions": int(shown["questions"].split()[0]),
        "calls": int(shown["calls"].split()[0]),
        **troubles(shown["no answer"]),
    }


def assert_all_say_the_same(memory: Memory, now: int) -> None:
    report, ledger = report_of(memory, now), of_the_ledger(memory)
    shown = {
        "document": of_the_document(report),
        "table": of_the_table(report),
        "page": of_the_page(report_html.as_html(report, WORDS)),
        "owner's page": of_the_page(owners_page(memory, now)),
        "terminal": of_the_terminal(report),
    }
    for form, said in shown.items():
        assert said == {name: ledger[name] for name in said}, form


@pytest.mark.parametrize("makes", [unhappy, poor])
def test_after_stories_with_crashes_on_messenger_all_forms_are_the_sum_over_the_ledger(makes: Any):
    seen = dict.fromkeys(of_the_ledger(Memory()), 0)
    for seed in STORIES:
        simulation = makes(seed).run_until_rest()
        assert_all_say_the_same(simulation.memory, simulation.clock())
        world = simulation.ledger.settled + sum(amount for _, amount in simulation.ledger.unsettled)
        assert report_of(simulation.memory, simulation.clock()).totals.cost == world, f"seed {seed}"
        for name, value in of_the_ledger(simulation.memory).items():
            seen[name] += value
    assert all(seen.values()), "the stories have some of everything"


@some(3)
def test_after_a_crash_at_any_step_of_the_web_chat_they_are_too(part: slice):
    for site in WebSimulation(faults=CrashesAt(frozenset())).ask("one").stage.sites()[part]:
        simulation = WebSimulation(faults=CrashesAt(frozenset({(site.number, site.when)}))).ask("one")
        assert_all_say_the_same(simulation.chat.memory, simulation.chat.bot.clock())
