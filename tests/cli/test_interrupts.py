"""Tests that Ctrl+C ends a command without a traceback, also while it is still being imported."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.stage.environment import ROOT

STARTS = {
    "scripts/parley": ["-m", "scripts.cli", "people", "list"],
    "scripts/parley --help": ["-m", "scripts.cli", "--help"],
    ".venv/bin/parley": ["-c", "from scripts.cli.__main__ import main; main()", "people", "list"],
    "scripts/parley demo": ["-m", "scripts.simulator"],
}
"""How each command line begins; `scripts/parley demo` ends as the last one."""
SLOW = """
import time
print("importing", flush=True)
while True:
    time.sleep(1)
"""
"""Takes the place of the first library that all of them import."""


@pytest.mark.parametrize("start", STARTS)
def test_ctrl_c_while_a_command_starts_prints_nothing(tmp_path: Path, start: str):
    (tmp_path / "click.py").write_text(SLOW)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    started = subprocess.Popen(
        [sys.executable, *STARTS[start]], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with started:
        assert started.stdout
        assert started.stdout.readline() == b"importing\n"
        started.send_signal(signal.SIGINT)
        _, errors = started.communicate(timeout=60)
    assert (started.returncode, errors) == (-signal.SIGINT, b"")


def test_a_command_that_a_shell_started_in_the_background_ignores_ctrl_c_as_before(tmp_path: Path):
    (tmp_path / "click.py").write_text('print("importing", flush=True)\ninput()\nraise SystemExit(7)\n')
    shell = 'trap "" INT; exec "$0" -m scripts.cli people list'
    started = subprocess.Popen(
        ["/bin/sh", "-c", shell, sys.executable],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with started:
        assert started.stdout
        assert started.stdout.readline() == b"importing\n"
        started.send_signal(signal.SIGINT)
        started.communicate(b"\n", timeout=60)
    assert started.returncode == 7
