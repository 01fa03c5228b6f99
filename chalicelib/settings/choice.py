"""The settings of the models that may answer beside the deployment's own."""

from dataclasses import dataclass
from typing import Final

from chalicelib.errors import ConfigError
from chalicelib.settings import bedrock
from chalicelib.settings.bedrock import BedrockSettings
from chalicelib.settings.variables import Variables

_MOST: Final = 20


@dataclass(frozen=True)
class ChoiceSettings:
    """The names of models as the owner writes them: those of Bedrock begin with `bedrock:`."""

    listed: tuple[str, ...]
    """The models that a persona, an API key or a person may have beside PARLEY_MODEL."""
    fallback: str
    """The model that is asked where another one is busy or refuses the request; empty for none."""
    bedrock: BedrockSettings
    """Where those of Bedrock are asked."""

    @classmethod
    def from_env(cls, env: Variables) -> "ChoiceSettings":
        """Parse PARLEY_MODELS, PARLEY_FALLBACK_MODEL, and Bedrock's settings."""
        return cls(
            listed=env.read("PARLEY_MODELS", "", _names),
            fallback=env.read("PARLEY_FALLBACK_MODEL", "", lambda variable, value: value and _name(variable, value)),
            bedrock=BedrockSettings.from_env(env),
        )


def _names(variable: str, value: str) -> tuple[str, ...]:
    """Parse names with commas between them; there may be none."""
    names = tuple(_name(variable, name.strip()) for name in value.split(",") if name.strip())
    if len(names) > _MOST:
        raise ConfigError(f"{variable} has {len(names)} models; it may have {_MOST}")
    return tuple(dict.fromkeys(names))


def _name(variable: str, value: str) -> str:
    return bedrock.model_name(variable, value)
