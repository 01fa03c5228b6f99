"""Tests which stages are valid: the names of their resources must differ from those of all other stages."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chalicelib.content import persona
from scripts.simulator.aws import free_port
from scripts.stage.config_file import NAME
from scripts.stage.environment import ROOT
from tests.cli.forks import Forks, forks
from tests.cli.test_commands import CLEAN

EACH_COMMAND = """
import json, sys
from click.testing import CliRunner
from scripts.cli.commands import parley
results = {words: CliRunner().invoke(parley, words.split()) for words in sys.argv[1:]}
print(json.dumps({words: [result.exit_code, result.output] for words, result in results.items()}))
"""
"""Runs several commands in one process, and prints the exit code and the output of each."""
NO_CREDENTIALS = "Error: there are no AWS credentials: add --profile, or run `aws configure`\n"


@dataclass(frozen=True)
class Project:
    """A copy of the command line with its own configuration."""

    folder: Path
    forks: Forks

    def configure(self, change: Callable[[Any], None]) -> None:
        """Change what `chalice deploy` and the command line read."""
        config = json.loads((ROOT / ".chalice" / "config.json").read_text())
        change(config)
        (self.folder / ".chalice" / "config.json").write_text(json.dumps(config))

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the copy."""
        return self.forks.run(arguments, {**CLEAN, **more})

    def deploy(self, stage: str) -> str:
        """Run a deployment without credentials; return its error."""
        result = self.run("-m", "scripts.cli", "deploy", "--yes", "--stage", stage)
        assert (result.stdout, result.returncode) == ("", 1)
        return result.stderr


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("project")
    for name in ("chalicelib", "scripts"):
        shutil.copytree(ROOT / name, folder / name)  # with the bytecode
    (folder / ".chalice").mkdir()
    with forks(folder, CLEAN, "scripts.cli.commands") as processes:
        yield Project(folder, processes)


@pytest.fixture(scope="module")
def unread(project: Project) -> Iterator[Project]:
    """The same, in processes that have not read its files yet."""
    with forks(project.folder, CLEAN) as processes:
        yield Project(project.folder, processes)


def stage_of(name: str, **changed: Any) -> Callable[[Any], None]:
    """Return a change that adds a valid stage with these values changed."""

    def change(config: Any) -> None:
        config["stages"][name] = {
            "api_gateway_stage": name,
            "environment_variables": {"PARLEY_STAGE": name},
            **changed,
        }

    return change


@contextmanager
def replaced(file: Path, text: str) -> Iterator[None]:
    """The file with another text, or a new file, for a while."""
    before = file.read_text() if file.exists() else None
    file.write_text(text)
    try:
        yield
    finally:
        if before is None:
            file.unlink()
        else:
            file.write_text(before)


def the_template_takes(name: str) -> bool:
    [pattern] = re.findall(
        r'Stage:\n +Type: String\n +AllowedPattern: "(.+)"', (ROOT / ".chalice/resources.yaml").read_text()
    )
    return bool(re.fullmatch(pattern, name))


@pytest.mark.parametrize("name", ["test", "prod2", "a", "abcdefghijklmnop"])
def test_a_stage_of_ones_own_may_be_deployed(project: Project, name: str):
    assert the_template_takes(name)
    project.configure(stage_of(name))
    assert project.deploy(name) == NO_CREDENTIALS


@pytest.mark.parametrize("name", ["prod-x", "prod_x", "Prod", "2nd", "prod\n", "prüf", "abcdefghijklmnopq"])
def test_a_name_that_could_be_taken_for_another_stages_is_refused_in_words(project: Project, name: str):
    assert not the_template_takes(name)
    project.configure(stage_of(name))
    refused = project.deploy(name)
    shown = json.dumps(name, ensure_ascii=False)
    assert refused.startswith(f"Error: {NAME}, line 1: the stage {shown} cannot be deployed: ")
    assert refused.endswith("its name must be 1 to 16 lower-case letters and digits, the first a letter\n")
    assert refused.count("\n") == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"api_gateway_stage": "api"},
        {"api_gateway_stage": 5},
        {"environment_variables": {"PARLEY_STAGE": "prod"}},
        {"environment_variables": {}},
    ],
    ids=str,
)
def test_a_stage_whose_functions_would_think_they_were_another_is_refused(project: Project, changed: dict[str, Any]):
    project.configure(stage_of("test", **changed))
    line = 'line 1: "test" must be this stage\'s api_gateway_stage and its PARLEY_STAGE'
    assert project.deploy("test") == f"Error: {NAME}, {line}\n"


