"""Runs the simulator until a signal ends it: `python -m scripts.simulator`."""

import asyncio
import os
import signal
from pathlib import Path

import click

from chalicelib.errors import ConfigError
from scripts.simulator.aws import is_free
from scripts.simulator.isolation import isolated
from scripts.simulator.main import STAGE, STATE, Simulator
from scripts.simulator.options import demo_options
from scripts.simulator.serving import allow_many_sockets, log_to, serve
from scripts.simulator.terminal import Terminal
from scripts.stage import colours, demos, environment
from scripts.stage.shipped import check_shipped


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
    "--keep", type=click.Path(path_type=Path), metavar="FOLDER", help="Where commands with `--stage demo` look for it."
)
@click.option("--dynamodb-url", metavar="URL", help="DynamoDB of the functions, in place of the emulator's.")
@click.pass_context
def main(
    context: click.Context,
    port: int,
    *,
    headless: bool,
    keep: Path | None,
    worker_timeout: float | None,
    dynamodb_url: str | None,
) -> None:
    """Run the bot with the local simulator, until Ctrl+C."""
    colours.heed(context)
    kept = isolated(os.environ)
    os.environ.clear()
    os.environ.update(kept)
    if not is_free(port):
        raise click.ClickException(f"port {port} is in use: choose another with --port")
    try:
        check_shipped(environment.of_the_demo(os.environ))
    except ConfigError as exc:
        raise click.ClickException(str(exc)) from exc
    allow_many_sockets()
    STATE.mkdir(exist_ok=True)
    alone = not (keep and demos.running(keep))
    simulator = Simulator(port, keep=keep, worker_timeout_s=worker_timeout, dynamodb_url=dynamodb_url)
    terminal = Terminal(simulator.url, STAGE, headless=headless, alone=alone)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, simulator.interrupt)
    try:
        simulator.start()
        asyncio.run(_run(simulator, port, terminal))
    finally:
        simulator.close()
        if headless:
            simulator.log_file.unlink(missing_ok=True)
    # The interpreter's normal exit would wait for threads, and those wait for processes that were just killed.
    os._exit(0)
