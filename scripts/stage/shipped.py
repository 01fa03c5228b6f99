"""Checks what is deployed with the code: personas, prices, sentences and the names that settings use."""

from collections.abc import Collection, Mapping, Sequence
from string import Formatter
from typing import Final

from chalicelib.content import persona, toml_file
from chalicelib.content.toml_file import TomlFile
from chalicelib.errors import ConfigError
from chalicelib.llm import prices
from chalicelib.settings.languages import LANGUAGES
from scripts.stage.config_file import StageVariables

_PLURALS: Final = frozenset({"by", "one", "many", "other"})
"""The keys of a sentence whose words depend on a number."""


def check_shipped(variables: StageVariables) -> None:
    """Raise ConfigError unless functions with these variables can use every persona, price, sentence and setting.

    The error names the file with the line, or the setting, and says what is allowed.
    """
    settings = variables.settings()
    chosen = {"PARLEY_MESSENGER_PERSONA": settings.messenger.persona, "PARLEY_WEB_PERSONA": settings.web.persona}
    for variable, name in chosen.items():
        if wrong := persona.name_error(name):
            raise ConfigError(variables.located(variable, f'{variable} is "{name}"; it {wrong}'))
    for name in settings.personas_offered:
        if wrong := persona.name_error(name):
            variable = "PARLEY_PERSONAS_OFFERED"
            raise ConfigError(variables.located(variable, f'{variable} has "{name}"; each name {wrong}'))
    for name in persona.names():
        _check_tools(name, persona.load(name).tools, settings.tools.mcp_servers)
    prices.listed()
    _check_sentences()


def _check_tools(name: str, tools: Sequence[str], servers: Collection[str]) -> None:
    """Raise ConfigError if a persona names a tool that does not exist."""
    if not tools:
        return
    from chalicelib.bootstrap.tools import missing  # noqa: PLC0415 (most personas have none)

    if wrong := missing(tools, servers):
        raise ConfigError(f"content/personas/{name}.toml: tools: {wrong}")


def _check_sentences() -> None:
    """Raise ConfigError unless every sentence of the bot is text whose blanks can be filled in, in each language."""
    for language in LANGUAGES:
        file = toml_file.load("content", "locales", f"{language}.toml")
        for name, sentence in file.values.items():
            forms = sentence if isinstance(sentence, Mapping) else {"other": sentence}
            if (
                not forms.keys() <= _PLURALS
                or "other" not in forms
                or not all(isinstance(f, str) for f in forms.values())
            ):
                raise file.error(f"{name} must be text, or a table with {', '.join(sorted(_PLURALS))} as text", name)
            for form in forms.values():
                _check_blanks(file, name, form)


def _check_blanks(file: TomlFile, name: str, sentence: str) -> None:
    try:
        list(Formatter().parse(sentence))
    except ValueError as exc:
        raise file.error(f"{name} has a brace that belongs to no blank; write {{{{ or }}}}", name) from exc