@pytest.mark.parametrize("setting", ["PARLEY_MESSENGER_PERSONA", "PARLEY_WEB_PERSONA"])
def test_a_persona_that_there_is_not_is_refused_before_anything_is_done(project: Project, setting: str):
    project.configure(stage_of("test", environment_variables={"PARLEY_STAGE": "test", setting: "nobody"}))
    assert project.deploy("test") == (
        f'Error: {NAME}, line 1: {setting} is "nobody"; it must be one of {", ".join(persona.names())}\n'
    )


def test_offered_personas_that_there_are_not_are_refused_too(project: Project):
    offered = {"PARLEY_STAGE": "test", "PARLEY_PERSONAS_OFFERED": "assistant,baker"}
    project.configure(stage_of("test", environment_variables=offered))
    assert project.deploy("test") == (
        f'Error: {NAME}, line 1: PARLEY_PERSONAS_OFFERED has "baker"; '
        f"each name must be one of {', '.join(persona.names())}\n"
    )


COMMANDS = (
    "people list",
    "people deletions",
    "keys list",
    "logs",
    "replay --list",
    "cost",
    "doctor",
    "deploy --yes",
    "destroy --yes",
)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"10"', "10", 'line 9: PARLEY_DAILY_LIMIT must be a text in double quotes: "10"'),
        ('"UTC"', '"Mars"', 'line 8: PARLEY_TIMEZONE is "Mars"; it must be an IANA zone such as Europe/Berlin'),
        ('"assistant"\n', '"assistant",\n', "line 12: there is a comma too many before the }: remove it"),
        ("PARLEY_TIMEZONE", "PARLEY_ZONE", "line 8: PARLEY_ZONE is not a setting; did you mean PARLEY_TIMEZONE?"),
    ],
)
def test_every_command_and_the_demo_refuse_a_wrong_configuration_in_one_line(
    project: Project, old: str, new: str, line: str
):
    text = (ROOT / NAME).read_text()
    assert old in text
    (project.folder / NAME).write_text(text.replace(old, new, 1))
    told = json.loads(project.run("-c", EACH_COMMAND, *COMMANDS).stdout)
    assert told == {command: [1, f"Error: {NAME}, {line}\n"] for command in COMMANDS}
    demo = project.run("-m", "scripts.simulator", "--headless", "--port", str(free_port()))
    assert (demo.returncode, demo.stdout, demo.stderr) == (1, "", f"Error: {NAME}, {line}\n")


def test_a_misspelt_variable_of_the_shell_is_refused_by_commands_and_by_the_demo(project: Project):
    project.configure(lambda _: None)
    line = "Error: the variable PARLEY_DALY_LIMIT is not a setting; did you mean PARLEY_DAILY_LIMIT?\n"
    for module in (("scripts.cli", "people", "list"), ("scripts.simulator", "--headless", "--port", str(free_port()))):
        result = project.run("-m", *module, PARLEY_DALY_LIMIT="3")
        assert (result.returncode, result.stdout, result.stderr) == (1, "", line)


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("content/personas/baker.toml", 'name = "Baker"\ntemprature = 1\n', 'line 2: unknown key "temprature"'),
        ("content/personas/baker.toml", 'name = "Baker\n', "line 1: a text is not closed"),
        ("content/locales/en.toml", 'cancelled = "Stopped.\n', "line 1: a text is not closed"),
        ("content/locales/en.toml", "\ncancelled = 5\n", "line 2: cancelled must be text"),
        ("content/locales/en.toml", 'cancelled = "{"\n', "line 1: cancelled has a brace that belongs to no blank"),
        ("content/locales/de.toml", 'cancelled = "{"\n', "line 1: cancelled has a brace that belongs to no blank"),
        ("content/locales/de.toml", 'days = { one = "a day" }\n', "line 1: days must be text, or a table with"),
        ("content/locales/de.toml", 'days = { other = "}" }\n', "line 1: days has a brace that belongs to no blank"),
        ("llm/prices.toml", '[usd]\n"m" = { input = 1, output = 2 }\n', "line 2: m has no price for cached"),
    ],
)
def test_a_persona_price_or_sentence_that_cannot_be_read_is_refused_with_file_line_and_reason(
    unread: Project, path: str, text: str, line: str
):
    unread.configure(stage_of("test"))
    with replaced(unread.folder / "chalicelib" / path, text):
        refused = unread.deploy("test")
    assert refused.startswith(f"Error: {path}")
    assert line in refused
    assert refused.count("\n") == 1


