"""Runs the simulator until a signal ends it: `python -m scripts.simulator`."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any, Final

import click

from chalicelib.errors import ConfigError
from scripts.simulator.aws import is_free
from scripts.simulator.isolation import isolated
from scripts.simulator.keeping import Keeper, last_port
from scripts.simulator.main import STAGE, STATE, Simulator
from scripts.simulator.options import demo_options
from scripts.simulator.serving import allow_many_sockets, log_to, serve
from scripts.simulator.terminal import Terminal
from scripts.stage import colours, demos, environment
from scripts.stage.shipped import check_shipped

_PORT: Final = 8000


async def _run(simulator: Simulator, port: int, terminal: Terminal) -> None:
    model = simulator.model()

    def ready() -> None:
        terminal.ready()
        log_to(simulator.log_file)
        simulator.ready()
        model.start(terminal.tell_of)

    await serve(simulator.asgi(model), port, ready=ready)
    await simulator.meta.close()


@click.command()
@demo_options
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where it keeps what the next start goes on with, and where commands with `--stage demo` look for it.",
)
@click.option("--dynamodb-url", metavar="URL", help="DynamoDB of the functions, in place of the emulator's.")
@click.pass_context
def main(
    context: click.Context,
    /,
    port: int | None,
    *,
    fresh: bool,
    model: str | None,
    headless: bool,
    keep: Path | None,
    **options: Any,
) -> None:
    """Run the bot with the local simulator, until Ctrl+C."""
    colours.heed(context)
    kept = isolated(os.environ)
    os.environ.clear()
    os.environ.update(kept)
    if model:
        os.environ["PARLEY_MODEL"] = model
    folder = keep or STATE
    folder.mkdir(exist_ok=True)
    port = port or (last_port(keep, otherwise=_PORT) if keep else _PORT)
    _check_port(port, folder)
    alone = not (keep and demos.running(keep))
    keeper = Keeper(keep, port) if keep else None
    if keeper and fresh:
        keeper.delete()
    try:
        check_shipped(environment.of_the_demo(os.environ))
        simulator = Simulator(port, folder, keeper=keeper, **options)
    except ConfigError as exc:
        raise click.ClickException(str(exc)) from exc
    allow_many_sockets()
    _run_until_ended(simulator, Terminal(simulator.url, STAGE, headless=headless, alone=alone), port)


def _check_port(port: int, folder: Path) -> None:
    """Raise ClickException if no server can listen on the port."""
    if is_free(port):
        return
    whose = "another demo" if f"http://127.0.0.1:{port}" in demos.running(folder) else "another program"
    raise click.ClickException(f"port {port} is in use by {whose}: choose another with --port")


def _run_until_ended(simulator: Simulator, terminal: Terminal, port: int) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, simulator.interrupt)
    try:
        simulator.start()
        asyncio.run(_run(simulator, port, terminal))
    finally:
        is_kept = simulator.close()
        if terminal.headless:
            simulator.log_file.unlink(missing_ok=True)
    terminal.ended(is_kept=is_kept)
    # The interpreter's normal exit would wait for threads, and those wait for processes that were just killed.
    os._exit(0)
