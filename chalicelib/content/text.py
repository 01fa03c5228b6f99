"""Loads the bot's own sentences from `locales/<language>.toml`; whole pages are in `templates/`, not here."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Texts:
    """The sentences of one language, by key."""

    language: str
    sentences: Mapping[str, str]

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the sentence with its blanks filled in. Raises KeyError for an unknown key or a missing value."""
        return self.sentences[key].format(**values)


def load(language: str) -> Texts:
    """Load the texts of a language such as `en`. Raises FileNotFoundError when there are none."""
    source = files("chalicelib").joinpath("content", "locales", f"{language}.toml").read_text("utf-8")
    return Texts(language, tomllib.loads(source))
