"""The frames about the list of a person's own conversations, as values."""

from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.access import identity
from chalicelib.access.own_conversations import shortened
from chalicelib.channels.web.room_names import Room, room_in
from chalicelib.conversation.surrogates import clean

MAX_CREDENTIAL: Final = 8 * 1024
"""Characters of a key, a ticket or a token."""


@dataclass(frozen=True)
class ListConversations:
    """A request for the list."""

    n: int | None = None


@dataclass(frozen=True)
class Rename:
    """A request to change the title of a conversation of one's own."""

    title: str = field(repr=False)
    room: Room | None = None
    """None for the first conversation; so in `Erase`."""
    n: int | None = None


@dataclass(frozen=True)
class Erase:
    """A request to delete a conversation of one's own."""

    room: Room | None = None
    n: int | None = None


@dataclass(frozen=True)
class TakeAlong:
    """A request of a person who signed in to take a visitor's conversation along."""

    ticket: str = field(repr=False)
    """The visitor's."""
    n: int | None = None


AboutOwn = ListConversations | Rename | Erase


class InvalidOwnFrame(ValueError):
    """The frame names a room of several people, or lacks a title or a ticket; the message says which."""


def rename(values: dict[Any, Any]) -> Rename:
    """Parse `rename`. Raises InvalidOwnFrame and InvalidRoom."""
    title = values.get("title")
    if not isinstance(title, str) or not shortened(clean(title)):
        raise InvalidOwnFrame("`title` must be a text that is not blank")
    return Rename(shortened(clean(title)), _own_in(values))


def erase(values: dict[Any, Any]) -> Erase:
    """Parse `erase`. Raises InvalidOwnFrame and InvalidRoom."""
    return Erase(_own_in(values))


def take_along(values: dict[Any, Any]) -> TakeAlong:
    """Parse `take_along`. Raises InvalidOwnFrame."""
    match values.get("ticket"):
        case str(ticket) if 0 < len(ticket) <= MAX_CREDENTIAL:
            return TakeAlong(clean(ticket))
    raise InvalidOwnFrame("`take_along` needs the visitor's `ticket`, as a text")


def _own_in(values: dict[Any, Any]) -> Room | None:
    room = room_in(values)
    if room and not identity.is_own_name(room.name):
        raise InvalidOwnFrame("`room` must be a conversation of your own: `~` and 1 to 40 of A-Z a-z 0-9 . _ -")
    return room
