"""What the demo can be told, for the command that is typed and for the world that it becomes; imports nothing slow."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

P = ParamSpec("P")
R = TypeVar("R")


def demo_options(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the demo's options."""
    port = click.option(
        "--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Where to serve."
    )
    headless = click.option("--headless", is_flag=True, help="No browser: print a line `ready URL` and serve.")
    worker_timeout = click.option(
        "--worker-timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="S",
        help="Seconds after which a worker is ended, instead of the deployed value.",
    )
    return port(headless(worker_timeout(command)))
