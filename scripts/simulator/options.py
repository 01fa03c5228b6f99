"""Defines the options of the demo, for `parley demo` and `python -m scripts.simulator`. Imports nothing slow."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

P = ParamSpec("P")
R = TypeVar("R")


def demo_options(command: Callable[P, R]) -> Callable[P, R]:
    """Add the demo's options to a command."""
    port = click.option(
        "--port", type=click.IntRange(1, 65535), help="Port to serve on; without it, that of the last time, or 8000."
    )
    fresh = click.option("--fresh", is_flag=True, help="Delete what the last demo has kept, and begin with nothing.")
    model = click.option(
        "--model",
        metavar="NAME",
        help="The model that answers, as PARLEY_MODEL has it; one of `bedrock:` is asked as Amazon Bedrock is.",
    )
    headless = click.option("--headless", is_flag=True, help="Open no browser; print `ready URL` when ready.")
    worker_timeout = click.option(
        "--worker-timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="S",
        help="Seconds after which a worker is stopped, instead of the deployed value.",
    )
    return port(fresh(model(headless(worker_timeout(command)))))
