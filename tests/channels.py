"""The three choices of channels that a deployment can have, and a model of each provider."""

from typing import Final

from chalicelib.ids import Channels
from chalicelib.settings.stage import ModelSettings, Settings, Stage

BOTH: Final = Channels(messenger=True, web=True)
MESSENGER: Final = Channels(messenger=True, web=False)
WEB: Final = Channels(messenger=False, web=True)
ALL: Final = (BOTH, MESSENGER, WEB)
OPENAI: Final[ModelSettings] = Settings.from_env({}).model
BEDROCK: Final[ModelSettings] = Settings.from_env({"PARLEY_MODEL": "bedrock:eu.amazon.nova-lite-v1:0"}).model


def stage_with(channels: Channels, name: str) -> Stage:
    """Return a stage of that name, which has these channels."""
    return Settings.from_env({"PARLEY_STAGE": name, "PARLEY_CHANNELS": str(channels)}).stage
