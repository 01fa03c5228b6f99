"""Every frame of the protocol, from a connection that is still open although its person may not use the bot any more.

The owner's command may have died between its two steps, and nobody closes connections when a key expires.
"""

import json
from collections.abc import Callable
from typing import Any, Final, get_args

import pytest

from chalicelib.access.person import Access
from chalicelib.channels.web import client_frames
from chalicelib.channels.web.client_frames import ClientFrame, Ping
from chalicelib.conversation.turn import TurnState
from tests.flow.chat import Chat, Tab, person_of, ulid

SECRET: Final = "My address is 4 Mill Lane."
OWN: Final = "Why is the sky blue?"
Fields = dict[str, Any]

FRAMES: Final[dict[str, Callable[[Chat, Tab], Fields]]] = {
    "authenticate": lambda chat, _: {"ticket": chat.ticket_of("anna")},
    "send_message": lambda _chat, _: {"message": "Who is here?"},
    "send_message in another room": lambda _chat, _: {"message": "Who is here?", "conversationId": "garden"},
    "send_message again": lambda chat, _: {"message": OWN, "id": ulid(chat.clock() - 2000)},
    "regenerate": lambda _, tab: {"turn": tab.turn},
    "regenerate with another question": lambda _, tab: {"turn": tab.turn, "message": "Who is here?"},
    "regenerate another's": lambda chat, _: {"turn": chat.turns(room="kitchen")[-1].id},
    "feedback to another's": lambda chat, _: {"turn": chat.turns(room="kitchen")[-1].id, "value": "down"},
    "cancel": lambda _, tab: {"turn": tab.turn},
    "resume": lambda _, tab: {"turn": tab.turn},
    "earlier": lambda _, tab: {"turn": tab.turn},
    "feedback": lambda _, tab: {"turn": tab.turn, "value": "up"},
    "join": lambda _chat, _: {"room": "garden"},
    "follow": lambda _chat, _: {"room": "garden"},
    "leave": lambda _chat, _: {"room": "kitchen"},
    "resume of a room that is not followed": lambda _, tab: {"turn": tab.turn, "room": "garden"},
    "list": lambda _chat, _: {},
    "rename": lambda _chat, _: {"title": "Mine"},
    "erase": lambda _chat, _: {},
    "take_along": lambda chat, _: {"ticket": chat.ticket_of("bert")},
    "ping": lambda _chat, _: {},
}
"""The fields of a frame of each action."""
OWN_FRAMES: Final[dict[str, Fields]] = {"rename": {"title": "Mine", "room": "~garden"}, "erase": {"room": "~garden"}}
SAY_NOTHING: Final = {"authenticate": ["already_authenticated"], "ping": []}
"""Actions that read and change nothing, with the codes that they are answered with."""


def ends(chat: Chat, how: str) -> str:
    """Anna may not use the bot any more. Return the code that she is told."""
    if how != "blocked":
        chat.ends_key(how)
        return "key_revoked"
    chat.bot.people.decide(person_of("anna"), Access.BLOCKED, daily_limit=None)
    return "blocked"


def test_the_table_has_every_frame_of_the_protocol():
    minimal: Fields = {"turn": f"{'1' * 13}#{'a' * 64}", "room": "garden", "message": "?", "ticket": "t", "value": "up"}
    parsed = {
        type(client_frames.parse(json.dumps({**minimal, **OWN_FRAMES.get(name, {}), "action": name.split()[0]})))
        for name in FRAMES
    }
    assert parsed == set(get_args(ClientFrame))
    assert Ping in parsed


@pytest.mark.parametrize("how", ["revoked", "expired", "gone", "blocked"])
@pytest.mark.parametrize("action", FRAMES)
def test_no_frame_reads_asks_or_changes_anything_without_access(chat: Chat, how: str, action: str):
    bert, tab = chat.opens("bert", room="kitchen"), chat.opens("anna", room="kitchen")
    tab.says(OWN, id=ulid(chat.clock() + 1000))
    bert.says(SECRET)
    chat.clock.tick(seconds=1)
    asked, stored, member = len(chat.asked), chat.turns(room="kitchen"), chat.memory.members.copy()
    code = ends(chat, how)
    frame = {"action": action.split(maxsplit=1)[0], **FRAMES[action](chat, tab)}
    before = len(tab.frames)
    tab.sends_text(json.dumps(frame))
    chat.works()
    heard = tab.frames[before:]
    codes = [told["code"] for told in heard if told["type"] == "error"]
    assert codes == SAY_NOTHING.get(action, [code])
    assert tab.is_closed == (action not in SAY_NOTHING)
    assert {told["type"] for told in heard} <= {"error", "accepted", "pong"}
    assert len(chat.asked) == asked
    answered = [turn for turn in chat.turns(room="kitchen") if turn.state is TurnState.DONE]
    assert answered[: len(stored)] == stored
    if action in SAY_NOTHING:
        assert chat.memory.members == member
