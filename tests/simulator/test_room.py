"""A room of three people on five sockets, among many idle ones: which frames each gets, and what an answer costs."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from chalicelib.conversation.turn import TurnState
from scripts.bench.counting import Count, counted_dynamodb
from tests.client import Frame
from tests.simulator.chatting import Chat, Tab, chat, kept
from tests.simulator.conftest import Demo, running_demo

PEOPLE = ("anna", "ben", "eve", "anna", "ben")
IDLE = 30
AT_ONCE = 20
QUESTIONS = 3


@dataclass(frozen=True)
class Metered:
    """A demo, and what it asks of DynamoDB."""

    demo: Demo
    count: Count


@pytest.fixture(scope="module")
def metered() -> Iterator[Metered]:
    with counted_dynamodb() as count, running_demo("--dynamodb-url", count.url) as (demo, _):
        yield Metered(demo, count)


@dataclass(frozen=True)
class Told:
    """What everybody was told, and what it took."""

    room: Sequence[Tab]
    elsewhere: Sequence[Tab]
    writes: int
    """Items that DynamoDB was given for an answer."""


async def converse(chat: Chat, count: Count, *, people: Sequence[str], idle: int, room: str) -> Told:
    """Several people in a room ask in turn, while others are elsewhere and silent."""
    elsewhere = [chat.visitor("otto"), *(chat.visitor(f"idle{number}") for number in range(idle))]
    for start in range(0, len(elsewhere), AT_ONCE):
        some = elsewhere[start : start + AT_ONCE]
        await asyncio.gather(*(be_elsewhere(tab, number) for number, tab in enumerate(some, start)))
    tabs = [chat.visitor(name) for name in people]
    for tab in tabs:
        await tab.enter()
        await join(tab, room)
    writes = []
    for number in range(QUESTIONS):
        before = count.writes
        turn = await tabs[number % len(tabs)].ask(f"Question {number}")
        await asyncio.gather(*(tab.until_over(turn) for tab in tabs))
        while not is_done(chat.demo, room, turn, count):  # noqa: ASYNC110 (only the table knows)
            await asyncio.sleep(0.05)
        writes.append(count.writes - before)
    await asyncio.gather(*(tab.catch_up() for tab in elsewhere))
    return Told(tabs, elsewhere, min(writes))  # now and then there is a heartbeat, or somebody whom the owner meets


def is_done(demo: Demo, room: str, turn: str, count: Count) -> bool:
    """Whether the worker has given back the conversation, which is the last that it writes."""
    return kept(demo, room, room=True, url=count.url)[turn].state is TurnState.DONE


async def be_elsewhere(tab: Tab, number: int) -> None:
    """Half of them say nothing at all, the others are in rooms of ten."""
    if number % 2:
        await tab.open()
    else:
        await tab.enter()
        await join(tab, f"elsewhere{number // 20}")


async def join(tab: Tab, room: str) -> None:
    await tab.send("join", room=room)
    await tab.until(lambda frame: frame.get("room") == room)


def test_everybody_in_a_room_is_told_the_same_and_nobody_else_anything_however_many_there_are(metered: Metered):
    demo, count = metered.demo, metered.count
    demo.behave("model", tokens_per_second=40)
    alone = chat(demo, lambda chat: converse(chat, count, people=["zoe"], idle=0, room="quiet"))
    crowd = chat(demo, lambda chat: converse(chat, count, people=PEOPLE, idle=IDLE, room="busy"))
    first, *others = [tab.client.screen for tab in crowd.room]
    assert all(screen == first for screen in others)
    assert [question for question, _ in first] == [f"Question {n}" for n in range(QUESTIONS)]
    assert len({turn.by for turn in crowd.room[0].client.turns.values()}) == 3 == len(set(PEOPLE))
    assert not [frame for tab in crowd.elsewhere for frame in tab.about_turns]
    assert 0 < crowd.writes < alone.writes + IDLE / 2  # the lease of an answer that takes longer is written more often
    assert count.calls["Scan"] == 0


def test_a_connection_that_asks_in_two_rooms_hears_both_answers_to_their_end(metered: Metered):
    demo = metered.demo
    demo.behave("model", tokens_per_second=10)

    async def converse(chat: Chat) -> list[Frame]:
        tab = chat.visitor("minsu")
        await tab.enter()
        heard: list[Frame] = []
        for room in ("camera 42", "lens", "camera 42", "lens"):
            await tab.send("message", prompt="And now?", conversationId=room)
            while heard[-1:] == [] or heard[-1]["type"] != "delta" or heard[-1]["conversationId"] != room:
                heard.append(json.loads(await tab.socket.recv()))
        while sum(frame["type"] == "completed" for frame in heard) < 4:
            heard.append(json.loads(await tab.socket.recv()))
        return heard

    heard = chat(demo, converse)
    demo.behave("model")
    for room in ("camera 42", "lens"):
        told = [frame for frame in heard if frame.get("conversationId") == room]
        asked = [frame["turn"] for frame in told if frame["type"] == "question"]
        assert len(asked) == 2
        for turn in asked:
            deltas = [frame["seq"] for frame in told if frame["type"] == "delta" and frame["turn"] == turn]
            assert deltas == list(range(1, len(deltas) + 1))
            assert len(deltas) > 2
