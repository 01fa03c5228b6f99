"""Who the bot is, read from `personas/<name>.toml`; no other instruction to a model stands in the code."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final

_FOLDER: Final = files("chalicelib").joinpath("content", "personas")


@dataclass(frozen=True)
class Persona:
    """What stands in its file, where these are the keys; the last two may be missing."""

    name: str
    """As people read it."""
    instructions: str = field(repr=False)
    max_output_tokens: int
    opening: str = ""
    """What it says before anybody wrote."""
    temperature: float | None = None
    """How freely the model chooses its words, from 0 to 2; None leaves that to it."""


@cache
def names() -> tuple[str, ...]:
    """Those that ship with the bot, in order of the alphabet."""
    return tuple(sorted(file.name.removesuffix(".toml") for file in _FOLDER.iterdir() if file.name.endswith(".toml")))


@cache
def load(name: str) -> Persona:
    """A persona that ships with the bot; FileNotFoundError when there is no such one."""
    if name not in names():
        raise FileNotFoundError(f'there is no persona "{name}"; there are {", ".join(names())}')
    values = tomllib.loads(_FOLDER.joinpath(f"{name}.toml").read_text("utf-8"))
    instructions = values.pop("instructions").strip()
    if opening := values.get("opening"):
        instructions += f"\nYou opened this conversation with these words, which people have read: {opening}"
    return Persona(instructions=instructions, **values)
