"""Tests that `--help` of every command is quick, and explains the command in one line, and each option."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from scripts.cli.commands import parley
from scripts.stage.environment import ROOT
from scripts.stage.hints import PROGRAM
from tests.cli.test_commands import CLEAN

SLOW = {"boto3", "botocore", "chalice", "rich", "requests", "uvicorn", "openai", "moto"}
ENDINGS = (".", ":")
EACH_HELP = """
import json, sys
from contextlib import redirect_stdout
from io import StringIO
from scripts.cli.commands import parley
from scripts.stage.hints import PROGRAM
for words in json.loads(sys.argv[1]):
    with redirect_stdout(StringIO()) as shown:
        parley([*words, "--help"], prog_name=PROGRAM, standalone_mode=False)
    print(json.dumps({"words": words, "usage": shown.getvalue().split("\\n")[0], "imported": sorted(sys.modules)}))
"""
"""Prints, for the help of each command, what was imported until then."""


def commands(group: click.Group = parley, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command and group."""
    yield words
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name)


def named(words: tuple[str, ...]) -> click.Command:
    """Find a command by its words."""
    command: click.Command = parley
    for word in words:
        assert isinstance(command, click.Group)
        command = command.commands[word]
    return command


every = pytest.mark.parametrize("words", list(commands()), ids=lambda words: " ".join((PROGRAM, *words)))


def help_of(words: tuple[str, ...], *, columns: int = 80) -> list[str]:
    result = CliRunner().invoke(parley, [*words, "--help"], prog_name=PROGRAM, terminal_width=columns)
    assert result.exit_code == 0
    return result.output.splitlines()


@every
def test_the_help_fits_80_columns(words: tuple[str, ...]):
    assert [line for line in help_of(words) if len(line) > 80] == []


@every
def test_in_a_narrow_window_no_sentence_of_the_help_is_cut(words: tuple[str, ...]):
    lines = help_of(words, columns=60)
    assert [line for line in lines if len(line) > 60 or re.search(r"\w\.\.\.$", line)] == []


@every
def test_the_help_says_first_what_the_command_does(words: tuple[str, ...]):
    usage, blank, first, *_ = help_of(words)
    assert usage.startswith(" ".join(("Usage:", PROGRAM, *words)))
    assert (blank, first[:2]) == ("", "  ")
    assert first[2].isupper()
    assert first.endswith(ENDINGS)


@every
def test_every_option_says_what_it_is_for(words: tuple[str, ...]):
    options = [one for one in named(words).params if isinstance(one, click.Option)]
    assert [option.name for option in options if not option.help] == []
    assert [option.help for option in options if not (option.help or "").endswith(ENDINGS)] == []


@every
def test_every_argument_is_explained_in_the_text(words: tuple[str, ...]):
    groups = [named(words[:length]).help or "" for length in range(len(words) + 1)]
    arguments = [one for one in named(words).params if isinstance(one, click.Argument)]
    names = [one.metavar or str(one.name).upper() for one in arguments]
    assert [name for name in names if not re.search(rf"\b{name}\b", "\n".join(groups))] == []


@every
def test_in_the_list_of_commands_no_sentence_is_cut_off(words: tuple[str, ...]):
    assert [line for line in help_of(words)[1:] if line.endswith("...")] == []


def test_help_is_quick_because_nothing_slow_is_imported():
    """In one process that imports nothing else; it would be too slow to start one for each command."""
    done = subprocess.run(
        [sys.executable, "-c", EACH_HELP, json.dumps(list(commands()))],
        cwd=ROOT,
        env=CLEAN,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(tuple(one["words"]), SLOW.intersection(one["imported"])) for one in found] == [
        (words, set()) for words in commands()
    ]
    assert [
        one["usage"] for one in found if not one["usage"].startswith(" ".join(("Usage:", PROGRAM, *one["words"])))
    ] == []


def test_help_of_the_program_itself_is_as_quick():
    command = [sys.executable, "-X", "importtime", "-m", "scripts.cli", "--help"]
    result = subprocess.run(command, cwd=ROOT, env=CLEAN, capture_output=True, text=True, timeout=120, check=True)
    imported = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
    assert "click" in imported
    assert imported & SLOW == set()
    assert result.stdout.startswith(f"Usage: {PROGRAM}")


@pytest.mark.parametrize(
    "words", [["--version"], ["--version", "demo"], ["--version", "no-such-command"]], ids=" ".join
)
def test_the_version_is_the_projects_and_needs_nothing_else(words: list[str]):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    shown = CliRunner().invoke(parley, words, prog_name=PROGRAM)
    assert (shown.exit_code, shown.output) == (0, f"Parley {version}\n")


def test_the_version_is_shown_by_the_script_itself():
    done = subprocess.run([ROOT / "scripts" / "parley", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Parley ")
