"""The simple shape of server frames: one for each finished answer, for clients that know no other.

A frame is `{"message": "…", "conversationId": "…"}`; `conversationId` is there in rooms only: `for_client` adds it.
`docs/websocket.md` promises the shape.
"""

import json
from collections.abc import Sequence
from typing import Final

from chalicelib.channels.web.room_fields import with_room
from chalicelib.channels.web.server_frames import split
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.turn import JOINED, Reply

_MOST_BYTES: Final = 30_000
"""A longer frame is sent as several, because a client need not read more than 32 KB."""


def answer(reply: Reply) -> list[str]:
    """Build the frame of a finished answer: several if it is too long for one, none if a later answer is it."""
    if reply.code == JOINED:
        return []
    words = "\n\n".join(part for part in (reply.text, reply.footer) if part)
    whole = _frame(words)
    if len(whole.encode()) <= _MOST_BYTES:
        return [whole]
    return [_frame(part) for part in split(words)]


def for_client(connection: Connection, *frames: str) -> Sequence[str]:
    """Return frames about the conversation that the connection is in, as its client reads them.

    Those of a room say which one. A client of whole answers gets simple frames, and of the usual ones errors.
    """
    read = [simple for frame in frames for simple in _simple(frame)] if connection.whole_answers else frames
    return [with_room(connection, frame) for frame in read]


def _simple(frame: str) -> list[str]:
    read = json.loads(frame)
    if "type" not in read:
        return [frame]
    return [_frame(read["message"])] if read["type"] == "error" else []


def _frame(message: str) -> str:
    return json.dumps({"message": message}, ensure_ascii=False, separators=(",", ":"))
