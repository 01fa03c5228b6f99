"""A connection that is closed in the middle of `authenticate`, `join` or `resume` gets nothing of what was said."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.access.person import Access
from chalicelib.errors import DeliveryError
from tests.flow.chat import KEY, Chat, Tab, Without, person_of
from tests.flow.test_revoked_and_blocked import SECRET, blocks, revokes

ENDS: dict[str, Callable[[Chat, Tab], object]] = {
    "its key is revoked": lambda chat, _: revokes(chat),
    "its key is revoked, and not yet searched for": lambda chat, _: chat.keys.revoke(KEY, now=chat.clock()),
    "its person is blocked": lambda chat, _: blocks(chat),
    "its person is blocked, and not yet searched for": lambda chat, _: chat.bot.people.decide(
        person_of("anna"), Access.BLOCKED, daily_limit=None
    ),
    "its key is deleted": lambda chat, _: chat.ends_key("gone"),
    "its client leaves": lambda chat, tab: chat.connections.close(tab.id),
    "it is too fast": lambda chat, tab: [tab.sends("ping") for _ in range(40)],
    "it is replaced by newer ones": lambda chat, _: [chat.opens("anna") for _ in range(10)],
}


def meanwhile(chat: Chat, step: str, happens: Callable[[], object]) -> None:
    """Before the store carries out this step, something else happens; API Gateway closes nothing so soon."""
    real = chat.connections

    def step_after_that(*args: Any, **more: Any) -> Any:
        chat.connections = real
        happens()
        chat.connection_api.gone.clear()
        return getattr(real, step)(*args, **more)

    chat.connections = Without(real, **{step: step_after_that})  # type: ignore[assignment]


def known(chat: Chat) -> Tab:
    """Anna, who has written before, so that the owner can block her."""
    tab = chat.opens("anna")
    tab.says("/help")
    return tab


@pytest.fixture(autouse=True)
def bert(chat: Chat) -> Tab:
    """Somebody who said something in the kitchen."""
    tab = chat.opens("bert", room="kitchen")
    tab.says(SECRET)
    return tab


def told(tab: Tab) -> str:
    return json.dumps(tab.frames)


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_connection_that_is_closed_while_it_joins_sees_nothing_of_the_room(
    chat: Chat, end: Callable[[Chat, Tab], object]
):
    tab = known(chat)
    meanwhile(chat, "move", lambda: end(chat, tab))
    tab.joins("kitchen")
    assert SECRET not in told(tab)
    assert tab.id not in [one.id for one in chat.connections.in_conversation(the_kitchen(chat), now=chat.clock())]


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_connection_that_is_closed_while_it_joins_again_sees_nothing_more(
    chat: Chat, end: Callable[[Chat, Tab], object]
):
    tab = known(chat)
    tab.joins("kitchen")
    before = len(tab.got("ready"))
    meanwhile(chat, "move", lambda: end(chat, tab))
    tab.joins("kitchen")
    assert len(tab.got("ready")) == before


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_question_to_a_room_is_not_stored_for_a_connection_that_is_closed_on_the_way(
    chat: Chat, end: Callable[[Chat, Tab], object]
):
    tab = known(chat)
    meanwhile(chat, "move", lambda: end(chat, tab))
    tab.sends("message", prompt="What did Bert say?", conversationId="kitchen")
    assert SECRET not in told(tab)
    assert [turn.text for turn in chat.turns("bert", room="kitchen")] == [SECRET]


@pytest.mark.parametrize("end", [end for name, end in ENDS.items() if "key" in name or "person" in name])
def test_a_connection_that_is_closed_while_it_asks_for_a_turn_again_does_not_get_it(
    chat: Chat, end: Callable[[Chat, Tab], object]
):
    tab = chat.opens("anna")
    tab.says("What is your secret?")
    before = len(tab.frames)
    meanwhile(chat, "resume", lambda: end(chat, tab))
    tab.sends("resume", turn=tab.turn)
    assert [frame["type"] for frame in tab.frames[before:] if frame["type"] != "error"] == []


def test_a_connection_that_joins_in_peace_sees_the_room(chat: Chat):
    tab = chat.opens("anna")
    meanwhile(chat, "move", lambda: None)
    assert SECRET in json.dumps(tab.joins("kitchen"))


def test_a_client_that_cannot_be_told_is_not_moved_back(chat: Chat):
    tab = chat.opens("anna")
    meanwhile(chat, "move", lambda: chat.keys.revoke(KEY, now=chat.clock()))
    chat.connection_api.surprises[tab.id] = [DeliveryError("API Gateway refused: LimitExceededException")]
    tab.joins("kitchen")
    assert (tab.got("ready")[1:], tab.is_closed) == ([], True)


def the_kitchen(chat: Chat) -> Any:
    [turn] = chat.turns("bert", room="kitchen")
    return turn.conversation
