"""The languages that the bot speaks, and the setting of the deployment's own."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chalicelib.errors import ConfigError

ENGLISH: Final = "en"
LANGUAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": "English",
        "de": "Deutsch",
        "ko": "한국어",
        "es": "Español",
        "fr": "Français",
        "pt-BR": "Português (Brasil)",
    }
)
"""What each language calls itself, by its tag; `content/locales` has a file for each."""


def known(tag: str) -> str:
    """Return the language of a tag such as `de-AT` or `pt_PT`, by its first part; empty if the bot lacks it."""
    first = tag.replace("_", "-").partition("-")[0].strip().lower()
    return next((language for language in LANGUAGES if language.partition("-")[0] == first), "")


def preferred(accepted: str, otherwise: str) -> str:
    """Return the first language of an Accept-Language header that the bot speaks."""
    tags = (part.partition(";")[0] for part in accepted.split(","))
    return next(filter(None, map(known, tags)), otherwise)


def language(name: str, value: str) -> str:
    """Parse the tag of a language. Raises ConfigError."""
    if found := known(value):
        return found
    raise ConfigError(f"{name} must be one of {', '.join(LANGUAGES)}")
