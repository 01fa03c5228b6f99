"""The payloads of the page's own buttons: what a button sends, and in which language the person reads it.

Meta shows each person the menu and the questions of their own language, and tells the bot nothing else about it.
"""

import re
from typing import Final

from chalicelib.settings.languages import known

ASK: Final = "ask"
"""Of a button whose title is the question."""
_MARKED: Final = re.compile(r"(?P<payload>/.*|ask)#(?P<tag>[A-Za-z]{2}(?:-[A-Za-z]{2})?)", re.ASCII)


def in_language(payload: str, language: str) -> str:
    """Mark a payload with the language of its button."""
    return f"{payload}#{language}"


def read(payload: object) -> tuple[object, str]:
    """Return a payload without its mark, and the language in it; empty if there is none."""
    marked = _MARKED.fullmatch(payload) if isinstance(payload, str) else None
    return (marked["payload"], known(marked["tag"])) if marked else (payload, "")


def is_question_of_ours(payload: object) -> bool:
    """Whether the payload is of one of the questions that the bot's own set-up writes."""
    found, language = read(payload)
    return found == ASK and bool(language)
