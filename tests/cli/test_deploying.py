"""Tests `deploy` and `destroy` before they change anything: their questions, hidden values, and how to abort."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result

from scripts.cli.__main__ import parley
from scripts.stage.environment import ROOT
from scripts.stage.hints import PROGRAM
from tests.cli.conftest import ENVIRONMENT
from tests.cli.test_commands import answering

REGION_NOTE = ROOT / ".parley" / "region-dev"
REGION = REGION_NOTE.read_text().strip() if REGION_NOTE.exists() else "eu-central-1"
"""The region to which this machine has deployed stage dev, if any: the commands refuse another one."""
NO_STACK = (
    b"<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>"
    b"<Message>Stack with id parley-dev does not exist</Message></Error></ErrorResponse>"
)
APP_ID, APP_SECRET, PAGE_TOKEN, KEY = (
    "900800700600500",
    "0123456789abcdef" * 2,
    "EAAG" + "aB3" * 60,
    "sk-proj-" + "x1" * 30,
)
TYPED = [APP_ID, APP_SECRET, PAGE_TOKEN, KEY]
VARIABLES = {
    "PARLEY_APP_ID": APP_ID,
    "PARLEY_APP_SECRET": APP_SECRET,
    "PARLEY_PAGE_TOKEN": PAGE_TOKEN,
    "OPENAI_API_KEY": KEY,
}
MISSING = (
    "Error: missing: app-id (PARLEY_APP_ID), app-secret (PARLEY_APP_SECRET), page-token (PARLEY_PAGE_TOKEN), "
    "openai-key (OPENAI_API_KEY). Set the variables, use --secrets, or run this in a terminal without --yes\n"
)
LABELS = ["App ID", "App secret", "Page access token", "OpenAI API key"]


class Terminal(io.BytesIO):
    """A terminal at which these lines are typed."""

    def __init__(self, *lines: str) -> None:
        super().__init__("".join(f"{line}\n" for line in lines).encode())

    def isatty(self) -> bool:
        return True


Parley = Callable[..., Result]
CONFIG = ROOT / ".chalice" / "config.json"


@pytest.fixture
def at(client: object) -> Iterator[Parley]:
    """The command line, with or without a terminal, in an account without a stack."""
    with answering(400, NO_STACK) as cloudformation:

        def run(typing: Terminal | None, *arguments: str, **environment: str | None) -> Result:
            env: dict[str, str | None] = {**ENVIRONMENT, **dict.fromkeys(VARIABLES), "AWS_REGION": REGION}
            env |= {"NO_PROXY": "127.0.0.1", "PARLEY_CHANNELS": "messenger,web"}
            env |= {"AWS_ENDPOINT_URL_CLOUDFORMATION": cloudformation, **environment}
            return CliRunner().invoke(parley, arguments, input=typing, env=env, prog_name=PROGRAM)

        yield run


@pytest.fixture
def ssm(client: object) -> Iterator[Any]:
    """The store of secrets, emptied after each test."""
    ssm = boto3.client("ssm", REGION)
    yield ssm
    for name in stored(ssm):
        ssm.delete_parameter(Name=name)


def stored(ssm: Any) -> list[str]:
    return sorted(one["Name"] for one in ssm.describe_parameters()["Parameters"])


def fails_in_one_line(result: Result, *, code: int = 1) -> str:
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.count("\n") == 1
    return result.stderr


# -- deploy -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", [[], ["--yes"]])
def test_where_nobody_can_be_asked_the_values_that_lack_are_told_in_one_line(at: Parley, option: list[str]):
    assert fails_in_one_line(at(None, "deploy", *option)) == MISSING


def test_the_option_for_no_questions_holds_at_a_terminal_too(at: Parley):
    assert fails_in_one_line(at(Terminal(*TYPED), "deploy", "--yes")) == MISSING


def test_only_what_nobody_gave_is_told(at: Parley):
    line = fails_in_one_line(at(None, "deploy", **{**VARIABLES, "OPENAI_API_KEY": ""}))
    assert line.startswith("Error: missing: openai-key (OPENAI_API_KEY). Set")


def test_the_values_are_asked_for_one_after_the_other_and_never_shown(at: Parley, ssm: Any):
    result = at(Terminal(*TYPED, "n"), "deploy")
    asked = [line for line in result.stdout.splitlines() if "(not shown)" in line]
    assert asked == [f"{label} (not shown): " for label in LABELS]
    assert not any(value in result.output for value in TYPED)
    assert "Where each value is on Facebook: docs/messenger-setup.md" in result.stdout


def test_a_value_that_cannot_be_meant_is_asked_for_again_and_not_shown_either(at: Parley, ssm: Any):
    wrong = "A secret that was typed wrongly"
    result = at(Terminal(APP_ID, wrong, *TYPED[1:], "n"), "deploy")
    assert result.stdout.count("App secret (not shown): ") == 2
    assert "that is no App secret: it must be 32 digits and letters a to f" in result.stderr
    assert not any(value in result.output for value in (wrong, *TYPED))


def test_the_plan_comes_before_the_question_and_fits_80_columns(at: Parley):
    result = at(Terminal("n"), "deploy", **VARIABLES)
    head, *plan, question = [line for line in result.stdout.splitlines() if line]
    assert head == f"Parley, stage dev, in {REGION} (account 123456789012):"
    steps = [line.split()[1] for line in plan if line.lstrip()[0].isdigit()]
    assert steps == ["secrets", "data", "zip", "code", "worker", "webhook", "page", "profile", "doctor"]
    assert question == "Continue? [y/N]: n"
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert not any(value in result.output for value in TYPED)


@pytest.mark.parametrize("answer", [["n"], [""], []], ids=["no", "nothing", "the end"])
def test_without_a_yes_nothing_is_deployed(at: Parley, ssm: Any, answer: list[str]):
    noted = REGION_NOTE.exists()
    result = at(Terminal(*answer), "deploy", **VARIABLES)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] in {"Error: nothing was changed", "Aborted!"}
    assert (stored(ssm), REGION_NOTE.exists()) == ([], noted)


def test_leaving_at_a_question_changes_nothing(at: Parley, ssm: Any):
    result = at(Terminal(APP_ID), "deploy")
    assert (result.exit_code, stored(ssm)) == (1, [])
    assert result.stderr.endswith("Aborted!\n")


@pytest.mark.parametrize(
    ("answers", "labels", "functions"),
    [
        (["web"], LABELS[3:], "6 functions, a REST API and a WebSocket API"),
        (["messenger"], LABELS, "3 functions and a REST API"),
        (["both"], LABELS, "6 functions, a REST API and a WebSocket API"),
        (["facebook", "web"], LABELS[3:], "6 functions"),
    ],
    ids=str,
)
def test_a_first_deployment_asks_which_channels_there_shall_be_and_then_only_what_they_need(
    at: Parley, ssm: Any, answers: list[str], labels: list[str], functions: str
):
    before = CONFIG.read_text()
    values = [value for value, label in zip(TYPED, LABELS, strict=True) if label in labels]
    result = at(Terminal(*answers, *values, "n"), "deploy", PARLEY_CHANNELS=None)
    assert result.stdout.startswith(f"Messenger, web, or both?: {answers[0]}\n")
    assert [line for line in result.stdout.splitlines() if "(not shown)" in line] == [
        f"{label} (not shown): " for label in labels
    ]
    assert functions in result.stdout
    assert ("Facebook" in result.stdout) == (labels == LABELS)
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert (stored(ssm), CONFIG.read_text()) == ([], before)


@pytest.mark.parametrize("where", ["option", "variable"])
def test_who_has_chosen_the_channels_is_not_asked(at: Parley, where: str):
    options, variable = (["--channels", "web"], None) if where == "option" else ([], "web")
    result = at(Terminal("n"), "deploy", *options, PARLEY_CHANNELS=variable, OPENAI_API_KEY=KEY)
    head, *plan, question = [line for line in result.stdout.splitlines() if line]
    assert head.startswith("Parley, stage dev, in ")
    steps = [line.split()[1] for line in plan if line.lstrip()[0].isdigit()]
    assert steps == ["secrets", "data", "zip", "code", "worker", "doctor"]
    assert question == "Continue? [y/N]: n"


def test_the_web_chat_alone_lacks_only_the_models_key_where_nobody_can_be_asked(at: Parley):
    line = fails_in_one_line(at(None, "deploy", "--channels", "web"))
    assert line.startswith("Error: missing: openai-key (OPENAI_API_KEY). Set the variables")
    line = fails_in_one_line(at(None, "deploy", PARLEY_CHANNELS="pigeons"))
    assert 'PARLEY_CHANNELS is "pigeons"; it must be messenger, web or messenger,web' in line


def test_a_file_is_meant_from_where_the_command_was_called(at: Parley, tmp_path: Path):
    (tmp_path / "secrets.toml").write_text(f'page-token = "{PAGE_TOKEN}"\n')
    result = at(None, "deploy", "--secrets", "secrets.toml", PARLEY_CALLED_FROM=str(tmp_path))
    line = fails_in_one_line(result)
    assert line.startswith("Error: missing: app-id")
    assert "page-token" not in line


def test_a_file_that_cannot_be_meant_is_one_line_without_its_words(at: Parley, tmp_path: Path):
    file = tmp_path / "secrets.toml"
    for text in (f'page-tokn = "{PAGE_TOKEN}"', f"page-token = {PAGE_TOKEN}", f'page-token = "{APP_ID} {APP_SECRET}"'):
        file.write_text(text)
        line = fails_in_one_line(at(None, "deploy", "--secrets", str(file)))
        assert not any(value in line for value in TYPED)


@pytest.mark.parametrize("command", ["deploy", "destroy"])
@pytest.mark.parametrize(
    ("region", "line"),
    [
        ("", "no AWS region is set: set AWS_REGION, for example to eu-central-1"),
        ("eu-nowhere-1", "there is no AWS region eu-nowhere-1: set AWS_REGION, for example to eu-central-1"),
    ],
)
def test_a_region_that_is_none_is_one_line(at: Parley, command: str, region: str, line: str):
    assert fails_in_one_line(at(None, command, AWS_REGION=region)) == f"Error: {line}\n"


# -- destroy ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["prod", "DEV", "yes", "y", "dev dev"])
def test_typing_another_name_deletes_nothing(at: Parley, ssm: Any, typed: str):
    ssm.put_parameter(Name="/parley/dev/page-token", Value="kept", Type="SecureString")
    result = at(Terminal(typed), "destroy")
    assert (result.exit_code, result.stderr) == (1, "Error: nothing was deleted\n")
    assert stored(ssm) == ["/parley/dev/page-token"]


def test_typing_no_name_deletes_nothing(at: Parley, ssm: Any):
    ssm.put_parameter(Name="/parley/dev/page-token", Value="kept", Type="SecureString")
    result = at(None, "destroy")
    assert (result.exit_code, stored(ssm)) == (2, ["/parley/dev/page-token"])
    assert result.stderr.endswith("Error: nothing was deleted, as there is no terminal to ask in: add --yes\n")


def test_a_script_that_cannot_answer_deploys_nothing(at: Parley, ssm: Any):
    result = at(None, "deploy", **VARIABLES)
    assert (result.exit_code, stored(ssm)) == (2, [])
    assert result.stderr.endswith("Error: nothing was changed, as there is no terminal to ask in: add --yes\n")


def test_the_resources_to_delete_are_listed_before_the_question(at: Parley):
    result = at(Terminal("no"), "destroy")
    head, *plan, question = [line for line in result.stdout.splitlines() if line]
    assert head == f"Delete Parley, stage dev, in {REGION} (account 123456789012):"
    assert [line.split()[1] for line in plan] == ["facebook", "code", "data", "table", "secrets"]
    assert question == "This cannot be undone. Type dev to continue: no"
    assert max(map(len, result.stdout.splitlines())) <= 80
