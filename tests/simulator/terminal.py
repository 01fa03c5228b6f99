"""A demo as a person starts it in a terminal: what it prints is read line by line."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from scripts.simulator.aws import free_port
from tests.simulator.conftest import PATIENCE_S, ROOT

_WAIT_S = 0.1


@dataclass
class InTerminal:
    """A demo and everything that it has printed so far."""

    url: str
    process: subprocess.Popen[str]
    printed: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What was printed, with each run of spaces and ends of lines as one space."""
        return " ".join("".join(self.printed).split())

    def wait_for(self, words: str) -> str:
        """Wait until words are printed, and return everything that is printed by then."""
        deadline = time.monotonic() + 2 * PATIENCE_S
        while words not in self.text:
            assert time.monotonic() < deadline, f"it was not said: {words}; but: {self.text}"
            assert self.process.poll() is None or words in self.text, f"it ended: {self.text}"
            time.sleep(_WAIT_S)
        return self.text

    def end(self) -> str:
        """Press Ctrl+C, and return everything that was printed."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        return self.text

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.printed.append(line)


@contextmanager
def in_terminal(*options: str, env: Mapping[str, str] | None = None, port: int = 0) -> Iterator[InTerminal]:
    """Start a demo on a free port, or on `port`, and end it. It opens no browser."""
    port = port or free_port()
    command = [sys.executable, "-m", "scripts.simulator", "--port", str(port), *options]
    environment = {**os.environ, "BROWSER": "true", "COLUMNS": "80", **(env or {})}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield InTerminal(f"http://127.0.0.1:{port}", process)
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def widest(printed: list[str]) -> int:
    """Return the columns of the longest line, without colours."""
    return max(len(re.sub(r"\x1b\[[\d;]*m", "", line.rstrip("\n"))) for line in printed)
