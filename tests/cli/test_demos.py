"""Tests which of the demos on this machine a command speaks to."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from chalicelib.errors import ConfigError
from scripts.stage import demos
from tests.cli.test_commands import answering


@pytest.fixture
def started(tmp_path: Path) -> Iterator["Started"]:
    with ExitStack() as stack:
        yield Started(tmp_path, stack)


class Started:
    """Demos of an owner: servers that answer as one, with their notes."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack

    def one(self, *, minutes_ago: int = 0, kept: bool = True) -> str:
        """Start a demo and return its address."""
        facts: dict[str, object] = {"settings": {}, "aws_region": "us-east-1", "aws_endpoint_url": "http://aws"}
        url = self._stack.enter_context(answering(200, {**facts, "log_file": f"{minutes_ago}.log"}))
        if kept:
            self.note(url, minutes_ago=minutes_ago)
        return url

    def note(self, url: str, *, minutes_ago: int = 0) -> None:
        """Leave the note of a demo."""
        path = demos.note(self.folder, int(url.rpartition(":")[2]))
        demos.leave_note(path, url)
        at = path.stat().st_mtime - 60 * minutes_ago
        os.utime(path, (at, at))

    def chosen(self, **env: str) -> Mapping[str, object]:
        """Return the facts of the demo that a command speaks to."""
        return demos.chosen(env, self.folder)


def test_the_only_demo_needs_no_choice(started: Started):
    started.one(minutes_ago=3)
    assert started.chosen()["log_file"] == "3.log"


def test_with_several_demos_the_command_asks_which_one_the_last_one_first(started: Started):
    old, new = started.one(minutes_ago=5), started.one()
    with pytest.raises(ConfigError) as refused:
        started.chosen()
    assert str(refused.value) == (
        f"2 demos are running: begin the command with PARLEY_DEMO_URL={new} or PARLEY_DEMO_URL={old}"
    )


def test_the_variable_chooses_one_of_several(started: Started):
    old = started.one(minutes_ago=5)
    started.one()
    assert started.chosen(PARLEY_DEMO_URL=old)["log_file"] == "5.log"


def test_a_demo_without_a_note_such_as_that_of_a_test_is_never_chosen_by_itself(started: Started):
    started.one(minutes_ago=7)
    of_a_test = started.one(minutes_ago=1, kept=False)
    assert started.chosen()["log_file"] == "7.log"
    assert started.chosen(PARLEY_DEMO_URL=of_a_test)["log_file"] == "1.log"


def test_the_note_of_a_demo_that_was_killed_does_not_count(started: Started):
    started.one(minutes_ago=2)
    started.note("http://127.0.0.1:1")
    assert started.chosen()["log_file"] == "2.log"


@pytest.mark.parametrize("written", ["", "{", "[]", json.dumps({"uri": "x"})])
def test_a_note_that_cannot_be_read_does_not_count(started: Started, written: str):
    demos.note(started.folder, 1).write_text(written)
    with pytest.raises(ConfigError, match=r"^no demo is running: start one with scripts/parley demo$"):
        started.chosen()
