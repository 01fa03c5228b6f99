"""Starts a handler in a process of its own, and has it handle events."""

import compileall
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any, Final

import boto3
import click

from scripts.bench.cold import runtime, unpacked
from scripts.bench.peers.events import APP_SECRET
from scripts.bench.peers.handlers import Handler
from scripts.stage.environment import ROOT

_HERE: Final = Path("scripts/bench/peers/apps")
_PACKAGES: Final = Path(boto3.__file__).parents[1]
_OF_PEERS: Final = ("aws_durable_execution_sdk_python", "aws_lambda_powertools", "slack_bolt", "slack_sdk")
"""The packages that peers need beside Parley's."""
_WAIT_S: Final = 20.0


@dataclass(frozen=True)
class Place:
    """Where processes import from."""

    name: str
    paths: tuple[Path, ...]
    stub: str
    """The address of the stub."""

    def environment(self, handler: Handler) -> Mapping[str, str]:
        """Return the environment of a process: no more than Lambda gives, and where the stub is."""
        return {
            "PYTHONPATH": os.pathsep.join(map(str, self.paths)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_REGION": "eu-central-1",
            "AWS_ENDPOINT_URL": self.stub,
            "NO_PROXY": "127.0.0.1",
            "OPENAI_BASE_URL": f"{self.stub}/openai/v1",
            "OPENAI_API_KEY": "key",
            "PARLEY_GRAPH_URL": f"{self.stub}/graph/v25.0",
            "PARLEY_MODEL_API": "responses",
            "GRAPH_URL": f"{self.stub}/graph/v25.0",
            "APP_SECRET": APP_SECRET,
            "TABLE": "messages",
            **({"AWS_LAMBDA_FUNCTION_NAME": handler.function} if handler.is_parley else {}),
        }


def installed(stub: str) -> Place:
    """Return the place of the packages and the source that are installed here; quick, and with bytecode."""
    return Place("installed", (ROOT, _PACKAGES), stub)


def deployed(scratch: Path, stub: str, *, bytecode: bool) -> Place:
    """Return a place as on Lambda: Parley's zip, the peers' packages in the same state, and Lambda's own."""
    name = "bytecode" if bytecode else "source"
    peers = scratch / f"peers-{name}"
    for package in _OF_PEERS:
        shutil.copytree(_PACKAGES / package, peers / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / _HERE, peers / _HERE, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in _HERE.parents:
        (peers / folder / "__init__.py").touch()
    (peers / "__init__.py").unlink()
    if bytecode:
        compileall.compile_dir(peers, maxlevels=30, quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    zipped = unpacked("Parley", ROOT, scratch, bytecode=bytecode).folder
    return Place(name, (zipped, peers, runtime(scratch / f"runtime-{name}")), stub)


@dataclass(frozen=True)
class Process:
    """A process that has handled its first event."""

    handler: Handler
    first: Mapping[str, Any]
    """What the start and the first event took."""
    _pipe: subprocess.Popen[str]

    def handles(self, number: int) -> Mapping[str, float]:
        """Have it handle so many events; return the milliseconds of each, and its memory after them."""
        return _asked(self._pipe, self.handler, number)


@contextmanager
def started(handler: Handler, place: Place) -> Iterator[Process]:
    """Start a process, and end it with the block."""
    command = [sys.executable, "-S", "-P", str(ROOT / _HERE / "runner.py"), handler.place]
    pipe = subprocess.Popen(  # noqa: S603 (the running Python)
        command,
        cwd=place.paths[-1],
        env={**place.environment(handler)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with pipe:
        yield Process(handler, _asked(pipe, handler, 1), pipe)
        if pipe.stdin:
            pipe.stdin.close()
        pipe.wait(_WAIT_S)


def _asked(pipe: subprocess.Popen[str], handler: Handler, number: int) -> Mapping[str, Any]:
    if not pipe.stdin or not pipe.stdout:
        raise click.ClickException("the process has no pipes")
    pipe.stdin.write(json.dumps([handler.event() for _ in range(number)]) + "\n")
    pipe.stdin.flush()
    line = pipe.stdout.readline()
    if not line:
        raise click.ClickException(f"{handler.place} failed")
    found: Mapping[str, Any] = json.loads(line)
    return found
