"""Parses the room that a frame names: in `room` by a name, or in `conversationId` by any text."""

from dataclasses import dataclass
from typing import Any, Final

from chalicelib.access import identity
from chalicelib.conversation.surrogates import clean

NAME_RULE: Final = "must be 1 to 64 of A-Z a-z 0-9 . _ -"
_ID_RULE: Final = f"must be a text of 1 to {identity.LONGEST_CONVERSATION_ID} characters"


@dataclass(frozen=True)
class Room:
    """The room that a frame names."""

    name: str
    conversation_id: str = ""
    """What the client calls it in `conversationId`; empty if it named the room in `room`."""


class InvalidRoom(ValueError):
    """The frame's room is no name, or no text of the right length; the message says which."""


def room_in(values: dict[Any, Any]) -> Room | None:
    """Return the room that the frame names, None if it names none. Raises InvalidRoom.

    If it has both fields, `conversationId` counts.
    """
    names_one = values.get("conversationId") is not None or values.get("room") is not None
    return needed_room_in(values) if names_one else None


def needed_room_in(values: dict[Any, Any]) -> Room:
    """Return the room that the frame names. Raises InvalidRoom, also if it names none."""
    text, name = values.get("conversationId"), values.get("room")
    if text is None:
        if not isinstance(name, str) or not (identity.is_name(name) or identity.is_own_name(name)):
            raise InvalidRoom(f"`room` {NAME_RULE}")
        return Room(name)
    if not isinstance(text, str) or not 0 < len(text) <= identity.LONGEST_CONVERSATION_ID:
        raise InvalidRoom(f"`conversationId` {_ID_RULE}")
    return Room(identity.room_name(clean(text)), clean(text))
