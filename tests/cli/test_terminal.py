"""Tests what holds for all commands: colours, exit codes, and JSON."""

import json

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from scripts.cli.commands import parley
from scripts.cli.terminal import folded
from scripts.stage.hints import PROGRAM
from tests.cli.chats import ANNA, Chats
from tests.cli.conftest import ENVIRONMENT, Run

ESCAPE = "\x1b["


def in_a_terminal(*arguments: str, **environment: str) -> Result:
    """Run a command that believes to print to a terminal with colours."""
    env = {**ENVIRONMENT, "FORCE_COLOR": "1", "TERM": "xterm-256color", **environment}
    return CliRunner().invoke(parley, arguments, env=env, prog_name=PROGRAM, color=True)


COLOURED = (("people", "list"), ("people", "show", ANNA), ("keys", "list"), ("cost",))


@pytest.mark.parametrize("command", COLOURED, ids=" ".join)
@pytest.mark.parametrize(("value", "coloured"), [("1", False), ("0", False), ("false", False), ("", True)])
def test_no_color_turns_off_all_colours_unless_it_is_empty(
    run: Run, chats: Chats, command: tuple[str, ...], value: str, *, coloured: bool
):
    chats.receive()
    run("keys", "create", "The shop")
    result = in_a_terminal(*command, NO_COLOR=value)
    assert result.exit_code == 0
    assert (ESCAPE in result.output) is coloured


@pytest.mark.parametrize(
    "command",
    [
        ["people", "show", "nobody"],
        ["people", "block", "nobody", "--yes"],
        ["people", "export", "messenger:1:2"],
        ["people", "forget", "web:a:b", "--yes", "--json"],
        ["people", "deleted", "nothing"],
        ["keys", "show", "x"],
        ["keys", "revoke", "nobodynobo", "--yes"],
    ],
    ids=" ".join,
)
def test_what_is_not_found_has_one_exit_code_in_all_commands(run: Run, command: list[str]):
    result = run(*command)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (3, "", 1)


def test_the_exit_codes_are_in_the_help(run: Run):
    assert "Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 no such person" in run("--help").output


NAMES = (
    "The chess club of the Marienplatz, the one with the garden",
    "서울특별시 명동 두 번째 가게의 홈페이지 채팅창",
)


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("name", NAMES)
def test_a_long_name_is_never_broken_inside_a_word(run: Run, width: int, name: str):
    created = run("keys", "create", name, "--json")
    key = json.loads(created.stdout)["id"]
    for command in (("list",), ("show", key)):
        lines = run("keys", *command, COLUMNS=str(width)).stdout.partition("\n\n")[0].splitlines()
        assert max(map(cell_len, lines)) <= width
        assert set(name.split()) <= set(" ".join(lines).split())


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        ("one two", 7, ["one two"]),
        ("one two", 6, ["one", "two"]),
        ("가게 가게", 9, ["가게 가게"]),
        ("가게 가게", 8, ["가게", "가게"]),
        ("2026-11-30  1", 20, ["2026-11-30  1"]),
        ("messenger:1:2345678", 5, ["messenger:1:2345678"]),
        ("one\ntwo", 20, ["one two"]),
        ("", 5, [""]),
    ],
)
def test_a_text_is_folded_at_spaces_by_the_columns_it_takes(text: str, room: int, lines: list[str]):
    assert folded(text, room) == lines


PROSE: tuple[tuple[str, ...], ...] = (
    ("keys", "create", "The shop", "--origin", "https://shop.example"),
    ("keys", "room", "KEY", "kitchen"),
    ("keys", "rooms", "KEY", "open"),
    ("keys", "revoke", "KEY", "--yes"),
    ("people", "list", "--channel", "messenger", "--access", "blocked"),
    ("people", "list"),
)


@pytest.mark.parametrize("width", [40, 60])
@pytest.mark.parametrize("command", PROSE, ids=" ".join)
def test_no_sentence_is_broken_inside_a_word_in_a_narrow_terminal(run: Run, command: tuple[str, ...], width: int):
    key = json.loads(run("keys", "create", "Chess club", "--json").stdout)["id"]
    result = run(*(key if word == "KEY" else word for word in command), COLUMNS=str(width))
    assert result.exit_code == 0
    too_long = [line for line in result.stdout.splitlines() if cell_len(line) > width and " " in line.strip()]
    assert [line for line in too_long if not ("scripts/parley" in line or line.startswith("  <script"))] == []
