"""Who the bot is, read from `personas/<name>.toml`; no other instruction to a model stands in the code."""

import tomllib
from dataclasses import dataclass, field
from importlib.resources import files


@dataclass(frozen=True)
class Persona:
    """Instructions, and how long an answer may get."""

    name: str
    instructions: str = field(repr=False)
    max_output_tokens: int
    opening: str = ""
    temperature: float | None = None


def load(name: str) -> Persona:
    """A persona that ships with the bot; FileNotFoundError when there is no such one."""
    source = files("chalicelib").joinpath("personas", f"{name}.toml").read_text("utf-8")
    values = tomllib.loads(source)
    return Persona(**{**values, "instructions": values["instructions"].strip()})
