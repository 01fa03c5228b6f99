"""The page's profile on Messenger as Parley wants it: button, greeting, menu and commands, within Meta's limits. Pure.

Limits as in Meta's "Messenger Profile API" and its pages on the persistent menu and commands, April 2026.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chalicelib.content.text import Texts
from chalicelib.conversation.commands import Command
from chalicelib.errors import ConfigError

MAX_GREETING: Final = 160
MAX_TITLE: Final = 30
"""Of an item of the menu; a command's description may have 64."""
PROPERTIES: Final = ("get_started", "greeting", "persistent_menu", "commands")
"""Those Parley sets; the page's others are the owner's."""
_OFFERED: Final = (Command.HELP, Command.USAGE, Command.RESET, Command.FORGET)
_LEADS: Final = frozenset({"payload", "name"})
"""Where a button or a command says what it does."""

Profile = Mapping[str, Any]


def required(texts: Texts) -> Profile:
    """The profile, by property. Raises ConfigError, which names the text that is too long.

    Where Messenger shows commands it shows no menu, so both offer the same.
    """
    titles = {command: _fitting(texts, f"menu_{_name(command)}", MAX_TITLE) for command in _OFFERED}
    buttons = [{"type": "postback", "title": title, "payload": command.value} for command, title in titles.items()]
    commands = [{"name": _name(command), "description": title} for command, title in titles.items()]
    menu = {"locale": "default", "composer_input_disabled": False, "call_to_actions": buttons}
    return {
        "get_started": {"payload": Command.START.value},
        "greeting": [{"locale": "default", "text": _fitting(texts, "greeting", MAX_GREETING)}],
        "persistent_menu": [menu],
        "commands": [{"locale": "default", "commands": commands}],
    }


def differing(found: Profile, wanted: Profile) -> Profile:
    """The properties that must be written so that all is as wanted; what Meta adds to them does not count."""
    return {name: value for name, value in wanted.items() if not _contains(found.get(name), value)}


def missing(found: Profile, wanted: Profile) -> Sequence[str]:
    """The properties that are not there or lead elsewhere: the words on them are the owner's to change."""
    return [name for name, value in wanted.items() if not found.get(name) or not _leads(value) <= _leads(found[name])]


def _contains(found: object, wanted: object) -> bool:
    match wanted:
        case Mapping():
            return isinstance(found, Mapping) and all(_contains(found.get(key), wanted[key]) for key in wanted)
        case list():
            if not isinstance(found, list) or len(found) != len(wanted):
                return False
            return all(_contains(mine, theirs) for mine, theirs in zip(found, wanted, strict=True))
    return found == wanted


def _leads(value: object) -> frozenset[str]:
    """Where all buttons and commands in it lead."""
    match value:
        case Mapping():
            own = {str(inner) for key, inner in value.items() if key in _LEADS}
            return frozenset(own).union(*map(_leads, value.values()))
        case list():
            return frozenset().union(*map(_leads, value))
    return frozenset()


def _name(command: Command) -> str:
    return command.value.removeprefix("/")


def _fitting(texts: Texts, key: str, limit: int) -> str:
    text = texts(key)
    if len(text) > limit:
        raise ConfigError(f'the text "{key}" has {len(text)} characters; Meta takes {limit}: shorten it')
    return text
