"""Each persona holds a written conversation of ten turns on both channels, with the demo's fake model.

A dialogue is a text file, read line by line; lines that begin with # are for people:

    opening Hello!            what the page shows before the first message
    > When are you open?      the person writes
    < <*>9:00 to 18:00<*>     the answer, where <*> is anything
    another session           the person starts a new conversation, in the web chat over another connection

On Messenger the person chooses the persona with /persona first.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from chalicelib.content import persona
from chalicelib.content.token_estimate import tokens
from tests.simulator.chatting import Chat, Tab, chat, new_key
from tests.simulator.conftest import Demo, running_demo

FOLDER: Final = Path(__file__).parent / "dialogues"
SESSION: Final = "another session"
POLITE: Final = re.compile(r"(요|니다|니까|세요)[.?!~)]*(\s|$)")
SHIPPED: Final = tuple(sorted(file.stem for file in FOLDER.iterdir()))
"""An owner's own persona has no dialogue."""
OWN_FILES: Final = not all("Example Shop" in known.text for known in persona.load("shop").known)
"""Whether the owner has written their own files in place of the example's: then the shop answers other things."""
ON_BOTH: Final = tuple(name for name in SHIPPED if name != "shop" or not OWN_FILES)
EVERY = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.skipif(OWN_FILES, reason="the shop's files are the owner's"))
        if name == "shop"
        else name
        for name in SHIPPED
    ],
)


@dataclass(frozen=True)
class Dialogue:
    """A written conversation."""

    opening: str
    steps: Sequence[tuple[str, str]]
    """Questions with the patterns of their answers, and SESSION with nothing."""

    @property
    def questions(self) -> Sequence[str]:
        return [said for said, _ in self.steps if said != SESSION]


def read(name: str) -> Dialogue:
    opening, steps = "", list[tuple[str, str]]()
    for line in FOLDER.joinpath(f"{name}.txt").read_text("utf-8").splitlines():
        match line.partition(" "):
            case ("opening", _, words):
                opening = words
            case (">", _, words):
                steps.append((words, ""))
            case ("<", _, words):
                steps[-1] = (steps[-1][0], words)
            case ("another", _, "session"):
                steps.append((SESSION, ""))
    return Dialogue(opening, steps)


def check(dialogue: Dialogue, answers: Sequence[str]) -> None:
    """Compare each answer with its pattern, as one line."""
    patterns = [(said, pattern) for said, pattern in dialogue.steps if said != SESSION]
    assert len(answers) == len(patterns)
    for (said, pattern), answer in zip(patterns, answers, strict=True):
        expected = ".*".join(re.escape(part) for part in pattern.split("<*>"))
        assert re.fullmatch(expected, " ".join(answer.split())), f"> {said}\n< {pattern}\nbut it was: {answer}"


@pytest.fixture(scope="module")
def talking() -> Iterator[Demo]:
    """A demo in which people may become friends with every persona."""
    env = {
        **os.environ,
        "PARLEY_MODEL": "stand-in",
        "PARLEY_DAILY_LIMIT": "100",
        "PARLEY_PERSONAS_OFFERED": ",".join(SHIPPED),
    }
    with running_demo(env=env) as (demo, _):
        yield demo


def cut(demo: Demo, name: str) -> int:
    """Count the answers of a persona that its limit would have cut; the fake model itself cuts none."""
    limit = persona.load(name).max_output_tokens
    return sum(tokens(text) > limit for text in _answers(demo, name))


def _answers(demo: Demo, name: str) -> Iterator[str]:
    """Yield the persona's earlier answers, as the model got them with the questions."""
    for call in demo.calls("model"):
        system, *said = call["body"]["messages"]
        if system["content"].startswith(persona.load(name).instructions):
            yield from (m["content"] for m in said if m["role"] == "assistant" and isinstance(m["content"], str))


def test_every_persona_that_ships_has_a_dialogue_of_ten_turns():
    assert {"assistant", "buyer", "santa", "seller", "shop", "web"} == set(SHIPPED) <= set(persona.names())
    assert {name: len(read(name).questions) for name in SHIPPED} == dict.fromkeys(SHIPPED, 10)


@pytest.mark.parametrize(
    "name", [name if name in ("santa", "seller") else pytest.param(name, marks=pytest.mark.full) for name in ON_BOTH]
)
def test_a_persona_holds_its_dialogue_on_messenger(talking: Demo, name: str):
    dialogue, person = read(name), f"{name}-reader"
    turns = ask_on_messenger(talking, person, f"/persona {name}", after=0)
    for said, _ in dialogue.steps:
        turns = ask_on_messenger(talking, person, "/reset" if said == SESSION else said, after=turns)
    answers = talking.answers_to(person)[1:]
    resets = sum(said == SESSION for said, _ in dialogue.steps)
    check(dialogue, [text for text in answers if not text.startswith("Done. This is a new conversation")])
    assert len(answers) == len(dialogue.questions) + resets
    assert len(letters(talking, person)) == (name == "santa")
    assert name != "seller" or not any(map(POLITE.search, answers))
    assert cut(talking, name) == 0


def ask_on_messenger(demo: Demo, person: str, text: str, *, after: int) -> int:
    assert demo.say(person, text) == 200
    demo.wait_until_answered(person, turns=after + 1)
    return after + 1


@EVERY
def test_a_persona_holds_its_dialogue_in_the_web_chat(talking: Demo, name: str):
    dialogue, key = read(name), new_key(talking, persona=name)
    ready, answers = chat(talking, story(dialogue, key["key"]))
    assert ready["persona"].get("opening", "") == dialogue.opening
    assert ready["persona"]["name"] == persona.load(name).name
    check(dialogue, answers)
    assert ["- a train\n- a sledge for Tom" in text for text in letters(talking, key["id"])] == [True] * (
        name == "santa"
    )
    assert name != "seller" or not any(map(POLITE.search, answers))
    assert cut(talking, name) == 0


def letters(demo: Demo, whose: str) -> list[str]:
    """Return the letters to Santa that the owner got of a person."""
    mails = [one["body"] for one in demo.calls("owner") if whose in one["body"]["text"]]
    return [mail["text"] for mail in mails if mail["subject"] == "Parley: a list for you"]


def story(dialogue: Dialogue, key: str) -> Callable[[Chat], Any]:
    async def held(chat: Chat) -> tuple[Any, list[str]]:
        tab, answers = chat.visitor("anna", key=key), list[str]()
        ready = await tab.enter()
        for said, _ in dialogue.steps:
            if said == SESSION:
                await answered(tab, "/reset")
                await tab.leave()
                tab = chat.visitor("anna", key=key)
                await tab.enter()
            else:
                answers.append(await answered(tab, said))
        return ready, answers

    return held


async def answered(tab: Tab, text: str) -> str:
    turn = await tab.ask(text)
    await tab.until_over(turn)
    return tab.client.turns[turn].text
