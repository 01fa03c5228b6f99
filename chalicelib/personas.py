"""Who the bot is, read from `personas/<name>.toml`; no other instruction to a model stands in the code."""

import tomllib
from dataclasses import dataclass, field
from importlib.resources import files


@dataclass(frozen=True)
class Persona:
    """Instructions, and how long an answer may get."""

    instructions: str = field(repr=False)
    max_output_tokens: int


def load(name: str) -> Persona:
    """A persona that ships with the bot; FileNotFoundError when there is no such one."""
    source = files("chalicelib").joinpath("personas", f"{name}.toml").read_text("utf-8")
    values = tomllib.loads(source)
    return Persona(instructions=values["instructions"].strip(), max_output_tokens=values["max_output_tokens"])
