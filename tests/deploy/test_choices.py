"""Which questions a first deployment asks, and what it writes to the project's configuration."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from scripts.cli import choices
from scripts.deploy.deployment import Deployment
from scripts.stage.config_file import NAME, load
from scripts.stage.environment import ROOT
from tests.cli.test_deploying import Terminal
from tests.deploy.cloudformation import CloudFormation
from tests.deploy.conftest import Account

OPENAI = "https://api.openai.com/v1"
EUROPE = "https://eu.api.openai.com/v1"


@pytest.fixture
def deployment(account: Account, tmp_path: Path) -> Deployment:
    """A stage that is not deployed, in a project with the configuration as it is shipped."""
    account.fakes["cloudformation"] = CloudFormation("parley-dev")
    (tmp_path / NAME).parent.mkdir()
    (tmp_path / NAME).write_text((ROOT / NAME).read_text())
    return Deployment(account.environment(), tmp_path)


def own(deployment: Deployment) -> dict[str, Any]:
    """The stage's part of the configuration."""
    part: dict[str, Any] = json.loads((deployment.project / NAME).read_text())["stages"][deployment.stage]
    return part


def asking(call: Callable[[], object], terminal: Terminal | None, **shell: str | None) -> Result:
    """Make a call that may ask, at a terminal or without one."""
    command = click.Command("asking", callback=lambda: call() and None)
    return CliRunner().invoke(command, [], input=terminal, env={"AWS_REGION": None, **shell})


def chosen(deployment: Deployment, *typed: str, ask: bool = True) -> Mapping[str, str]:
    found: list[Mapping[str, str]] = []
    result = asking(lambda: found.append(choices.model(deployment, ask=ask)), Terminal(*typed))
    assert result.exit_code == 0, result.output
    assert max(map(len, result.stdout.splitlines()), default=0) <= 80
    return found[0]


def region(deployment: Deployment, terminal: Terminal | None, **shell: str) -> str:
    found: list[str] = []
    result = asking(lambda: found.append(choices.region(deployment, ask=True)), terminal, **shell)
    assert result.exit_code == 0, result.output
    return found[0]


@pytest.mark.parametrize(
    ("typed", "server", "model"),
    [
        (["", ""], OPENAI, "gpt-6-luna"),
        (["openai-eu", "gpt-6-sol"], EUROPE, "gpt-6-sol"),
        (["http://10.0.0.5:11434/v1", "", "llama3.2"], "http://10.0.0.5:11434/v1", "llama3.2"),
        (["opnai", "openai", "a model", "gpt-6-luna"], OPENAI, "gpt-6-luna"),
    ],
    ids=str,
)
def test_provider_and_model_are_offered_and_an_answer_that_cannot_be_meant_is_asked_again(
    deployment: Deployment, typed: list[str], server: str, model: str
):
    assert chosen(deployment, *typed) == {"OPENAI_BASE_URL": server, "PARLEY_MODEL": model}


@pytest.mark.parametrize(
    ("typed", "answers"),
    [
        (["bedrock", "", ""], {"PARLEY_MODEL": "bedrock:eu.amazon.nova-lite-v1:0"}),
        (
            ["bedrock", "us-east-1", "us.anthropic.claude-haiku-5-5"],
            {"PARLEY_MODEL": "bedrock:us.anthropic.claude-haiku-5-5", "PARLEY_BEDROCK_REGION": "us-east-1"},
        ),
        (
            ["bedrock", "ca-central-1", ""],
            {"PARLEY_MODEL": "bedrock:global.amazon.nova-2-lite-v1:0", "PARLEY_BEDROCK_REGION": "ca-central-1"},
        ),
        (
            ["bedrock", "Ohio", "us-east-2", "nova", "bedrock:us.amazon.nova-pro-v1:0"],
            {"PARLEY_MODEL": "bedrock:us.amazon.nova-pro-v1:0", "PARLEY_BEDROCK_REGION": "us-east-2"},
        ),
    ],
    ids=str,
)
def test_bedrock_is_offered_with_its_region_and_a_model_that_the_region_has(
    deployment: Deployment, typed: list[str], answers: dict[str, str]
):
    assert chosen(deployment, *typed) == answers
    assert choices.settings_with(deployment, answers).model.bedrock
    choices.keep(deployment, answers, "")
    assert chosen(deployment) == {}


def test_the_answers_are_written_to_the_stages_part_of_the_configuration_and_nothing_else_changes(
    deployment: Deployment,
):
    before = json.loads((deployment.project / NAME).read_text())
    choices.keep(deployment, {"OPENAI_BASE_URL": EUROPE, "PARLEY_MODEL": "gpt-6-sol"}, "us-west-2")
    assert own(deployment) == {
        "api_gateway_stage": "dev",
        "environment_variables": {"PARLEY_STAGE": "dev", "OPENAI_BASE_URL": EUROPE, "PARLEY_MODEL": "gpt-6-sol"},
        "aws_region": "us-west-2",
    }
    after = json.loads((deployment.project / NAME).read_text())
    assert {**after, "stages": {**after["stages"], "dev": before["stages"]["dev"]}} == before
    config = load(deployment.project)
    assert (config.region("dev"), config.region("prod")) == ("us-west-2", "")
    assert config.variables("dev", {}).settings().model.is_regional


def test_what_the_configuration_has_is_neither_asked_nor_written_again(deployment: Deployment):
    choices.keep(deployment, {"OPENAI_BASE_URL": EUROPE}, "")
    assert chosen(deployment, "gpt-6-sol") == {"PARLEY_MODEL": "gpt-6-sol"}
    choices.keep(deployment, {"PARLEY_MODEL": "gpt-6-sol"}, "us-west-2")
    assert chosen(deployment) == {}
    text = (deployment.project / NAME).read_text()
    choices.keep(deployment, {"PARLEY_MODEL": "gpt-6-sol"}, "us-west-2")
    choices.keep(deployment, {}, "")
    assert (deployment.project / NAME).read_text() == text


def test_a_stage_that_is_deployed_or_an_owner_who_wants_no_questions_is_not_asked(
    account: Account, deployment: Deployment
):
    assert chosen(deployment, ask=False) == {}
    account.fakes["cloudformation"] = CloudFormation("parley-dev", "CREATE_COMPLETE")
    assert chosen(Deployment(account.environment(), deployment.project)) == {}


def test_a_region_is_offered_unless_it_was_chosen_or_nobody_can_be_asked(deployment: Deployment):
    assert region(deployment, Terminal("")) == "eu-central-1"
    assert region(deployment, Terminal("europe", "us-west-2")) == "us-west-2"
    assert region(deployment, None) == ""
    assert region(deployment, Terminal(), AWS_REGION="us-west-2") == ""
    deployment.region_note.parent.mkdir()
    deployment.region_note.write_text("us-west-2")
    assert region(deployment, Terminal()) == ""
    deployment.region_note.unlink()
    choices.keep(deployment, {}, "us-west-2")
    assert region(deployment, Terminal()) == ""
