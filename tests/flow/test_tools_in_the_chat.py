"""What somebody who chats on the web sees while the model calls tools."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.conversation.person_list import PersonList
from chalicelib.conversation.tool import ToolCall, ToolResult
from chalicelib.conversation.turn import Lease, Turn, TurnState
from chalicelib.errors import StoreError
from chalicelib.tools.tool import tool
from chalicelib.tools.toolbox import FunctionTools
from tests.fakes.journal import FakeJournal
from tests.flow.chat import Chat, Tab, person_of, words

PERSONA = """
name = "Baker"
max_output_tokens = 100
instructions = "You bake."
tools = ["bake"]
"""
BAKE = ToolCall("call_1", "bake", "{}")


@pytest.fixture
def baked(chat: Chat) -> list[str]:
    """What the persona's tool has done, which may not be repeated."""
    done: list[str] = []

    @tool(writes=True)
    def bake() -> str:
        """Bake."""
        done.append("bread")
        return "Baked."

    toolbox = FunctionTools((bake,), {}, lambda _: None)
    chat.bot.toolbox = lambda: toolbox
    chat.bot.persona_texts.put("web", PERSONA, now=1)
    return done


@pytest.fixture
def tab(chat: Chat, baked: list[str]) -> Tab:
    return chat.opens()


def dies_once(chat: Chat, at: str) -> None:
    """The worker dies before it has stored this step of a call."""
    left = [StoreError("gone")]

    class Dying(FakeJournal):
        def start(self, lease: Lease, turn: Turn, number: int, call: int, *, until: int) -> None:
            if at == "start" and left:
                raise left.pop()
            super().start(lease, turn, number, call, until=until)

        def end(self, lease: Lease, turn: Turn, number: int, call: int, result: ToolResult, *, until: int) -> None:
            if at == "end" and left:
                raise left.pop()
            super().end(lease, turn, number, call, result, until=until)

    chat.bot.journal = Dying(chat.memory)


def test_the_words_before_and_after_a_call_are_one_answer(chat: Chat, tab: Tab, baked: list[str]):
    chat.bot.model.script = [["I bake.", BAKE], ["Here ", "it is."]]
    frames = tab.says("Bread, please")
    assert words([frame for frame in frames if frame["type"] == "delta"]) == "I bake.\n\nHere it is."
    assert tab.reads().screen == [("Bread, please", "I bake.\n\nHere it is.")]
    assert tab.got("snapshot", "notice") == []
    assert (baked, chat.used()) == (["bread"], 1)


@pytest.mark.parametrize("at", ["start", "end"])
def test_after_a_crash_during_a_call_the_answer_is_there_once(chat: Chat, tab: Tab, baked: list[str], at: str):
    dies_once(chat, at)
    chat.bot.model.script = [["I bake.", BAKE], ["Here it is."]]
    tab.asks("Bread, please")
    chat.bot.works_badly()
    chat.bot.beats()
    chat.works()
    assert tab.reads().screen == [("Bread, please", "I bake.\n\nHere it is.")]
    assert (baked, chat.used()) == (["bread"], 1)
    [result] = chat.bot.model.asked[-1].rounds[0].results
    assert result.is_error is (at == "end")


def test_who_stops_the_answer_while_the_model_asks_for_a_tool_gets_no_call(chat: Chat, tab: Tab, baked: list[str]):
    def stops(_: Any) -> None:
        tab.sends("cancel", turn=tab.turn)
        chat.web._current.refresh()  # type: ignore[union-attr]  # noqa: SLF001 (what the poll does a second later)

    chat.bot.model.meanwhile = stops  # type: ignore[attr-defined]
    chat.bot.model.script = [["I bake.", BAKE]]
    tab.says("Bread, please")
    [turn] = chat.turns()
    assert (turn.state, baked, chat.memory.rounds) == (TurnState.DONE, [], {})
    assert turn.reply
    assert turn.reply.code in {"stopped", "cancelled"}


def test_who_comes_while_a_tool_runs_sees_the_words_so_far(chat: Chat, tab: Tab):
    seen: list[Any] = []

    @tool
    def look() -> str:
        """Look."""
        late = chat.opens()
        assert chat.connection_api.wait_for(lambda: bool(late.got("ready")))
        seen.append([(turn["question"], turn.get("text", "")) for turn in late.got("ready")[0]["history"]])
        return "Seen."

    chat.bot.toolbox = lambda: FunctionTools((look,), {}, lambda _: None)
    chat.bot.persona_texts.put("web", PERSONA.replace("bake", "look"), now=1)
    chat.bot.model.script = [["I look.", replace(BAKE, name="look")], ["There."]]
    tab.says("Look")
    assert [question for [(question, _)] in seen] == ["Look"]
    assert tab.reads().screen == [("Look", "I look.\n\nThere.")]


def test_to_ask_for_another_answer_is_no_yes(chat: Chat):
    """What a person has not said yes to is not sent to the owner, however often they want another answer."""
    chat.bot.persona_texts.put("web", PERSONA.replace("bake", "hand_over"), now=1)
    chat.bot.lists.put(person_of("anna"), PersonList("wishes", ("a sled",)), asked_at=chat.clock(), now=chat.clock())
    tab, gave = chat.opens(), []
    for number in range(3):
        chat.bot.model.script = [[ToolCall("call_1", "hand_over", "{}")], ["Shall I?"]]
        if number:
            chat.clock.tick(seconds=1)
            tab.sends("regenerate", turn=tab.turn)
            chat.works()
        else:
            tab.says("Send my wishes")
        gave += [result.text for one in chat.bot.last_prompt.rounds for result in one.results]
    assert [("NOT sent yet" in text) for text in gave] == [True, True, True]
