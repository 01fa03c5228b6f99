"""Who the bot is, read from `personas/<name>.toml`; no other instruction to a model stands in the code."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final

_FOLDER: Final = files("chalicelib").joinpath("personas")
_ENDING: Final = ".toml"


@dataclass(frozen=True)
class Persona:
    """Instructions, how long an answer may get, and what people see of it."""

    instructions: str = field(repr=False)
    max_output_tokens: int
    name: str
    """As people are told."""
    opening: str
    """What it says before anybody wrote; empty for nothing."""
    temperature: float | None = None
    """How freely it chooses its words; None leaves that to the model."""


def load(name: str) -> Persona:
    """A persona that ships with the bot; FileNotFoundError when there is no such one."""
    values = tomllib.loads(_FOLDER.joinpath(f"{name}{_ENDING}").read_text("utf-8"))
    return Persona(
        instructions=values["instructions"].strip(),
        max_output_tokens=values["max_output_tokens"],
        name=values["name"],
        opening=values.get("opening", ""),
        temperature=values.get("temperature"),
    )


def names() -> Sequence[str]:
    """All that ship with the bot."""
    return sorted(file.name.removesuffix(_ENDING) for file in _FOLDER.iterdir() if file.name.endswith(_ENDING))
