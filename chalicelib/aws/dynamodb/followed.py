"""Converts what a connection follows to attributes of its own item, and back.

Each frame of its client rewrites that item, so what rooms are called is in the member items only.
"""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.conversation.connection import Connection, Followed
from chalicelib.ids import ConversationId

ATTRIBUTES: Final = ("conversation", "by_id", "others")


def followed_values(connection: Connection) -> dict[str, Any]:
    """The attributes, without the empty ones."""
    others = [[one.conversation, one.by_id] for one in connection.others]
    values = {"conversation": connection.conversation, "by_id": connection.by_id, "others": others}
    return {name: value for name, value in values.items() if value}


def others_of(item: Mapping[str, Any]) -> tuple[Followed, ...]:
    """The other conversations that the connection of an item follows; none in one of an older version."""
    return tuple(Followed(ConversationId(one), bool(by_id)) for one, by_id in item.get("others", ()))
