"""Tests `--profile` and `--region`: they win over the shell's variables, for the command and for what it starts."""

import os
import subprocess
import sys
from pathlib import Path

import botocore.session
import click
import pytest
from click.testing import CliRunner

from scripts.cli.commands import parley
from scripts.cli.options import at_stage
from scripts.stage import hints
from scripts.stage.environment import Environment
from tests.cli.test_commands import CLEAN
from tests.cli.test_help import commands, named

OF_THE_SHELL = {
    "AWS_ACCESS_KEY_ID": "AKIASHELL",
    "AWS_SECRET_ACCESS_KEY": "of-the-shell",
    "AWS_SESSION_TOKEN": "of-the-shell",
}
WITHOUT_AWS = {"demo", "practise"}
"""Commands that act on no stage."""
CHILD = "import botocore.session as s; c = s.Session().get_credentials(); print(c.access_key, c.token)"


@pytest.fixture
def aws(tmp_path: Path) -> dict[str, str]:
    """A machine with two profiles, of which one has a region."""
    (tmp_path / "credentials").write_text(
        "[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = x\n"
        "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = x\n"
    )
    (tmp_path / "config").write_text("[profile work]\nregion = us-west-2\n")
    return {
        **CLEAN,
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }


@click.command()
@at_stage
def starting(environment: Environment) -> None:
    """Print who acts in a process that is started."""
    child = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=True)
    click.echo(child.stdout.strip())


@click.command()
@at_stage
def acting(environment: Environment) -> None:
    """Print who acts where, and who acts with the variables that a started process inherits."""
    credentials = environment.aws.session.get_credentials()
    inherited = botocore.session.Session().get_credentials()
    assert inherited
    click.echo(f"{credentials and credentials.access_key} {environment.aws.region}")
    click.echo(f"{inherited.access_key} {inherited.token}")
    click.echo(hints.command("people list", "dev"))


def acts(aws: dict[str, str], *options: str, **variables: str) -> list[str]:
    """Return who acts where, who a started process is, and the command of a hint."""
    return prints(acting, aws, *options, **variables)


def prints(command: click.Command, aws: dict[str, str], *options: str, **variables: str) -> list[str]:
    env = {**dict.fromkeys(os.environ), **aws, **variables}
    result = CliRunner().invoke(command, options, env=env)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_every_command_that_speaks_to_aws_takes_a_profile_and_a_region(words: tuple[str, ...]):
    command = named(words)
    if isinstance(command, click.Group) or words[-1] in WITHOUT_AWS:
        return
    assert {"profile", "region", "stage"} <= {option.name for option in command.params}


def test_a_profile_wins_over_the_keys_of_the_shell_here_and_in_the_processes_that_are_started(aws: dict[str, str]):
    assert acts(aws, **OF_THE_SHELL)[:2] == ["AKIASHELL eu-central-1", "AKIASHELL of-the-shell"]
    assert acts(aws, "--profile", "work", **OF_THE_SHELL)[:2] == ["AKIAWORK eu-central-1", "AKIAWORK None"]
    assert prints(starting, aws, "--profile", "work", **OF_THE_SHELL) == ["AKIAWORK None"]


@pytest.mark.parametrize(
    "variables",
    [
        {"AWS_DEFAULT_PROFILE": "default"},
        {"AWS_PROFILE": "default"},
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent", "AWS_ROLE_ARN": "arn:aws:iam::1:role/x"},
    ],
    ids=lambda variables: next(iter(variables)),
)
def test_a_profile_wins_over_every_other_choice_of_the_shell(aws: dict[str, str], variables: dict[str, str]):
    assert acts(aws, "--profile", "work", **variables)[:2] == ["AKIAWORK eu-central-1", "AKIAWORK None"]


def test_a_region_wins_over_that_of_the_shell_and_without_both_the_profiles_counts(aws: dict[str, str]):
    assert acts(aws, "--region", "eu-west-1")[0] == "AKIADEFAULT eu-west-1"
    assert acts(aws, "--profile", "work", AWS_REGION="")[0] == "AKIAWORK us-west-2"


def test_a_hint_names_the_same_profile_and_region_so_that_it_can_be_pasted(aws: dict[str, str]):
    assert acts(aws)[2] == "scripts/parley people list --stage dev"
    assert acts(aws, "--profile", "work", "--region", "us-west-2")[2] == (
        "scripts/parley people list --stage dev --profile work --region us-west-2"
    )


def test_the_shells_variables_are_as_before_once_the_command_has_ended(
    aws: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    for name, value in {**aws, **OF_THE_SHELL}.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    assert CliRunner().invoke(acting, ["--profile", "work", "--region", "eu-west-1"]).exit_code == 0
    assert dict(os.environ) == before


def test_a_profile_that_is_none_is_one_line(aws: dict[str, str]):
    env = {**dict.fromkeys(os.environ), **aws, **OF_THE_SHELL}
    result = CliRunner().invoke(parley, ["people", "list", "--profile", "wrok"], env=env)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == ("Error: The config profile (wrok) could not be found: check --profile and ~/.aws/config\n")
