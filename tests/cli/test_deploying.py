"""Tests `deploy` and `destroy` before they change anything: their questions, hidden values, and how to abort."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result

from scripts.cli.commands import parley
from scripts.stage.environment import ROOT
from scripts.stage.hints import PROGRAM
from tests.cli.conftest import ENVIRONMENT
from tests.cli.test_commands import answering
from tests.cli.test_stages import replaced

REGION_NOTE = ROOT / ".parley" / "region-dev"
REGION = REGION_NOTE.read_text().strip() if REGION_NOTE.exists() else "eu-central-1"
"""The region to which this machine has deployed stage dev, if any: the commands refuse another one."""
ACCOUNT_NOTE = ROOT / ".parley" / "account-dev"
ACCOUNT = ACCOUNT_NOTE.read_text().strip() if ACCOUNT_NOTE.exists() else "123456789012"
"""The same for the account."""
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
THE_USUAL_MODEL = ["", ""]
"""Enter, when asked for the provider and for the model."""
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


@pytest.fixture(scope="module")
def cloudformation() -> Iterator[str]:
    with answering(400, NO_STACK) as url:
        yield url


@pytest.fixture
def at(client: object, cloudformation: str) -> Parley:
    """The command line, with or without a terminal, in an account without a stack."""

    def run(typing: Terminal | None, *arguments: str, **environment: str | None) -> Result:
        env: dict[str, str | None] = {**ENVIRONMENT, **dict.fromkeys(VARIABLES), "AWS_REGION": REGION}
        env |= {"NO_PROXY": "127.0.0.1", "PARLEY_CHANNELS": "messenger,web", "MOTO_ACCOUNT_ID": ACCOUNT}
        env |= {"AWS_ENDPOINT_URL_CLOUDFORMATION": cloudformation, **environment}
        return CliRunner().invoke(parley, arguments, input=typing, env=env, prog_name=PROGRAM)

    return run


@pytest.fixture
def ssm(client: object) -> Iterator[Any]:
    """The store of secrets, emptied after each test."""
    ssm = boto3.client("ssm", REGION)
    yield ssm
    for name in stored(ssm):
        ssm.delete_parameter(Name=name)


def stored(ssm: Any) -> list[str]:
    return sorted(one["Name"] for one in ssm.describe_parameters()["Parameters"])


def shown_after_the_questions(result: Result) -> list[str]:
    lines = [line for line in result.stdout.splitlines() if line]
    return lines[next(number for number, line in enumerate(lines) if line.startswith("Parley, stage")) :]


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
    result = at(Terminal(*THE_USUAL_MODEL, *TYPED, "n"), "deploy")
    asked = [line for line in result.stdout.splitlines() if "(not shown)" in line]
    assert asked == [f"{label} (not shown): " for label in LABELS]
    assert not any(value in result.output for value in TYPED)
    assert "Where each value is on Facebook: docs/messenger-setup.md" in result.stdout


def test_a_value_that_cannot_be_meant_is_asked_for_again_and_not_shown_either(at: Parley, ssm: Any):
    wrong = "A secret that was typed wrongly"
    result = at(Terminal(*THE_USUAL_MODEL, APP_ID, wrong, *TYPED[1:], "n"), "deploy")
    assert result.stdout.count("App secret (not shown): ") == 2
    assert "that is no App secret: it must be 32 digits and letters a to f" in result.stderr
    assert not any(value in result.output for value in (wrong, *TYPED))


def test_the_plan_comes_before_the_question_and_fits_80_columns(at: Parley):
    result = at(Terminal(*THE_USUAL_MODEL, "n"), "deploy", **VARIABLES)
    head, *plan, question = shown_after_the_questions(result)
    assert head == f"Parley, stage dev, in {REGION} (account {ACCOUNT}):"
    steps = [line.split()[1] for line in plan if line.lstrip()[0].isdigit()]
    assert steps == ["secrets", "data", "zip", "code", "worker", "webhook", "page", "profile", "doctor"]
    assert question == "Continue? [y/N]: n"
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert not any(value in result.output for value in TYPED)


@pytest.mark.parametrize("answer", [["n"], [""], []], ids=["no", "nothing", "the end"])
def test_without_a_yes_nothing_is_deployed(at: Parley, ssm: Any, answer: list[str]):
    noted = REGION_NOTE.exists()
    result = at(Terminal(*THE_USUAL_MODEL, *answer), "deploy", **VARIABLES)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] in {"Error: nothing was changed", "Aborted!"}
    assert (stored(ssm), REGION_NOTE.exists()) == ([], noted)


def test_leaving_at_a_question_changes_nothing(at: Parley, ssm: Any):
    result = at(Terminal(*THE_USUAL_MODEL, APP_ID), "deploy")
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
    result = at(Terminal(*answers, *THE_USUAL_MODEL, *values, "n"), "deploy", PARLEY_CHANNELS=None)
    assert result.stdout.startswith(f"Messenger, web, or both?: {answers[0]}\n")
    assert [line for line in result.stdout.splitlines() if "(not shown)" in line] == [
        f"{label} (not shown): " for label in labels
    ]
    assert functions in result.stdout
    assert ("Facebook" in result.stdout) == (labels == LABELS)
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert (stored(ssm), CONFIG.read_text()) == ([], before)


def test_a_first_deployment_in_a_terminal_offers_provider_and_model_and_those_of_the_shell_first(at: Parley):
    result = at(Terminal("", "", "n"), "deploy", "--channels", "web", OPENAI_API_KEY=KEY)
    assert result.stdout.startswith("Who runs the model: openai, openai-eu (OpenAI's servers in Europe, a tenth\n")
    assert "\nProvider [openai]: \nModel [gpt-6-luna]: \n" in result.stdout
    local = {"OPENAI_BASE_URL": "http://127.0.0.1:8080/v1", "PARLEY_MODEL": "llama3.2"}
    result = at(Terminal("openai-eu", "", "n"), "deploy", "--channels", "web", OPENAI_API_KEY=KEY, **local)
    assert "\nModel [llama3.2]: \n" in result.stdout
    assert fails_in_one_line(at(None, "deploy", "--channels", "web", **local)).startswith("Error: missing: openai-key")


def test_a_first_deployment_with_bedrock_asks_for_no_key(at: Parley):
    result = at(Terminal("bedrock", "", "", "n"), "deploy", "--channels", "web")
    assert "\nBedrock's region [" in result.stdout
    assert "\nModel or profile [eu.amazon.nova-lite-v1:0]: \n" in result.stdout
    assert "(not shown)" not in result.stdout
    assert "Continue?" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


@pytest.mark.skipif(REGION_NOTE.exists(), reason="this machine has deployed the stage")
def test_a_region_that_nobody_has_chosen_is_offered_before_anything_else(at: Parley):
    for typed, region in {"us-west-2": "us-west-2", "": "eu-central-1"}.items():
        answers = [typed, *THE_USUAL_MODEL, "n"]
        result = at(Terminal(*answers), "deploy", "--channels", "web", AWS_REGION=None, OPENAI_API_KEY=KEY)
        assert result.stdout.startswith(f"AWS region [eu-central-1]: {typed}\n")
        assert f"Parley, stage dev, in {region} (account {ACCOUNT}):" in result.stdout
        assert max(map(len, result.stdout.splitlines())) <= 80


@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_another_account_than_the_stages_is_refused_with_the_cure(at: Parley, command: str):
    ACCOUNT_NOTE.parent.mkdir(exist_ok=True)
    with replaced(ACCOUNT_NOTE, "111122223333"):
        line = fails_in_one_line(at(None, command, "--yes"))
    assert line == (
        f"Error: stage dev runs in the account 111122223333, but these credentials are of {ACCOUNT}: choose others "
        "with --profile, or first run scripts/parley destroy --stage dev with those of 111122223333\n"
    )


@pytest.mark.parametrize("where", ["option", "variable"])
def test_who_has_chosen_the_channels_is_not_asked(at: Parley, where: str):
    options, variable = (["--channels", "web"], None) if where == "option" else ([], "web")
    result = at(Terminal(*THE_USUAL_MODEL, "n"), "deploy", *options, PARLEY_CHANNELS=variable, OPENAI_API_KEY=KEY)
    head, *plan, question = shown_after_the_questions(result)
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
        ("", "no AWS region is set: add --region, such as --region eu-central-1"),
        ("eu-nowhere-1", "there is no AWS region eu-nowhere-1: add --region, such as --region eu-central-1"),
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
    assert head == f"Delete Parley, stage dev, in {REGION} (account {ACCOUNT}):"
    assert [line.split()[1] for line in plan] == ["facebook", "code", "data", "table", "secrets"]
    assert question == "This cannot be undone. Type dev to continue: no"
    assert max(map(len, result.stdout.splitlines())) <= 80
