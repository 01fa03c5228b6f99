"""The three choices of channels that a deployment can have."""

from typing import Final

from chalicelib.ids import Channels
from chalicelib.settings import Settings, Stage

BOTH: Final = Channels(messenger=True, web=True)
MESSENGER: Final = Channels(messenger=True, web=False)
WEB: Final = Channels(messenger=False, web=True)
ALL: Final = (BOTH, MESSENGER, WEB)


def stage_with(channels: Channels, name: str) -> Stage:
    """Return a stage of that name, which has these channels."""
    return Settings.from_env({"PARLEY_STAGE": name, "PARLEY_CHANNELS": str(channels)}).stage
