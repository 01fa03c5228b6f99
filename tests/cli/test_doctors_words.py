"""What `parley doctor` prints: findings with reason and remedy for a terminal, or one JSON document."""

import json

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.operations.findings import Finding, Severity
from scripts.cli.commands import parley
from scripts.cli.doctor import show
from scripts.stage.hints import PROGRAM
from tests.cli.conftest import ENVIRONMENT
from tests.cli.printed import printed

WELL = Finding("table", Severity.OK, "parley-dev, 3 items at the last count")
BROKEN = Finding("heartbeat", Severity.BROKEN, "its rule is disabled", "functions get cold", "run deploy")
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=100)
lines = st.text() | st.lists(st.text("abc-/:.\n\t", min_size=1, max_size=120), max_size=20).map(" ".join)


def test_a_finding_that_is_ok_takes_one_line():
    assert printed(lambda: show([WELL])) == "ok        table: parley-dev, 3 items at the last count\n"


def test_a_fault_comes_with_the_reason_and_the_fix():
    assert printed(lambda: show([BROKEN])).splitlines() == [
        "broken    heartbeat: its rule is disabled",
        "          why: functions get cold",
        "          fix: run deploy",
    ]


def test_long_texts_are_indented_below_their_first_line():
    long = Finding("alarm", Severity.WARNING, "it rings " * 12, "somebody waits " * 8, "wait a little " * 8)
    first, second, why, more_why, fix, more_fix = printed(lambda: show([long])).splitlines()
    assert first.startswith("warning   alarm: it rings")
    assert second.startswith("          it rings")
    assert (why[:15], more_why[:15]) == ("          why: ", " " * 15)
    assert (fix[:15], more_fix[:15]) == ("          fix: ", " " * 15)


@given(st.lists(st.builds(Finding, names, st.sampled_from(Severity), lines, lines, lines), max_size=3))
def test_findings_fit_80_columns(findings: list[Finding]):
    output = printed(lambda: show(findings))
    assert all(len(line) <= 80 for line in output.splitlines())


@given(names, st.sampled_from(Severity), st.text("abcdef-/: \n", max_size=300))
def test_no_word_is_lost(name: str, state: Severity, what: str):
    output = printed(lambda: show([Finding(name, state, what)]))
    assert "".join(output.split()) == "".join(f"{state}{name}:{what}".split())


def doctor(*options: str, **environment: str) -> Result:
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    return CliRunner().invoke(
        parley, ["doctor", *options], env={**ENVIRONMENT, **keys, **environment}, prog_name=PROGRAM
    )


def test_without_access_to_aws_there_is_one_finding_and_exit_code_1():
    result = doctor(AWS_REGION="eu-nowhere-1")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "broken    credentials: could not be checked: there is no AWS region",
        "          eu-nowhere-1: add --region, such as --region eu-central-1",
        "          why: the state is unknown",
        "          fix: see the message",
        "",
        "0 ok, 0 warning, 1 broken",
    ]


def test_json_is_one_document_with_the_same_exit_code():
    result = doctor("--json", "--stage", "prod", AWS_REGION="eu-nowhere-1")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    [finding] = document["findings"]
    assert (document["stage"], finding["name"], finding["state"]) == ("prod", "credentials", "broken")
    assert finding.keys() == {"name", "state", "what", "why", "cure"}


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_a_missing_region_is_named(option: list[str]):
    result = doctor(*option, AWS_REGION="")
    assert result.exit_code == 1
    assert "no AWS region is set: add --region" in " ".join(result.stdout.split())
