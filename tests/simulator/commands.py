"""Runs the owner's commands on a demo, in the process of the tests: a process of its own takes a second for each."""

import json
import os
from typing import Any

from click.testing import CliRunner

from scripts.cli.commands import parley as command_line
from scripts.stage.hints import PROGRAM
from tests.cli.test_commands import CLEAN
from tests.simulator.conftest import Demo


def parley(demo: Demo, *words: str) -> str:
    """Run a command on a demo, which must succeed; returns what it prints."""
    env = {**dict.fromkeys(os.environ), **CLEAN, "PARLEY_DEMO_URL": demo.url}
    done = CliRunner().invoke(command_line, [*words, "--stage", "demo"], env=env, prog_name=PROGRAM)
    assert done.exit_code == 0, done.output
    return done.stdout


def parley_json(demo: Demo, *words: str) -> Any:
    """The same, as JSON."""
    return json.loads(parley(demo, *words, "--json"))
