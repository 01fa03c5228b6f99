"""Runs the simulator's server until a signal ends it, and says when it is ready."""

import asyncio
import os
import resource
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path

import click
import uvicorn
from starlette.types import ASGIApp

from scripts.simulator.sockets import SERVER
from scripts.stage import demos, hints

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


def announce(url: str, stage: str, log_file: Path, *, headless: bool, alone: bool) -> None:
    """Print that the bot is ready; then redirect standard error, with the log lines, to the log file.

    `alone` says that commands need no help to find this demo.
    """
    if headless:
        print(f"ready {url}", flush=True)
    else:
        click.echo(f"\nYour bot is running: {click.style(url, bold=True)}\n")
        click.echo("Open that page to chat with it. Ctrl+C ends it.")
        click.echo(f"Log: {hints.command('logs --follow', stage)}")
        click.echo(f"People: {hints.command('people list', stage)}")
        if not alone:
            click.echo("Another demo is running. For commands about this one, first run")
            click.echo(f"  export {demos.ADDRESS}={url}")
        webbrowser.open(url)
    with log_file.open("w") as log:
        os.dup2(log.fileno(), sys.stderr.fileno())
    sys.stdout = sys.stderr


def allow_many_sockets() -> None:
    """Raise this process's limit of open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
