"""Messages of one millisecond are answered in the order in which they were written, as far as their senders tell."""

import json
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.channels.meta.signature import sign
from chalicelib.conversation.turn import IncomingMessage, Turn, TurnState, in_order, turn_id
from chalicelib.ids import Channel, ConversationId, PersonId
from tests.fakes.adapters import NOON
from tests.flow.bot import PAGE, SECRET, Bot, conversation_of
from tests.flow.chat import Chat, ulid

FIVE = [f"text {number}" for number in range(5)]
ULID_MAX = 2**80 - 1


def post(bot: Bot, *entries: Sequence[dict[str, Any]]) -> None:
    """Meta calls the webhook with a batch of several entries."""
    body = {"object": "page", "entry": [{"id": PAGE, "time": NOON, "messaging": list(items)} for items in entries]}
    raw = json.dumps(body).encode()
    bot.webhook.handle(raw, f"sha256={sign(raw, secret=SECRET)}")


def texts_of_one_millisecond(bot: Bot, psid: str = "anna", number: int = 5) -> list[dict[str, Any]]:
    return [bot.message(psid, text, at=NOON) for text in FIVE[:number]]


def test_five_texts_of_one_millisecond_are_answered_in_the_order_of_the_body(bot: Bot):
    post(bot, texts_of_one_millisecond(bot))
    bot.works()
    assert bot.asked == FIVE


@pytest.mark.parametrize("split", range(1, 5))
def test_the_order_of_the_body_holds_across_its_entries(bot: Bot, split: int):
    items = texts_of_one_millisecond(bot)
    post(bot, items[:split], items[split:])
    bot.works()
    assert bot.asked == FIVE


def test_texts_of_one_second_that_meta_sends_in_seconds_are_answered_in_order(bot: Bot):
    items = texts_of_one_millisecond(bot)
    post(bot, [item | {"timestamp": NOON // 1000} for item in items])
    bot.works()
    assert bot.asked == FIVE


def test_other_events_between_the_texts_do_not_change_their_order(bot: Bot):
    first, second, third = texts_of_one_millisecond(bot, number=3)
    read = bot.item("anna", read={"watermark": NOON}) | {"timestamp": NOON}
    tapped = bot.item("anna", postback={"mid": "m_tap", "title": "Go", "payload": "go on"}) | {"timestamp": NOON}
    post(bot, [first, read, second], [read], [tapped, third])
    bot.works()
    assert bot.asked == ["text 0", "text 1", "Go", "text 2"]


def test_the_texts_of_two_people_in_one_body_keep_their_order_each(bot: Bot):
    annas, berts = texts_of_one_millisecond(bot), texts_of_one_millisecond(bot, "bert")
    post(bot, [item for pair in zip(annas, berts, strict=True) for item in pair])
    bot.works()
    assert [turn.text for turn in bot.turns("anna")] == [turn.text for turn in bot.turns("bert")] == FIVE


def test_texts_that_are_delivered_again_in_other_bodies_are_answered_once(bot: Bot):
    items = texts_of_one_millisecond(bot)
    post(bot, items)
    for item in reversed(items):
        post(bot, [item])
    post(bot, items[3:], items[:3])
    bot.works()
    assert bot.asked == FIVE
    assert len(bot.memory.of(conversation_of("anna"))) == 5


@pytest.mark.parametrize("arrival", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (1, 4, 0, 3, 2)])
def test_what_a_web_client_sent_in_one_millisecond_is_answered_in_the_order_of_its_ids(
    chat: Chat, arrival: tuple[int, ...]
):
    tab = chat.opens()
    for number in arrival:
        tab.sends("send_message", message=FIVE[number], id=ulid(chat.clock(), number=ULID_MAX - 10 + number))
    chat.works()
    assert chat.bot.asked == FIVE


def test_the_history_shows_what_a_web_client_sent_in_one_millisecond_in_order(chat: Chat):
    tab = chat.opens()
    for number in (3, 0, 4, 2, 1):
        tab.sends("send_message", message=FIVE[number], id=ulid(chat.clock(), number=number))
    [ready] = chat.opens().got("ready")
    assert [turn["question"] for turn in ready["history"]] == FIVE


def _turn(at: int, place: int) -> Turn:
    person = PersonId("messenger:1:anna")
    message = IncomingMessage(
        f"mid {at} {place}", Channel.MESSENGER, ConversationId(person), person, at=at, text="Hi?", place=place
    )
    return Turn(turn_id(message), message.conversation, person, at, TurnState.QUEUED, message.text, place=place)


@pytest.mark.parametrize("places", list(permutations(range(5))))
def test_turns_read_by_their_ids_come_in_order_whichever_ids_they_have(places: tuple[int, ...]):
    """The digest in an id is as good as random, so every permutation occurs in the table."""
    turns = [_turn(NOON, place) for place in places]
    assert [turn.place for turn in in_order(turns)] == sorted(places)
    assert [turn.place for turn in in_order(turns, newest_first=True)] == sorted(places, reverse=True)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, ULID_MAX)), unique=True))
def test_turns_read_by_their_ids_come_in_the_order_of_time_and_place(written: list[tuple[int, int]]):
    by_id = sorted((_turn(at, place) for at, place in written), key=lambda turn: turn.id)
    assert [(turn.at, turn.place) for turn in in_order(by_id)] == sorted(written)
    newest_first = in_order(reversed(by_id), newest_first=True)
    assert [(turn.at, turn.place) for turn in newest_first] == sorted(written, reverse=True)
