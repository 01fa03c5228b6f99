"""A socket dies at any frame of a streamed answer: nothing is missing on the screen, and nothing is there twice."""

import asyncio
from dataclasses import dataclass

from tests.client import Frame
from tests.fakes.ingest import OPEN_OF_A_KEY
from tests.simulator.chatting import Chat, Tab, chat, kept
from tests.simulator.conftest import Demo

ANSWER = " ".join(f"word{number}" for number in range(12))
WORDS_A_SECOND = 5
MORE_THAN_ALL = 99
"""Frames."""


@dataclass
class Seen:
    """What somebody saw whose socket was killed."""

    tab: Tab
    killed_at: Frame
    turn: str
    screens: list[str]
    """The answer as it stood after each frame."""


async def see_with_a_kill(tab: Tab, *, at: int) -> Seen:
    """Ask, lose the socket at the so-manieth frame about the turn, come back and read on to the end."""
    await tab.enter()
    turn = await tab.ask("Tell me")
    while len(tab.about_turns) < at and (not tab.about_turns or tab.about_turns[-1]["type"] != "completed"):
        await tab.receive()
    seen = Seen(tab, tab.about_turns[-1], turn, [tab.client.shown(turn)])
    tab.cut()
    await tab.enter()
    seen.screens.append(tab.client.shown(turn))
    while not tab.client.turns[turn].is_over:
        await tab.receive()
        seen.screens.append(tab.client.shown(turn))
    return seen


async def see_them_all(chat: Chat) -> list[Seen]:
    """One person for each frame that an answer has, and some to spare.

    Half as many at a time as may ask: a place becomes free a moment after the end of an answer is seen.
    """
    places = asyncio.Semaphore(OPEN_OF_A_KEY // 2)

    async def see(number: int, at: int) -> Seen:
        async with places:
            return await see_with_a_kill(chat.visitor(f"visitor{number}"), at=at)

    first = chat.visitor("first")
    await first.enter()
    await first.until_over(await first.ask("Tell me"))
    kills = [*range(1, len(first.about_turns) + 5), MORE_THAN_ALL]
    return await asyncio.gather(*(see(number, at) for number, at in enumerate(kills, start=1)))


def test_a_socket_killed_at_any_frame_of_an_answer_leaves_it_whole_on_the_screen(demo: Demo):
    demo.behave("model", answer=ANSWER, tokens_per_second=WORDS_A_SECOND)
    everybody = chat(demo, see_them_all)
    for number, seen in enumerate(everybody, start=1):
        [turn] = kept(demo, f"visitor{number}").values()
        assert turn.reply
        assert seen.screens[-1] == turn.reply.text == ANSWER, f"killed at {seen.killed_at}"
        assert all(ANSWER.startswith(shown) for shown in seen.screens), "something was shown twice or left out"
        assert list(seen.tab.client.turns) == [seen.turn]
    killed_at = [seen.killed_at["type"] for seen in everybody]
    assert killed_at[0] == "question"
    assert killed_at[-1] == "completed", "the last one saw all frames"
    assert killed_at.count("delta") >= 6, "an answer of over a second comes in more frames"
    assert len(demo.calls("model")) == len(everybody) + 1


def test_reconnecting_after_the_end_shows_the_whole_answer(demo: Demo):
    async def cut_off_and_late(chat: Chat) -> Tab:
        tab = chat.visitor("late")
        await tab.enter()
        turn = await tab.ask("Tell me")
        await tab.until(lambda frame: frame["type"] == "delta")
        tab.cut()
        while not kept(demo, "late")[turn].reply:  # noqa: ASYNC110 (only the table knows)
            await asyncio.sleep(0.1)
        await tab.enter()
        await tab.until_over(turn)
        return tab

    demo.behave("model", answer=ANSWER, tokens_per_second=WORDS_A_SECOND)
    tab = chat(demo, cut_off_and_late)
    assert tab.client.screen == [("Tell me", ANSWER)]
