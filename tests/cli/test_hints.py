"""Tests that every command in a message names its stage, so that it never acts on another stage when pasted."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.cli.commands import parley
from scripts.stage.environment import ROOT
from scripts.stage.hints import PROGRAM, command

COMMANDS = re.compile(rf"{PROGRAM} (?=[a-z])(?P<words>(?:(?!{PROGRAM}|[.;,:] |\n).)*)")
WITHOUT_STAGE = {"demo"}
MODULES = sorted(path for folder in ("chalicelib", "scripts") for path in (ROOT / folder).rglob("*.py"))


def docstrings(tree: ast.AST) -> set[ast.AST]:
    """Find the strings that are never printed: docstrings of modules, classes, functions and attributes."""
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def text_of(node: ast.AST) -> str:
    """Return the text of a string; the values of an f-string are written as `{}`."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def printed_texts(path: Path) -> Iterator[str]:
    """Yield the strings of a module that may be printed, without the single parts of f-strings.

    The program's name is written in one piece, so a module without it has no command.
    """
    source = path.read_text()
    if PROGRAM not in source:
        return
    tree = ast.parse(source)
    parts = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    hidden = docstrings(tree) | parts
    yield from (text_of(node) for node in ast.walk(tree) if node not in hidden)


def without_stage(text: str) -> list[str]:
    found = [match["words"] for match in COMMANDS.finditer(text)]
    return [words for words in found if words.split()[0] not in WITHOUT_STAGE and "--stage" not in words]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("run scripts/parley deploy --stage {}", []),
        ("see scripts/parley people list", ["people list"]),
        ("run scripts/parley replay --stage {}, and see scripts/parley logs --errors", ["logs --errors"]),
        ("start one with scripts/parley demo", []),
    ],
)
def test_the_search_finds_commands_without_a_stage(text: str, missing: list[str]):
    assert without_stage(text) == missing


def test_no_module_prints_a_command_without_its_stage():
    texts = [(path, text) for path in MODULES for text in printed_texts(path)]
    assert [(path.name, text) for path, text in texts if without_stage(text)] == []


def test_no_message_of_the_bot_names_a_command_without_its_stage():
    texts = [tomllib.loads(path.read_text()) for path in (ROOT / "chalicelib/content/locales").glob("*.toml")]
    assert texts
    assert [missing for text in texts for missing in without_stage(str(text).replace("\\n", "\n"))] == []


@pytest.mark.parametrize("path", [".chalice/resources.yaml", "scripts/deploy/bundle.md"])
def test_no_alarm_and_no_bundle_names_a_command_without_its_stage(path: str):
    lines = [line for line in (ROOT / path).read_text().splitlines() if not line.lstrip().startswith("#")]
    assert [missing for line in lines for missing in without_stage(line)] == []


@pytest.mark.parametrize("words", ["people list", "keys create NAME", "logs --errors"])
def test_a_hint_is_a_command_that_exists(words: str):
    line = command(words, "prod").split()
    assert line[0] == PROGRAM
    group = parley
    assert line[1] in group.commands
    assert line[-2:] == ["--stage", "prod"]
