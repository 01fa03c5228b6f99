"""What commands share: the stage they are about, and one line for whatever Parley raises. Imports nothing slow."""

import os
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

import click

from chalicelib.errors import ParleyError, UnknownPerson
from scripts.cli.stage import Place, find

P = ParamSpec("P")


def at_stage(command: Callable[Concatenate[Place, P], None]) -> Callable[P, None]:
    """Give a command `--stage`, its place as the first argument, and errors in words."""

    @click.option("--stage", envvar="PARLEY_STAGE", default="dev", show_default=True, help="Which one; or `demo`.")
    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        stage = str(kwargs.pop("stage"))
        try:
            place = find(stage, os.environ)
            with place.explaining():
                command(place, *args, **kwargs)
        except UnknownPerson as exc:
            raise click.ClickException(f"{exc}: see scripts/parley people list") from exc
        except ParleyError as exc:
            raise click.ClickException(str(exc)) from exc

    return run
