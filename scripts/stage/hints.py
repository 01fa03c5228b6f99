"""Writes the commands that messages tell the owner to run. Other modules do not write `scripts/parley` commands."""

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

PROGRAM: Final = "scripts/parley"
_ADDED: Final = ContextVar("_ADDED", default="")


def command(words: str, stage: str) -> str:
    """Return the command line that runs `words`, such as `people list`, for a stage; it can be pasted."""
    return f"{PROGRAM} {words} --stage {stage}{_ADDED.get()}"


@contextmanager
def adding(options: Mapping[str, str | None]) -> Iterator[None]:
    """Add these options to all commands within the block, so that a pasted one acts in the same account and region."""
    added = "".join(f" {name} {shlex.quote(value)}" for name, value in options.items() if value)
    token = _ADDED.set(added)
    try:
        yield
    finally:
        _ADDED.reset(token)
