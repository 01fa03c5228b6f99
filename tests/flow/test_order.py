"""Messages are answered in the order in which they were written, as far as their senders tell and API Gateway knows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.channels.meta.signature import sign
from tests.fakes.adapters import NOON
from tests.flow.bot import PAGE, SECRET, Bot, conversation_of
from tests.flow.chat import Chat, Tab, ulid

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


@dataclass(frozen=True)
class Sent:
    """A frame that API Gateway receives `gap` ms after the first one, and whose handler starts `late` ms later."""

    frame: dict[str, Any]
    gap: int
    late: int


def handled(tab: Tab, sent: Sequence[Sent]) -> None:
    """Each handler starts when it is its turn to: the latest starts last."""
    began = tab.chat.clock()
    for each in sorted(sent, key=lambda each: each.gap + each.late):
        tab.chat.clock.now = max(tab.chat.clock(), began + each.gap + each.late)
        text = json.dumps({"action": "send_message", **each.frame})
        assert [frame["type"] for frame in tab.sends_text(text, at=began + each.gap)] == ["accepted"]


def questions(tab: Tab, *, gaps: Sequence[int], late: Sequence[int], **fields: Sequence[Any]) -> list[Sent]:
    named = [dict(zip(fields, values, strict=True)) for values in zip(*fields.values(), strict=True)] or [{}] * 5
    frames = [{"message": text, **more} for text, more in zip(FIVE, named, strict=True)]
    return [Sent(*each) for each in zip(frames, gaps, late, strict=True)]


LATE = [(0, 3000, 300, 900, 20), (0, 0, 0, 0, 0), (4, 3, 2, 1, 0), (2990, 2000, 1000, 500, 0)]
APART, AT_ONCE = (0, 5, 10, 15, 20), (0, 0, 0, 0, 0)
SKEWED = (2, 0, 1, 0, 2)
"""What two clocks of API Gateway may make of frames that were sent at once, in this order."""


@pytest.mark.parametrize("late", LATE)
def test_frames_whose_handlers_start_late_are_answered_in_the_order_in_which_they_were_received(
    chat: Chat, late: tuple[int, ...]
):
    tab = chat.opens()
    handled(tab, questions(tab, gaps=APART, late=late))
    chat.works()
    assert chat.bot.asked == FIVE


@pytest.mark.parametrize("late", LATE)
@pytest.mark.parametrize("gaps", [APART, AT_ONCE, SKEWED])
def test_frames_that_are_numbered_are_answered_in_the_order_of_their_numbers(
    chat: Chat, gaps: tuple[int, ...], late: tuple[int, ...]
):
    tab = chat.opens()
    handled(tab, questions(tab, gaps=gaps, late=late, n=range(1, 6)))
    chat.works()
    assert chat.bot.asked == FIVE


@pytest.mark.parametrize("late", LATE)
@pytest.mark.parametrize("gaps", [APART, AT_ONCE, SKEWED])
def test_frames_with_rising_ids_are_answered_in_the_order_of_their_ids(
    chat: Chat, gaps: tuple[int, ...], late: tuple[int, ...]
):
    tab, slow_clock = chat.opens(), chat.clock() - 40_000
    handled(tab, questions(tab, gaps=gaps, late=late, id=[ulid(slow_clock, number) for number in (1, 2, 5, 7, 9)]))
    chat.works()
    assert chat.bot.asked == FIVE


def test_two_devices_with_clocks_a_minute_apart_are_answered_in_the_order_in_which_they_wrote(chat: Chat):
    ahead, behind = chat.opens(), chat.opens()
    for number, tab in enumerate([ahead, behind, ahead, behind, ahead]):
        told = chat.clock.tick(seconds=1) + (30_000 if tab is ahead else -30_000)
        tab.sends("send_message", message=FIVE[number], id=ulid(told))
    chat.works()
    assert chat.bot.asked == FIVE
    [ready] = chat.opens().got("ready")
    assert [turn["question"] for turn in ready["history"]] == FIVE


def test_what_a_device_with_a_fast_clock_wrote_before_a_reset_is_forgotten_by_it(chat: Chat):
    ahead, right = chat.opens(), chat.opens()
    ahead.says("before the reset", id=ulid(chat.clock() + 50_000))
    chat.clock.tick(seconds=10)
    right.says("/reset", id=ulid(chat.clock()))
    chat.clock.tick(seconds=10)
    right.says("after the reset", id=ulid(chat.clock()))
    assert chat.bot.last_prompt.history == ()


def test_a_frame_that_is_sent_again_keeps_its_turn_and_its_first_place(chat: Chat):
    tab, first, second = chat.opens(), ulid(chat.clock(), 1), ulid(chat.clock(), 2)
    began = chat.clock()
    for message, number, received_at in (
        ("one", first, began),
        ("two", second, began + 20),
        ("one", first, began + 40),
    ):
        text = json.dumps({"action": "send_message", "message": message, "id": number})
        tab.sends_text(text, at=received_at)
    chat.works()
    assert chat.bot.asked == ["one", "two"]


@pytest.mark.parametrize("n", [0, -1, 1.5, "1", True, [1], 10**6 + 1])
def test_a_number_that_is_none_is_refused(chat: Chat, n: object):
    tab = chat.opens()
    [error] = tab.sends("send_message", message="Hello?", n=n)
    assert (error["code"], "`n`" in error["message"]) == ("bad_frame", True)
