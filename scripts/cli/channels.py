"""Lets the owner choose the channels of a stage: by an option, a variable, or the answer to a question."""

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import click

from chalicelib.ids import Channels
from chalicelib.settings import variables
from scripts.stage import config_file
from scripts.stage.environment import ROOT, Environment, of_the_functions

if TYPE_CHECKING:
    from scripts.deploy.deployment import Deployment

VARIABLE: Final = "PARLEY_CHANNELS"
BOTH: Final = "messenger,web"
_ANSWERS: Final = {"messenger": "messenger", "web": "web", "both": BOTH}

option = click.option(
    "--channels",
    "name",
    type=click.Choice(["messenger", "web", BOTH]),
    help="Where people write to the bot. Asked for at the first deployment; later it stays as it is.",
)


def given(name: str | None) -> Channels | None:
    """Return the channels that the option `name` or else the shell's variable has; None without either.

    Raises ConfigError.
    """
    value = name or os.environ.get(VARIABLE, "")
    return variables.channels(VARIABLE, value) if value else None


def found(deployment: "Deployment", *, ask: bool) -> Channels | None:
    """Return the channels of a stage that nobody has chosen here: those deployed, else the answer to a question.

    None if they are chosen in the project's configuration, or nobody can be asked.
    """
    is_default = deployment.channels == variables.channels(VARIABLE, BOTH)
    if not is_default or config_file.load(ROOT).chooses(deployment.stage, VARIABLE):
        return None
    if deployed := deployment.stack.parameters().get("Channels"):  # from another computer
        return variables.channels(VARIABLE, deployed)
    if not (ask and sys.stdin.isatty()) or deployment.stack.status():
        return None
    answer = click.prompt("Messenger, web, or both?", type=click.Choice(list(_ANSWERS)), show_choices=False)
    return variables.channels(VARIABLE, _ANSWERS[answer])


def with_channels(environment: Environment, channels: Channels) -> Environment:
    """Return the stage's environment as it is with these channels."""
    settings = environment.settings
    stage = replace(settings.stage, channels=channels)
    return replace(environment, settings=replace(settings, stage=stage))


def keep(stage: str, channels: Channels) -> None:
    """Write the channels to the project's configuration, which build and functions read, unless it has them."""
    if of_the_functions(stage).settings().stage.channels != channels:
        config_file.write(ROOT, stage, {VARIABLE: str(channels)})
        click.echo(f"{VARIABLE} of stage {stage} is {channels} in {config_file.NAME} now.")
