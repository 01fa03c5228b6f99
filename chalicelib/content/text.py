"""Loads the bot's own sentences from `locales/<language>.toml`; whole pages are in `templates/`, not here.

A sentence whose words depend on a number is a table: `by` names the blank with the number, and `one`, `many` and
`other` are the sentence for each plural that the language has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from chalicelib.content.locale_rules import RULES
from chalicelib.settings.languages import ENGLISH

Sentence = str | Mapping[str, str]


@dataclass(frozen=True)
class Texts:
    """The sentences of one language, by key."""

    language: str
    sentences: Mapping[str, Sentence]

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the sentence with its blanks filled in; in English if the language lacks it.

        Numbers, dates and times are written as the language has it; other values as they are. Raises KeyError for an
        unknown key or a missing value.
        """
        sentence = self.sentences.get(key)
        if sentence is None and self.language != ENGLISH:
            return load(ENGLISH)(key, **values)
        shown = {name: self.shown(value) for name, value in values.items()}
        return self._form(self.sentences[key], values).format(**shown)

    def shown(self, value: object) -> str:
        """Return a value as the language writes it."""
        rules = RULES[self.language]
        match value:
            case bool():
                return str(value)
            case int() | Decimal():
                return rules.number(value)
            case date():
                return rules.date(value)
            case time():
                return rules.clock(value)
        return str(value)

    def _form(self, sentence: Sentence, values: Mapping[str, Any]) -> str:
        if isinstance(sentence, str):
            return sentence
        form = RULES[self.language].plural(values[sentence["by"]])
        return sentence.get(form) or sentence["other"]


@cache
def load(language: str) -> Texts:
    """Load the texts of a language such as `en`, once. Raises FileNotFoundError when there are none."""
    import tomllib  # noqa: PLC0415 (slow to import, and the webhook says nothing)

    source = files("chalicelib").joinpath("content", "locales", f"{language}.toml").read_text("utf-8")
    return Texts(language, tomllib.loads(source))
