"""The commands that a user can send instead of a question, and their parser. `command_handlers` runs them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from chalicelib.access import identity
from chalicelib.ids import ConversationId


class Command(Enum):
    """A command; its value is the text that a user types or that a button sends."""

    START = "/start"
    HELP = "/help"
    RESET = "/reset"
    USAGE = "/usage"
    PERSONA = "/persona"
    """Takes the name of a persona."""
    LANGUAGE = "/language"
    """Takes the tag of a language, or what it calls itself."""
    FORGET = "/forget"
    FORGET_CONFIRMED = "/forget yes"
    FORGET_CANCELLED = "/forget no"
    FORGET_FACT = "/forget …"
    """With the number of a fact in place of the dots."""
    REMEMBER = "/remember"
    """With what is to be remembered behind it."""
    MEMORY = "/memory"
    MEMORY_OFF = "/memory off"
    MEMORY_ON = "/memory on"
    MEMORY_YES = "/memory yes"
    """With what is to be remembered behind it: what the button sends that agrees to it."""
    HUMAN = "/human"
    PRIVACY = "/privacy"
    EXPORT = "/export"
    OWNER = "/owner …"
    """With a code in place of the dots."""
    INVITE = "/invite …"
    """As OWNER; the link of an invite sends it."""


_CHOICES: Final = (Command.PERSONA, Command.LANGUAGE)
"""The commands with a name behind them."""
_MOST_WORDS: Final = 4
"""Of one of these. A longer message is a question."""
_NUMBER: Final = re.compile(r"#?[0-9]{1,6}\.?")
_FORGETTING: Final = frozenset({Command.FORGET, Command.FORGET_CONFIRMED, Command.FORGET_CANCELLED})


def may_blocked_send(text: str, conversation: ConversationId) -> bool:
    """Whether blocked users may send it too: the command that forgets them, not in a room, where others read it."""
    return parse(text) in _FORGETTING and not identity.is_room(conversation)


def parse(text: str) -> Command | None:
    """Parse a command, ignoring case and extra white space; None for every other text, which is a question."""
    words = text.lower().split()
    match words:
        case [Command.REMEMBER.value, *_]:
            return Command.REMEMBER
        case [Command.MEMORY.value, "yes", *_]:
            return Command.MEMORY_YES
        case ["/owner", *_]:
            return Command.OWNER
        case ["/invite", _]:
            return Command.INVITE
        case [Command.FORGET.value, which] if _NUMBER.fullmatch(which):
            return Command.FORGET_FACT
    try:
        return Command(" ".join(words))
    except ValueError:
        begun = next((command for command in _CHOICES if words[:1] == [command.value]), None)
        return begun if len(words) <= _MOST_WORDS else None


def argument_of(text: str) -> str:
    """Return what follows the first word of a command, in small letters; empty for nothing."""
    return " ".join(text.lower().split()[1:])


def text_behind(text: str) -> str:
    """Return what follows the first word of a command, as it was typed; empty for nothing."""
    return "".join(text.split(maxsplit=1)[1:]).strip()


def number(text: str) -> int:
    """Return the number behind `/forget`; 0 for none."""
    behind = argument_of(text)
    return int(behind.strip("#.")) if _NUMBER.fullmatch(behind) else 0


@dataclass(frozen=True)
class NotKnown:
    """A message that was meant as a command and is none."""

    typed: str = field(repr=False)
    """Its first word, with the slash."""
    nearest: Command | None
    """The command that was probably meant."""


_ATTEMPT: Final = re.compile(
    r"[/\uff0f]{1,2}(?P<blank> ?)(?P<name>[^\W\d_](?:[\w-]{0,30}\w)?)[!?.,]*(?P<rest> [^\n]*)?"
)
"""One word behind a slash, and what follows in the line. A path has a second slash, a dot or a digit first."""
_LONGEST: Final = 100
"""Characters; a longer message is a question that begins with a slash."""
_NAMES: Final = {command.value[1:]: command for command in Command if " " not in command.value}
_ALSO: Final[Mapping[str, Command]] = {
    **dict.fromkeys(("commands", "menu", "info"), Command.HELP),
    **dict.fromkeys(("new", "clear", "restart", "newchat"), Command.RESET),
    **dict.fromkeys(("delete", "erase", "remove", "deleteme"), Command.FORGET),
    **dict.fromkeys(("quota", "limit", "left"), Command.USAGE),
    **dict.fromkeys(("memories", "notes", "facts"), Command.MEMORY),
    **dict.fromkeys(("save", "keep", "note"), Command.REMEMBER),
    **dict.fromkeys(("lang", "sprache", "idioma", "langue", "언어"), Command.LANGUAGE),
}
"""What other bots call these commands."""


def not_known(text: str) -> NotKnown | None:
    """Return what a message that begins like a command was meant as; None for commands, and for questions.

    A message that begins with a path, or with a slash and a blank, is a question.
    """
    line = text.strip()
    found = _ATTEMPT.fullmatch(line) if len(line) <= _LONGEST and parse(text) is None else None
    if not found:
        return None
    name, nearest = found["name"], _nearest(found["name"].lower())
    is_sentence = bool(found["rest"]) and len(name) == 1
    is_blank_before = bool(found["blank"]) and (bool(found["rest"]) or name.lower() not in _NAMES)
    return None if is_sentence or is_blank_before else NotKnown(f"/{name}", nearest)


def _nearest(name: str) -> Command | None:
    from difflib import get_close_matches  # noqa: PLC0415 (the functions that receive messages start without it)

    known = {**_NAMES, **_ALSO}
    begun = [word for word in _NAMES if word.startswith(name) or name.startswith(word)]
    close = [name] if name in known else begun or get_close_matches(name, known, n=1, cutoff=0.7)
    return known[close[0]] if close else None
