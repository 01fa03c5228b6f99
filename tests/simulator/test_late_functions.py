"""A socket's frames are handled in the order in which they were sent, although functions start late as on Lambda."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from tests.flow.chat import ulid
from tests.simulator.chatting import Chat, Tab, chat
from tests.simulator.conftest import Demo

FIVE = [f"Question {number}?" for number in range(5)]
APART_S = 0.008


@contextmanager
def late(demo: Demo, *late_ms: int) -> Iterator[None]:
    """The functions for the next frames start so late."""

    def set_to(numbers: Sequence[int]) -> None:
        demo.http.put("/world/sockets/late", json={"late_ms": numbers}).raise_for_status()

    set_to(late_ms)
    try:
        yield
    finally:
        set_to([])


def asked(demo: Demo) -> list[str]:
    """What the model was asked, of the five questions."""
    texts = [call["body"].get("messages") or call["body"]["input"] for call in demo.calls("model")]
    return [said[-1]["content"] for said in texts if said[-1]["content"] in FIVE]


async def send_raw(tab: Tab, frame: dict[str, Any]) -> None:
    """Without a number, unless the frame has one."""
    fields = {name: value for name, value in frame.items() if name != "action"}
    await tab.send(frame["action"], **{"n": None, **fields})


async def all_answered(tab: Tab, number: int) -> None:
    while sum(turn.is_over for turn in tab.client.turns.values()) < number:
        await tab.receive()


async def someone_was_answered(everybody: Chat) -> None:
    """So the worker is warm: it takes up a question as soon as it is stored."""
    tab = everybody.visitor("carl")
    await tab.enter()
    await tab.ask("Is anybody there?")
    await all_answered(tab, 1)


async def ask_all(tab: Tab, names: str, *, now: int) -> None:
    for number, text in enumerate(FIVE, 1):
        known: dict[str, dict[str, Any]] = {"n": {"n": number}, "id": {"id": ulid(now, number)}}
        await send_raw(tab, {"action": "send_message", "message": text, **known.get(names, {})})
        if names == "neither":
            await (await tab.socket.ping())  # the frame was received, so the next one has a later time
            await asyncio.sleep(APART_S)


@pytest.mark.parametrize("names", ["n", "id", "neither"])
def test_five_quick_questions_are_asked_in_order(demo: Demo, names: str):
    async def story(everybody: Chat) -> None:
        await someone_was_answered(everybody)
        tab = everybody.visitor("anna")
        ready = await tab.enter()
        with late(demo, 0, 1000, 300, 700, 20):
            await ask_all(tab, names, now=ready["now"])
            await all_answered(tab, 5)

    chat(demo, story)
    assert asked(demo) == FIVE


@pytest.mark.parametrize("late_ms", [(0, 0), (1500, 0), (0, 1500)])
def test_a_question_sent_at_once_after_a_join_is_asked_in_the_room(demo: Demo, late_ms: tuple[int, int]):
    async def story(everybody: Chat) -> None:
        listener, tab = everybody.visitor("bert"), everybody.visitor("anna")
        await listener.enter()
        await listener.send("join", room="kitchen")
        await listener.until(lambda frame: frame["type"] == "ready" and frame.get("room") == "kitchen")
        await tab.enter()
        with late(demo, *late_ms):
            await tab.send("join", room="kitchen", n=1)
            await tab.send("send_message", message=FIVE[0], n=2)
            question = await listener.until(lambda frame: frame["type"] == "question")
        assert question["text"] == FIVE[0]

    chat(demo, story)


@pytest.mark.parametrize("late_ms", [(0, 0), (1500, 0)])
def test_a_question_may_be_sent_before_the_client_is_let_in(demo: Demo, late_ms: tuple[int, int]):
    async def story(everybody: Chat) -> None:
        tab = await everybody.visitor("anna").open()
        await tab.send("authenticate", apiKey=demo.facts["api_key"], visitor="anna", n=1)
        await tab.send("send_message", message=FIVE[0], n=2)
        await all_answered(tab, 1)
        assert [frame["type"] for frame in tab.frames[:2]] == ["ready", "accepted"]

    with late(demo, *late_ms):
        chat(demo, story)
