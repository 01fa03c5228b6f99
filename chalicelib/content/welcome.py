"""What a persona shows before the first message, in each of its languages, checked before it is used."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.content.persona_file import checked, language
from chalicelib.content.toml_file import TomlFile

LONGEST_OPENING: Final = 160
"""Characters."""
LONGEST_TITLE: Final = 60
BY_THE_MODEL: Final = "model"
"""As `opening`: the model opens each conversation itself."""
MOST_STARTERS: Final = 4
LONGEST_STARTER: Final = 80


@dataclass(frozen=True)
class Welcome:
    """What the web chat shows before the first message, in one language."""

    opening: str = ""
    """The greeting; empty for none."""
    starters: tuple[str, ...] = ()
    """Questions to begin with, which are offered while the conversation is empty."""
    title: str = ""
    """A line below the name, and the title of the page; empty for none."""

    def public(self) -> dict[str, Any]:
        """Return what there is, by its names in the protocol."""
        values = {"opening": self.opening, "starters": list(self.starters), "title": self.title}
        return {name: value for name, value in values.items() if value}


def welcome_of(file: TomlFile) -> Welcome:
    """Return the welcome in a persona's own language. Raises ConfigError with file, line and reason."""
    return _welcome(file, {**file.values, **_fixed_opening(file)})


def model_opens(file: TomlFile) -> bool:
    """Whether the model opens each conversation itself."""
    return file.values.get("opening") == BY_THE_MODEL


def translations_of(file: TomlFile) -> dict[str, Welcome]:
    """Return the welcomes in other languages. Raises ConfigError with file, line and reason."""
    given = file.values.get("translations", {})
    if not isinstance(given, Mapping) or not all(isinstance(value, Mapping) for value in given.values()):
        raise file.error("translations must have a table for each language: [translations.de]", "translations")
    for key in given:
        language(file, key, "translations", key)
        file.check_keys(("opening", "starters", "title"), "translations", key)
    return {key: _welcome(file, values, "translations", key) for key, values in given.items()}


def _fixed_opening(file: TomlFile) -> Mapping[str, Any]:
    """Return the opening that people read where the model opens conversations and fails."""
    opens, fixed = model_opens(file), file.values.get("fixed_opening")
    if opens and fixed is None:
        raise file.error('opening = "model" needs fixed_opening: what people read where the model fails', "opening")
    if not opens and fixed is not None:
        raise file.error('fixed_opening is for opening = "model" only: write the text as opening', "fixed_opening")
    return {"opening": checked(file, fixed, "fixed_opening", most=LONGEST_OPENING)} if opens else {}


def _welcome(file: TomlFile, values: Mapping[str, Any], *path: str) -> Welcome:
    opening = checked(file, values["opening"], *path, "opening", most=LONGEST_OPENING) if "opening" in values else ""
    title = checked(file, values["title"], *path, "title", most=LONGEST_TITLE) if "title" in values else ""
    if not title.isprintable():
        raise file.error("title must be a single line", *path, "title")
    return Welcome(opening, _starters(file, values.get("starters", []), *path), title)


def _starters(file: TomlFile, given: object, *path: str) -> tuple[str, ...]:
    if not isinstance(given, list) or len(given) > MOST_STARTERS or not all(map(_is_starter, given)):
        limits = f"up to {MOST_STARTERS} texts of 1 to {LONGEST_STARTER} characters, each on one line"
        raise file.error(f"starters must be a list of {limits}", *path, "starters")
    return tuple(starter.strip() for starter in given)


def _is_starter(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= LONGEST_STARTER and value.strip().isprintable()
