"""Tells the model who wrote each message of a room, by a mark in front of the words that no words can imitate."""

import re
from typing import Final

from chalicelib.access import identity
from chalicelib.conversation.turn import Turn

_LIKE_A_MARK: Final = re.compile(r"\[(?=\s*[0-9a-f]{8}\b)", re.IGNORECASE)


def speaker_of(turn: Turn) -> str:
    """Return the pseudonym of who wrote the turn's message in a room; empty in a conversation with a single person."""
    return identity.pseudonym(turn.person) if identity.is_room(turn.conversation) else ""


def marked(text: str, speaker: str) -> str:
    """Return the text as `[3f1c09ab] text`, unchanged without a speaker.

    What looks like such a mark within the text gets a backslash, so that the first mark is the only one.
    """
    return f"[{speaker}] {_LIKE_A_MARK.sub(chr(92) + chr(92) + '[', text)}" if speaker else text
