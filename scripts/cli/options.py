"""What commands share: the stage they are about, and one line for whatever Parley raises. Imports nothing slow."""

import os
import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

import click

from chalicelib.errors import ParleyError, UnknownKey, UnknownPerson
from scripts.stage.environment import DEMO, Environment, UsageError, find

P = ParamSpec("P")
C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)


def clock() -> int:
    """Now, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def at_stage(command: Callable[Concatenate[Environment, P], None]) -> Callable[P, None]:
    """Give a command `--stage`, its environment as the first argument, and errors in words."""
    return _staged(command, "Which one; or `demo`.", not_for_the_demo="")


def at_deployed_stage(
    not_for_the_demo: str,
) -> Callable[[Callable[Concatenate[Environment, P], None]], Callable[P, None]]:
    """The same for a command that the demo has no use for: it is refused in these words."""
    return lambda command: _staged(command, "Which one.", not_for_the_demo=not_for_the_demo)


class BuildContext(Protocol[C_co]):
    """Makes what a group of commands works with."""

    def __call__(self, environment: Environment, /, *, json: bool) -> C_co: ...


def with_context(
    build: BuildContext[C],
) -> Callable[[Callable[Concatenate[C, P], None]], Callable[P, None]]:
    """Give a command `--stage` and `--json`, and as the first argument what `build` makes of them."""

    def decorate(command: Callable[Concatenate[C, P], None]) -> Callable[P, None]:
        @click.option("--json", "json", is_flag=True, help="Print one JSON document.")
        @at_stage
        @wraps(command)
        def run(environment: Environment, /, *args: P.args, **kwargs: P.kwargs) -> None:
            context = build(environment, json=bool(kwargs.pop("json")))
            command(context, *args, **kwargs)

        return run

    return decorate


def _staged(
    command: Callable[Concatenate[Environment, P], None], help_text: str, *, not_for_the_demo: str
) -> Callable[P, None]:
    @click.option("--stage", envvar="PARLEY_STAGE", default="dev", show_default=True, help=help_text)
    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        stage = str(kwargs.pop("stage"))
        if stage == DEMO and not_for_the_demo:
            raise UsageError(not_for_the_demo)
        try:
            environment = find(stage, os.environ)
            with environment.explaining():
                command(environment, *args, **kwargs)
        except UnknownPerson as exc:
            raise click.ClickException(f"{exc}: see scripts/parley people list") from exc
        except UnknownKey as exc:
            raise click.ClickException(f"{exc}: see scripts/parley keys list") from exc
        except ParleyError as exc:
            raise click.ClickException(str(exc)) from exc

    return run
