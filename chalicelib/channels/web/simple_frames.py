"""The simple shape of server frames: one for each finished answer, for clients that know no other.

A frame is `{"message": "…", "conversationId": "…"}`; `conversationId` is there in rooms only. `docs/websocket.md`
promises the shape.
"""

import json
from collections.abc import Sequence
from typing import Final

from chalicelib.access import identity
from chalicelib.channels.web.server_frames import split
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.turn import Reply, Turn
from chalicelib.ids import ConversationId

_MOST_BYTES: Final = 30_000
"""A longer frame is sent as several, because a client need not read more than 32 KB."""


def answer(turn: Turn, reply: Reply) -> list[str]:
    """Build the frame of a finished answer; several if it is too long for one."""
    words = "\n\n".join(part for part in (reply.text, reply.footer) if part)
    whole = _frame(words, turn.conversation)
    if len(whole.encode()) <= _MOST_BYTES:
        return [whole]
    return [_frame(part, turn.conversation) for part in split(words)]


def for_client(connection: Connection, *frames: str) -> Sequence[str]:
    """Return the frames in the shape that the connection's client reads: simple ones, and of the usual ones errors."""
    if not connection.whole_answers:
        return frames
    return [simple for frame in frames for simple in _simple(frame, connection.conversation)]


def _simple(frame: str, conversation: ConversationId | None) -> list[str]:
    read = json.loads(frame)
    if "type" not in read:
        return [frame]
    return [_frame(read["message"], conversation)] if read["type"] == "error" else []


def _frame(message: str, conversation: ConversationId | None) -> str:
    room = identity.room_of(conversation) if conversation else None
    values = {"message": message, **({"conversationId": room} if room else {})}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
