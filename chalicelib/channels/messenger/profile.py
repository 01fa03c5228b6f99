"""Builds the page's Messenger profile and compares it: start button, menu, commands, and the greeting apart from them.

Source of the limits: Meta's "Messenger Profile API" and its pages on the persistent menu and commands, April 2026. The
page on the greeting still exists, but Meta's own SDKs for v25 and v26 do not have the property any more.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chalicelib.content.text import Texts
from chalicelib.conversation.commands import Command
from chalicelib.errors import ConfigError

MAX_GREETING: Final = 160
MAX_TITLE: Final = 30
"""Characters of a menu item's title; a command's description, which is the same text, may have 64."""
PROPERTIES: Final = ("get_started", "persistent_menu", "commands")
"""The properties that the bot needs; all others but the greeting belong to the owner."""
GREETING: Final = ("greeting",)
"""The property that Meta may refuse, and then the whole call with it: so it gets calls of its own."""
_OFFERED: Final = (Command.HELP, Command.USAGE, Command.RESET, Command.FORGET)
_TARGETS: Final = frozenset({"payload", "name"})
"""The fields of a button and of a command that say what it does."""

Profile = Mapping[str, Any]


def required(texts: Texts) -> Profile:
    """Build the profile, by property. Raises ConfigError, which names the text that is too long.

    Where Messenger shows the list of commands it shows no menu, so both offer the same commands.
    """
    titles = {command: _fitting(texts, f"menu_{_name(command)}", MAX_TITLE) for command in _OFFERED}
    buttons = [{"type": "postback", "title": title, "payload": command.value} for command, title in titles.items()]
    commands = [{"name": _name(command), "description": title} for command, title in titles.items()]
    menu = {"locale": "default", "composer_input_disabled": False, "call_to_actions": buttons}
    return {
        "get_started": {"payload": Command.START.value},
        "persistent_menu": [menu],
        "commands": [{"locale": "default", "commands": commands}],
    }


def greeting(texts: Texts) -> Profile:
    """Build the greeting. Raises ConfigError as `required` does."""
    return {"greeting": [{"locale": "default", "text": _fitting(texts, "greeting", MAX_GREETING)}]}


def differing(actual: Profile, expected: Profile) -> Profile:
    """Return the expected properties that differ and must be written; fields that Meta adds are not compared."""
    return {name: value for name, value in expected.items() if not _contains(actual.get(name), value)}


def missing(actual: Profile, expected: Profile) -> Sequence[str]:
    """Return the names of properties that do not exist or lack a command; the owner may have changed the texts."""
    return [
        name
        for name, value in expected.items()
        if not actual.get(name) or not _targets(value) <= _targets(actual[name])
    ]


def _contains(actual: object, expected: object) -> bool:
    match expected:
        case Mapping():
            return isinstance(actual, Mapping) and all(_contains(actual.get(key), expected[key]) for key in expected)
        case list():
            if not isinstance(actual, list) or len(actual) != len(expected):
                return False
            return all(_contains(*pair) for pair in zip(actual, expected, strict=True))
    return actual == expected


def _targets(value: object) -> frozenset[str]:
    """Collect the payloads of all buttons and the names of all commands in a property."""
    match value:
        case Mapping():
            own = {str(inner) for key, inner in value.items() if key in _TARGETS}
            return frozenset(own).union(*map(_targets, value.values()))
        case list():
            return frozenset().union(*map(_targets, value))
    return frozenset()


def _name(command: Command) -> str:
    return command.value.removeprefix("/")


def _fitting(texts: Texts, key: str, limit: int) -> str:
    text = texts(key)
    if len(text) > limit:
        raise ConfigError(f'the text "{key}" has {len(text)} characters; Meta takes {limit}: shorten it')
    return text
