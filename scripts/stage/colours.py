"""Decides whether commands print in colour: not if NO_COLOR is set (https://no-color.org)."""

import os

import click


def are_unwanted() -> bool:
    """Whether the environment has NO_COLOR, with any value but an empty one."""
    return bool(os.environ.get("NO_COLOR"))


def heed(context: click.Context) -> None:
    """Make click print the command of this context, and its subcommands, without colours if they are unwanted."""
    if are_unwanted():
        context.color = False
