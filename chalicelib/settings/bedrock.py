"""The settings of a model at Amazon Bedrock, and what its id says."""

import re
from dataclasses import dataclass
from typing import Final

from chalicelib.errors import ConfigError
from chalicelib.settings import variables
from chalicelib.settings.variables import Variables

PREFIX: Final = "bedrock:"
"""What PARLEY_MODEL begins with, in front of the id of a model or of an inference profile."""
_ID: Final = re.compile(r"[a-z][a-z0-9-]*(\.[A-Za-z0-9-]+)+(:\d+)*(:\d+k)?", re.ASCII)
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}|", re.ASCII)
_GUARDRAIL: Final = re.compile(r"([a-z0-9]{1,64}):([1-9][0-9]{0,7}|DRAFT)|", re.ASCII)
_AREAS: Final = frozenset({"us", "eu", "apac", "jp", "au", "ca", "in", "us-gov", "global"})
"""What the ids of inference profiles begin with: where their requests are answered."""


@dataclass(frozen=True)
class BedrockSettings:
    """Where Bedrock is asked, and what filters the questions and the answers."""

    region: str
    """Empty for the region of the stage, where that is not known."""
    guardrail: tuple[str, str] | None
    """The id and the version of a guardrail in that region."""

    @property
    def host(self) -> str:
        """The host that receives users' messages."""
        return f"bedrock-runtime.{self.region}.amazonaws.com" if self.region else "Amazon Bedrock"

    @classmethod
    def from_env(cls, env: Variables) -> "BedrockSettings":
        """Parse PARLEY_BEDROCK_REGION, PARLEY_BEDROCK_GUARDRAIL and Lambda's own AWS_DEFAULT_REGION."""
        chosen = env.read("PARLEY_BEDROCK_REGION", "", region)
        guardrail = env.read("PARLEY_BEDROCK_GUARDRAIL", "", _guardrail)
        return cls(chosen or env.text("AWS_DEFAULT_REGION"), guardrail)


def area_and_model(model: str) -> tuple[str, str]:
    """Return the area of an inference profile's id, and the id of its model; no area for the id of a model."""
    area, _, rest = model.partition(".")
    return (area, rest) if area in _AREAS else ("", model)


def model_name(variable: str, value: str) -> str:
    """Validate a model's name, or the id of one of Bedrock's, or of an inference profile, after `bedrock:`."""
    if value.startswith(PREFIX) and not _ID.fullmatch(value.removeprefix(PREFIX)):
        raise ConfigError(f"{variable} must be {PREFIX} and an id of Bedrock, such as {PREFIX}eu.amazon.nova-lite-v1:0")
    return variables.name(variable, value)


def region(variable: str, value: str) -> str:
    """Validate the name of an AWS region; it may be empty."""
    if not _REGION.fullmatch(value):
        raise ConfigError(f"{variable} must be an AWS region such as eu-central-1")
    return value


def _guardrail(variable: str, value: str) -> tuple[str, str] | None:
    found = _GUARDRAIL.fullmatch(value)
    if not found:
        raise ConfigError(f"{variable} must be a guardrail's id and version such as abc123def456:1")
    return (found[1], found[2]) if value else None
