"""Runs the simulator's server until a signal ends it, and redirects its log lines."""

import asyncio
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from scripts.simulator.sockets import SERVER

_FILES = 4096
"""Each connection is an open file."""


async def serve(app: ASGIApp, port: int, *, ready: Callable[[], None]) -> None:
    """Serve on a port of this machine; `ready` is called when requests are accepted."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=1,
        lifespan="off",
        **SERVER,
    )
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    if server.started:
        ready()
    await serving


def log_to(log_file: Path) -> None:
    """Redirect standard error, with the log lines, and what is printed from now on, to the log file."""
    with log_file.open("w") as log:
        os.dup2(log.fileno(), sys.stderr.fileno())
    sys.stdout = sys.stderr


def allow_many_sockets() -> None:
    """Raise this process's limit of open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
