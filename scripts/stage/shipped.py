"""Checks what is deployed with the code: personas, prices and the names that settings use."""

from collections.abc import Mapping

from chalicelib.content import persona
from chalicelib.errors import ConfigError
from chalicelib.llm import prices
from chalicelib.settings import Settings


def check_shipped(env: Mapping[str, str]) -> None:
    """Raise ConfigError unless functions with the environment `env` can use every persona, price and setting.

    The error names the file with the line, or the setting, and says what is allowed.
    """
    settings = Settings.from_env(env)
    if wrong := persona.name_error(settings.messenger.persona):
        raise ConfigError(f'PARLEY_MESSENGER_PERSONA is "{settings.messenger.persona}"; it {wrong}')
    for name in persona.names():
        persona.load(name)
    prices.listed()