def test_the_demo_is_refused_whether_or_not_one_is_running(project: Project):
    project.configure(lambda _: None)
    for command, line in {
        "deploy": "the demo cannot be deployed: choose --stage dev or --stage prod",
        "destroy": "the demo stores nothing in AWS: Ctrl+C ends it",
        "doctor": "doctor is not available for the demo; restart the demo instead",
    }.items():
        result = project.run("-m", "scripts.cli", command, "--stage", "demo")
        assert (result.returncode, result.stdout, result.stderr) == (2, "", f"Error: {line}\n")


def test_a_stage_may_have_functions_of_another_size(project: Project):
    own = {"worker": {"lambda_memory_size": 2048}}
    project.configure(stage_of("big", lambda_functions=own))
    code = "import json; from scripts.stage.environment import functions; print(json.dumps(functions({!r})))"
    sizes = {}
    for stage in ("big", "prod"):
        found = json.loads(project.run("-c", code.format(stage)).stdout)
        sizes[stage] = {name: (one["lambda_memory_size"], one["lambda_timeout"]) for name, one in found.items()}
    assert sizes["big"] == {**sizes["prod"], "worker": (2048, 300)}
    assert sizes["prod"]["worker"] == (512, 300)


@pytest.mark.parametrize(
    ("seconds", "timeout", "error"),
    [
        ("240", 300, "leaves 210 for an answer; set lambda_timeout to 343, or PARLEY_ANSWER_SECONDS to 210"),
        ("80", 100, "leaves 70 for an answer; set lambda_timeout to 115, or PARLEY_ANSWER_SECONDS to 70"),
        ("210", 300, ""),
        ("240", 343, ""),
        (None, 60, ""),
    ],
)
def test_answers_may_not_take_longer_than_the_worker_may_run(
    project: Project, seconds: str | None, timeout: int, error: str
):
    variables = {"PARLEY_STAGE": "test", **({"PARLEY_ANSWER_SECONDS": seconds} if seconds else {})}
    timeouts = {"worker": {"lambda_timeout": timeout}}
    project.configure(stage_of("test", environment_variables=variables, lambda_functions=timeouts))
    refused = project.deploy("test")
    assert refused.endswith(f"{error}\n")
    assert (refused == NO_CREDENTIALS) is not bool(error)
    assert not error or refused.startswith("Error: .chalice/config.json, line ")


@pytest.mark.parametrize(
    ("options", "shell", "region"),
    [
        (None, "eu-west-3", "eu-west-3"),
        ("us-west-2", "eu-west-3", "us-west-2"),
        ("us-west-2", "", "us-west-2"),
    ],
)
def test_the_region_of_the_configuration_is_that_of_its_stage_only(
    project: Project, options: str | None, shell: str, region: str
):
    project.configure(stage_of("test", **({"aws_region": options} if options else {})))
    code = "import os; from scripts.stage.environment import find; print(find({!r}, os.environ).aws.region)"
    assert project.run("-c", code.format("test"), AWS_REGION=shell).stdout == f"{region}\n"
    assert project.run("-c", code.format("dev"), AWS_REGION="eu-west-1").stdout == "eu-west-1\n"
