"""Tests that a fault of `.chalice/config.json` or of the shell's variables is one line with place and remedy."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chalicelib.errors import ConfigError
from chalicelib.ids import Channels
from scripts.stage import config_file
from scripts.stage.config_file import NAME
from scripts.stage.environment import ROOT

REAL = (ROOT / NAME).read_text()
Refused = Callable[[str], str]


@pytest.fixture
def refused(tmp_path: Path) -> Refused:
    """Returns the one line with which a file of this text is refused, in the stage dev and in the shell."""

    def refuse(text: str | bytes, **shell: str) -> str:
        (tmp_path / ".chalice").mkdir(exist_ok=True)
        file = tmp_path / NAME
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(ConfigError) as caught:
            config_file.load(tmp_path).variables("dev", shell).settings()
        [line] = str(caught.value).splitlines()
        return line

    return refuse


def changed(old: str, new: str) -> str:
    """Return the real file with another text at one place."""
    assert old in REAL
    return REAL.replace(old, new, 1)


def line_of(part: str, text: str = REAL) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_the_real_file_is_valid():
    assert config_file.load(ROOT).variables("dev", {}).settings().stage.name == "dev"


ZONE = '"PARLEY_TIMEZONE": "UTC"'


@pytest.mark.parametrize(
    ("text", "at", "reason"),
    [
        # The region of a stage.
        (
            changed('"version"', '"aws_region": "eu-west-1",\n  "version"'),
            '"aws_region"',
            "aws_region has no effect here: move it into a stage",
        ),
        (
            changed('"PARLEY_STAGE": "dev"\n      }', '"PARLEY_STAGE": "dev"\n      },\n      "aws_region": 1'),
            '"aws_region"',
            "aws_region must be a text in double quotes",
        ),
        (
            changed('"PARLEY_STAGE": "dev"\n      }', '"PARLEY_STAGE": "dev"\n      },\n      "aws_regoin": "x"'),
            '"aws_regoin"',
            'Chalice does not know "aws_regoin"; did you mean aws_region?',
        ),
        # Commas, quotes and brackets.
        (changed('"assistant"\n', '"assistant",\n'), '"assistant",', "a comma too many before the }: remove it"),
        (
            changed('"PARLEY_STAGE": "dev"', '"PARLEY_STAGE": "dev",'),
            '"dev",\n      }',
            "a comma too many before the }",
        ),
        (changed(f"{ZONE},", f"{ZONE},,"), ZONE, "a comma too many: remove it"),
        (changed(f"{ZONE},", ZONE), ZONE, "a comma is missing after this"),
        (changed(ZONE, '"PARLEY_TIMEZONE" "UTC"'), '"PARLEY_TIMEZONE"', "a colon is missing after the name"),
        (changed(ZONE, "\"PARLEY_TIMEZONE\": 'UTC'"), '"PARLEY_TIMEZONE"', "in straight double quotes"),
        (changed(ZONE, "'PARLEY_TIMEZONE': \"UTC\""), "'PARLEY_TIMEZONE'", "in straight double quotes"),
        (changed(ZONE, '"PARLEY_TIMEZONE": “UTC”'), '"PARLEY_TIMEZONE"', "in straight double quotes"),
        (changed(ZONE, '"PARLEY_TIMEZONE": UTC'), '"PARLEY_TIMEZONE"', "a text must be in double quotes"),
        (changed(ZONE, 'PARLEY_TIMEZONE: "UTC"'), "PARLEY_TIMEZONE", "the next name must be in double quotes"),
        (changed(ZONE, '"PARLEY_TIMEZONE": "UTC'), '"PARLEY_TIMEZONE"', "no closing quote"),
        (changed(ZONE, '"PARLEY_TIMEZONE": "U\\TC"'), '"PARLEY_TIMEZONE"', "not valid JSON: Invalid \\escape"),
        (changed(ZONE, f"// my zone\n    {ZONE}"), "// my zone", "JSON has no comments"),
        (changed(ZONE, f"{ZONE}, # my zone\n"), "# my zone", "JSON has no comments"),
        (changed(ZONE, f"/* my zone */ {ZONE}"), "/* my", "JSON has no comments"),
        (REAL.rstrip().removesuffix("}"), None, "it ends too early"),
        (f"{REAL.rstrip()}}}", None, "a } or ] is too many"),
        ("", "", "it is empty"),
        (f"\ufeff{REAL}", "", "save it as UTF-8 without BOM"),
        # Shapes.
        ("[]", "", "it must be a JSON object"),
        ("null", "", "it must be a JSON object"),
        ('"text"', "", "it must be a JSON object"),
        (
            changed(
                '"environment_variables": {\n    "PARLEY_TIMEZONE"',
                '"environment_variables": [], "tags": {\n    "PARLEY_TIMEZONE"',
            ),
            '"environment_variables"',
            "environment_variables must be an object",
        ),
        (changed('"worker": {', '"worker": [], "layers": {'), '"worker"', "the function worker must be an object"),
        (changed('"dev": {', '"other": 5,\n"dev": {'), '"other"', "the stage other must be an object"),
        (
            changed('"lambda_timeout": 300', '"lambda_timeout": "300"'),
            '"lambda_timeout": "300"',
            "lambda_timeout must be a whole number",
        ),
        (
            changed('"lambda_memory_size": 512', '"lambda_memory_size": 0'),
            '"lambda_memory_size": 0',
            "lambda_memory_size must be a whole",
        ),
        # Values of another type than text.
        *[
            (
                changed('"PARLEY_DAILY_LIMIT": "10"', f'"PARLEY_DAILY_LIMIT": {value}'),
                '"PARLEY_DAILY_LIMIT"',
                f"PARLEY_DAILY_LIMIT must be a text in double quotes{remedy}",
            )
            for value, remedy in (
                ("20", ': "20"'),
                ("0.5", ': "0.5"'),
                ("true", ': "true"'),
                ("null", ""),
                ("[1]", ""),
                ("{}", ""),
            )
        ],
        (
            changed('"PARLEY_STAGE": "prod"', '"PARLEY_STAGE": "prod", "OPENAI_BASE_URL": 5'),
            '"OPENAI_BASE_URL"',
            "OPENAI_BASE_URL must be a text",
        ),
        # Values that are not valid.
        (
            changed(ZONE, '"PARLEY_TIMEZONE": "Mars/Olympus"'),
            '"PARLEY_TIMEZONE"',
            'PARLEY_TIMEZONE is "Mars/Olympus"; it must be an IANA zone',
        ),
        (changed(ZONE, '"PARLEY_TIMEZONE": "CET\\nx"'), '"PARLEY_TIMEZONE"', 'PARLEY_TIMEZONE is "CET?x"; it must be'),
        (
            changed('"PARLEY_DAILY_LIMIT": "10"', f'"PARLEY_DAILY_LIMIT": "{"9" * 5000}"'),
            '"PARLEY_DAILY_LIMIT"',
            "it must be a whole number",
        ),
        (
            changed('"PARLEY_STAGE": "dev"', '"PARLEY_STAGE": "dev",\n"PARLEY_CONTACT": "me"'),
            '"PARLEY_CONTACT"',
            'PARLEY_CONTACT is "me"; it must be',
        ),
        (
            changed(ZONE, f'{ZONE}, "OPENAI_BASE_URL": "localhost:11434"'),
            '"OPENAI_BASE_URL"',
            "it must be an address that begins with",
        ),
        (
            changed(ZONE, f'{ZONE}, "OPENAI_BASE_URL": "http://[::1"'),
            '"OPENAI_BASE_URL"',
            "it must be an address that begins with",
        ),
        (
            changed(ZONE, f'{ZONE}, "PARLEY_GRAPH_URL": "graph.facebook.com"'),
            '"PARLEY_GRAPH_URL"',
            "it must be an address",
        ),
        (changed(ZONE, f'{ZONE}, "PARLEY_MODEL": ""'), '"PARLEY_MODEL"', "it must be a name in one word"),
        (changed(ZONE, f'{ZONE}, "PARLEY_OIDC_AUDIENCE": "web"'), '"PARLEY_OIDC_AUDIENCE"', "belong together"),
        # Names.
        (
            changed("PARLEY_TIMEZONE", "PARLEY_TIMEZON"),
            "PARLEY_TIMEZON",
            "PARLEY_TIMEZON is not a setting; did you mean PARLEY_TIMEZONE?",
        ),
        (changed("PARLEY_TIMEZONE", "PARLEY_\x85ZONE"), "PARLEY_\x85", "PARLEY_?ZONE is not a setting"),
        (changed('"stages"', '"stages\x9b"'), '"stages\x9b"', 'Chalice does not know "stages?"; did you mean stages?'),
        (changed('"worker": {', '"worker": {\n"lambda_\u2028timeout": 1,'), '"lambda_\u2028', "lambda_?timeout"),
        (changed("PARLEY_TIMEZONE", "PARLY_TIMEZONE"), "PARLY_TIMEZONE", "did you mean PARLEY_TIMEZONE?"),
        (changed("PARLEY_TIMEZONE", "parley_timezone"), "parley_timezone", "did you mean PARLEY_TIMEZONE?"),
        (changed("PARLEY_TIMEZONE", "TIMEZONE"), "TIMEZONE", "did you mean PARLEY_TIMEZONE?"),
        (changed("PARLEY_TIMEZONE", "OPENAI_BASEURL"), "OPENAI_BASEURL", "did you mean OPENAI_BASE_URL?"),
        (changed("PARLEY_TIMEZONE", "PARLEY_XYZ"), "PARLEY_XYZ", "PARLEY_XYZ is not a setting"),
        (
            changed("PARLEY_TIMEZONE", "PARLEY_PAGE_TOKEN"),
            "PARLEY_PAGE_TOKEN",
            "`deploy` asks for it and stores it in SSM",
        ),
        (changed("PARLEY_TIMEZONE", "OPENAI_API_KEY"), "OPENAI_API_KEY", "`deploy` asks for it and stores it in SSM"),
        (
            changed('"environment_variables"', '"enviroment_variables"'),
            '"enviroment_variables"',
            "did you mean environment_variables?",
        ),
        (changed('"stages"', '"Stages"'), '"Stages"', "did you mean stages?"),
        (changed('"lambda_timeout"', '"lambda_timout"'), '"lambda_timout"', "did you mean lambda_timeout?"),
        (changed('"worker": {', '"workr": {'), '"lambda_functions"', "lambda_functions has no worker"),
        (changed('"lambda_timeout": 300,', ""), '"worker"', "worker has no lambda_timeout"),
        (
            changed('"version"', '"PARLEY_MODEL": "x",\n"version"'),
            '"PARLEY_MODEL"',
            "has no effect here: move it into environment_variables",
        ),
        (
            changed('"worker": {', '"worker": {\n"environment_variables": {},'),
            '"environment_variables": {},',
            "has no effect here",
        ),
        (
            changed(ZONE, f"{ZONE},\n{ZONE}"),
            f'{ZONE},\n    "PARLEY_DAILY',
            '"PARLEY_TIMEZONE" is already in line 8: remove one of them',
        ),
    ],
)
def test_a_fault_is_one_line_with_file_line_and_remedy(refused: Refused, text: str, at: str | None, reason: str):
    line = refused(text)
    number = text.rstrip().count("\n") + 1 if at is None else line_of(at, text)
    assert line.startswith(f"{NAME}, line {number}: "), line
    assert reason in line


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (REAL.encode("utf-16"), "it must be saved as UTF-8"),
        (REAL.replace("UTC", "Köln").encode("latin-1"), "it must be saved as UTF-8"),
        (REAL.replace('"10"', "1" * 5000).encode(), "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(refused: Callable[[bytes], str], content: bytes, reason: str):
    assert refused(content).startswith(NAME)
    assert reason in refused(content)


def test_a_missing_file_is_one_line(tmp_path: Path):
    with pytest.raises(ConfigError, match=rf"^{NAME} cannot be read: No such file or directory$"):
        config_file.load(tmp_path)


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ({"PARLEY_TIMZONE": "UTC"}, "the variable PARLEY_TIMZONE is not a setting; did you mean PARLEY_TIMEZONE?"),
        ({"PARLEY_DEMOURL": "x"}, "the variable PARLEY_DEMOURL is not a setting; did you mean PARLEY_DEMO_URL?"),
        ({"PARLEY_QQQQQQ": "x"}, "the variable PARLEY_QQQQQQ is not a setting: docs/owner.md lists them"),
        ({"PARLEY_TIMEZONE": "x"}, 'PARLEY_TIMEZONE is "x"; it must be an IANA zone such as Europe/Berlin'),
    ],
)
def test_a_fault_of_the_shells_variables_names_no_line(refused: Callable[..., str], shell: dict[str, str], line: str):
    assert refused(changed('"UTC"', '"Moon"') if "PARLEY_TIMEZONE" in shell else REAL, **shell) == line


def test_every_variable_that_the_code_reads_or_a_document_names_is_known():
    """A new variable of the commands belongs into OF_COMMANDS; settings are known by themselves."""
    paths = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "scripts" / "parley"]
    paths += [path for folder in ("chalicelib", "scripts") for path in (ROOT / folder).rglob("*.py")]
    named = {name for path in paths for name in re.findall(r"\bPARLEY_[A-Z_]*[A-Z]\b", path.read_text())}
    assert named
    assert named - {*config_file.known(), *config_file.OF_COMMANDS} == set()


def test_variables_of_ones_own_are_no_fault(tmp_path: Path):
    values = {"TZ": "UTC", "LOG_LEVEL": "INFO", "AWS_REGION": "x", "MY_SETTING": "1"}
    shutil.copytree(ROOT / ".chalice", tmp_path / ".chalice", ignore=shutil.ignore_patterns("deployments", "deployed"))
    document: Any = json.loads(REAL)
    document["environment_variables"] |= values
    document["stages"]["dev"]["lambda_functions"] = {"worker": {"environment_variables": {"PARLEY_MODEL": "x"}}}
    document["tags"] = {"team": "one", "stage": "two"}
    (tmp_path / NAME).write_text(json.dumps(document))
    assert config_file.load(tmp_path).variables("dev", {}).values.items() >= values.items()


def test_all_settings_that_are_invalid_are_named_at_once(tmp_path: Path):
    (tmp_path / ".chalice").mkdir()
    text = changed('"UTC"', '"Moon"').replace('"PARLEY_DAILY_LIMIT": "10"', '"PARLEY_DAILY_LIMIT": "ten"')
    (tmp_path / NAME).write_text(text)
    with pytest.raises(ConfigError) as caught:
        config_file.load(tmp_path).variables("prod", {}).settings()
    assert [line.partition(" is ")[0] for line in str(caught.value).splitlines()] == [
        f"{NAME}, line 9: PARLEY_DAILY_LIMIT",
        f"{NAME}, line 8: PARLEY_TIMEZONE",
    ]


def test_a_stage_gets_a_value_of_its_own_and_nothing_else_changes(tmp_path: Path):
    (tmp_path / ".chalice").mkdir()
    (tmp_path / NAME).write_text(REAL)
    assert not config_file.load(tmp_path).chooses("prod", "PARLEY_CHANNELS")
    for channels in ("web", "messenger"):
        config_file.write(tmp_path, "prod", {"PARLEY_CHANNELS": channels})
        config = config_file.load(tmp_path)
        assert config.variables("prod", {}).settings().stage.channels == Channels(
            messenger=channels == "messenger", web=channels == "web"
        )
        assert config.variables("dev", {}).settings().stage.channels == Channels(messenger=True, web=True)
    assert config.chooses("prod", "PARLEY_CHANNELS")
    config_file.write(tmp_path, "prod", {"PARLEY_STAGE": "prod"})
    added = set((tmp_path / NAME).read_text().splitlines()) - set(REAL.splitlines())
    assert added == {'        "PARLEY_STAGE": "prod",', '        "PARLEY_CHANNELS": "messenger"'}
    assert [file.name for file in (tmp_path / ".chalice").iterdir()] == ["config.json"]
