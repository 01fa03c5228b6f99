"""Checks what is deployed with the code: personas, prices and the names that settings use."""

from chalicelib.content import persona
from chalicelib.errors import ConfigError
from chalicelib.llm import prices
from scripts.stage.config_file import StageVariables

_PERSONA = "PARLEY_MESSENGER_PERSONA"


def check_shipped(variables: StageVariables) -> None:
    """Raise ConfigError unless functions with these variables can use every persona, price and setting.

    The error names the file with the line, or the setting, and says what is allowed.
    """
    name = variables.settings().messenger.persona
    if wrong := persona.name_error(name):
        raise ConfigError(variables.located(_PERSONA, f'{_PERSONA} is "{name}"; it {wrong}'))
    for name in persona.names():
        persona.load(name)
    prices.listed()
