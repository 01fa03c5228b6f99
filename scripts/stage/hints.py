"""Writes the commands that messages tell the owner to run. Other modules do not write `scripts/parley` commands."""

from typing import Final

PROGRAM: Final = "scripts/parley"


def command(words: str, stage: str) -> str:
    """Return the command line that runs `words`, such as `people list`, for a stage; it can be pasted."""
    return f"{PROGRAM} {words} --stage {stage}"
