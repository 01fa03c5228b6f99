"""Shares options and error handling between commands. Imports nothing slow, since `--help` imports it."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from functools import wraps
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

import click

from chalicelib.errors import ParleyError, UnknownKey, UnknownPerson
from scripts.stage import aws_choice, hints
from scripts.stage.environment import DEMO, Environment, UsageError, find

P = ParamSpec("P")
C = TypeVar("C")
_DEFAULT: Final = "The variable PARLEY_STAGE changes the default."


class NotFound(click.ClickException):
    """Reports in one line that the stage has no such person, key, request or message; exits with 3."""

    exit_code = 3


class OutputFormat(Enum):
    """The two forms in which commands print."""

    TEXT = auto()
    JSON = auto()


def clock() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def from_callers_folder(path: Path | str) -> Path:
    """Resolve a path against the folder of the caller: `scripts/parley` changes to the project's folder."""
    return Path(os.environ.get("PARLEY_CALLED_FROM", "")) / path


def confirm(question: str, *, yes: bool, otherwise: str, is_json: bool = False) -> None:
    """Ask the owner, unless `yes`. Raises ClickException with `otherwise` if the answer is no.

    Raises UsageError if there is no answer, as in a script without a terminal, or if the output is JSON.
    """
    if yes:
        return
    if is_json:
        raise UsageError("--json cannot ask for confirmation: add --yes")
    with asking(otherwise):
        agreed = click.confirm(question, err=True)
    if not agreed:
        raise click.ClickException(otherwise)


@contextmanager
def asking(otherwise: str) -> Iterator[None]:
    """Ask a question within the block. Raises UsageError with `otherwise` if there is no terminal and no answer."""
    try:
        yield
    except click.Abort:
        if sys.stdin.isatty():
            raise
        click.echo(err=True)
        raise UsageError(f"{otherwise}, as there is no terminal to ask in: add --yes") from None


def yes_option(command: Callable[P, C]) -> Callable[P, C]:
    """Add `--yes` to a command that asks for confirmation."""
    return click.option("--yes", is_flag=True, help="Do not ask for confirmation.")(command)


def at_stage(command: Callable[Concatenate[Environment, P], None]) -> Callable[P, None]:
    """Add `--stage` to a command, pass it the stage's environment, and print each ParleyError in one line."""
    return _staged(command, f"Stage to act on: dev, prod or demo. {_DEFAULT}", not_for_the_demo="")


def at_deployed_stage(
    not_for_the_demo: str,
) -> Callable[[Callable[Concatenate[Environment, P], None]], Callable[P, None]]:
    """Do the same as `at_stage`, but refuse the stage `demo` with this message."""
    return lambda command: _staged(
        command, f"Stage to act on: dev or prod. {_DEFAULT}", not_for_the_demo=not_for_the_demo
    )


def with_context(
    build: Callable[[Environment, OutputFormat], C],
) -> Callable[[Callable[Concatenate[C, P], None]], Callable[P, None]]:
    """Add `--stage` and `--json` to a command, and pass it the context that `build` returns."""

    def decorate(command: Callable[Concatenate[C, P], None]) -> Callable[P, None]:
        @click.option("--json", "json", is_flag=True, help="Print one JSON document.")
        @at_stage
        @wraps(command)
        def run(environment: Environment, /, *args: P.args, **kwargs: P.kwargs) -> None:
            context = build(environment, OutputFormat.JSON if kwargs.pop("json") else OutputFormat.TEXT)
            command(context, *args, **kwargs)

        return run

    return decorate


def _staged(
    command: Callable[Concatenate[Environment, P], None], help_text: str, *, not_for_the_demo: str
) -> Callable[P, None]:
    @click.option("--profile", help="AWS profile to use, even if variables of the shell hold AWS keys.")
    @click.option("--region", help="AWS region of the stage.")
    @click.option("--stage", envvar="PARLEY_STAGE", default="dev", show_default=True, help=help_text)
    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        stage = str(kwargs.pop("stage"))
        profile, region = (_text(kwargs.pop(name)) for name in ("profile", "region"))
        if stage == DEMO and not_for_the_demo:
            raise UsageError(not_for_the_demo)
        with aws_choice.chosen(profile, region), _explaining(stage):
            environment = find(stage, os.environ, region=region)
            with environment.explaining():
                command(environment, *args, **kwargs)

    return run


def _text(value: object) -> str | None:
    return str(value) if value else None


@contextmanager
def _explaining(stage: str) -> Iterator[None]:
    """Translate each ParleyError within the block to one line, with the command that helps."""
    try:
        yield
    except UnknownPerson as exc:
        raise NotFound(f"there is no person with that id: see {hints.command('people list', stage)}") from exc
    except UnknownKey as exc:
        raise NotFound(f"there is no key with that id: see {hints.command('keys list', stage)}") from exc
    except ParleyError as exc:
        raise click.ClickException(str(exc)) from exc
