"""What the bot itself says, read from `texts/<language>.toml`; only whole pages stand elsewhere, in `pages/`."""

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
        """The sentence with its blanks filled in. A key that does not exist is a programming error: KeyError."""
        return self.sentences[key].format(**values)


def load(language: str) -> Texts:
    """The texts that ship with the bot; FileNotFoundError when there is no such language."""
    source = files("chalicelib").joinpath("content", "locales", f"{language}.toml").read_text("utf-8")
    return Texts(language, tomllib.loads(source))
