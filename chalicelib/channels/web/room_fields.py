"""Adds to the frames of a room which room they are of, since a client may follow several."""

import json
from typing import Final

from chalicelib.access import identity
from chalicelib.conversation.connection import Connection

_WITHOUT_ROOM: Final = ('{"type":"pong"', '{"type":"ready"')
"""The beginnings of frames that need nothing: one is of no room, and the other says its room already."""


def with_room(connection: Connection, frame: str) -> str:
    """Return a frame about the conversation that the connection is in, with the room if that is one.

    The room is in `room`, and in `conversationId` for a client that uses that name. Clients of whole answers get only
    `conversationId`.
    """
    return frame if frame.startswith(_WITHOUT_ROOM) else f"{frame[:-1]}{_room_fields(connection)}}}"


def conversation_id_of(connection: Connection) -> str:
    """Return what a client that uses `conversationId` calls the room that it is in; empty if it is not known.

    A text that is no name is known only if the client's frame has it, or from `in_conversation`.
    """
    if not connection.room or not connection.by_id or connection.conversation_id:
        return connection.conversation_id
    return "" if identity.is_hash(connection.room) else connection.room


def _room_fields(connection: Connection) -> str:
    if not connection.room:
        return ""
    named = conversation_id_of(connection)
    if connection.whole_answers:
        return _field("conversationId", named if connection.by_id else connection.room)
    return _field("room", connection.room) + _field("conversationId", named)


def _field(name: str, value: str) -> str:
    return f',"{name}":{json.dumps(value, ensure_ascii=False)}' if value else ""
