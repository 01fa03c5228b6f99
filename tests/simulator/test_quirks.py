"""The demo at a model's server with every quirk of the table: each person gets an answer or a kind end."""

import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import pytest

from chalicelib.content import text
from tests.quirks import table
from tests.quirks.quirk import Kindly, Quirk
from tests.quirks.server import QuirkServer, quirk_server
from tests.simulator.chatting import Chat, Tab, chat
from tests.simulator.conftest import Demo, running_demo

WORKER_S: Final = 60.0
"""The time of a worker; the model gets seven tenths of it."""
OF_EACH_END: Final = 2
AT_ONCE: Final = 6
AT_ONCE_LONG: Final = 10
"""All people at the servers that take all the time."""
PATIENCE_S: Final = 180.0
SAYS: Final = text.load("en")


@dataclass(frozen=True)
class Stage:
    """A demo and the server that it asks."""

    demo: Demo
    server: QuirkServer
    quirks: Mapping[str, Quirk]


@pytest.fixture(scope="module", params=["chat", pytest.param("responses", marks=pytest.mark.full)])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    wire, quirks = table.OF[request.param]
    with quirk_server(wire, quirks, seconds=0.6 * WORKER_S) as server:
        env = {**os.environ, "OPENAI_BASE_URL": server.url, "PARLEY_MODEL_API": request.param}
        with running_demo("--worker-timeout", str(WORKER_S), env=env) as (demo, _):
            yield Stage(demo, server, {quirk.name: quirk for quirk in quirks})


def asked(demo: Demo, person: str, name: str) -> Mapping[str, object]:
    """The person's turn once it has ended."""
    began = time.monotonic()
    assert demo.say(person, name) == 200
    while not (turns := demo.turns(person)) or turns[0]["state"] not in ("done", "dropped"):
        assert time.monotonic() - began < PATIENCE_S, f"{name}: no end"
        time.sleep(0.2)
    return turns[0]


def expected(quirk: Quirk) -> str:
    return SAYS(quirk.gets.value) if isinstance(quirk.gets, Kindly) else quirk.gets


def chosen(quirks: Mapping[str, Quirk], which: str) -> Mapping[str, Quirk]:
    """Those that take long; of those that come to an end soon, two of each end, or the others."""
    long = {name: quirk for name, quirk in quirks.items() if quirk.takes_all_time or quirk.is_slow}
    if which == "long":
        return long
    ends: dict[object, list[str]] = defaultdict(list)
    for name, quirk in quirks.items():
        end = quirk.gets if isinstance(quirk.gets, Kindly) else "an answer"
        if name not in long:
            ends[end, quirk.is_lost, quirk.has_more, quirk.calls].append(name)
    some = {name for names in ends.values() for name in names[:OF_EACH_END]}
    return {name: quirk for name, quirk in quirks.items() if name not in long and (name in some) is (which == "some")}


@pytest.mark.parametrize(
    "which", ["some", pytest.param("others", marks=pytest.mark.full), pytest.param("long", marks=pytest.mark.full)]
)
def test_each_person_gets_an_answer_or_a_kind_end_with_one_charge_and_two_calls(stage: Stage, which: str):
    quirks = chosen(stage.quirks, which)
    people = {name: f"{which}-{number}" for number, name in enumerate(quirks)}
    turns = {}
    # A lost connection is tried again only within ten seconds, so nobody else asks meanwhile. After three questions in
    # a row without an answer the model is asked no more for a while.
    for name, quirk in quirks.items():
        if quirk.is_lost or (which != "long" and quirk.gets is Kindly.APOLOGY):
            turns[name] = asked(stage.demo, people[name], name)
            assert asked(stage.demo, f"after-{people[name]}", "Hello")["charged"]
    with ThreadPoolExecutor(AT_ONCE_LONG if which == "long" else AT_ONCE) as pool:
        others = people.keys() - turns.keys()
        asking = {name: pool.submit(asked, stage.demo, people[name], name) for name in others}
        turns |= {name: future.result() for name, future in asking.items()}
    wrong = {}
    for name, quirk in quirks.items():
        said = [answer for answer in stage.demo.answers_to(people[name]) if answer != SAYS("still_writing")]
        got, turn = "\n\n".join(said), turns[name]
        is_answer = isinstance(quirk.gets, str)
        reads = got.startswith(expected(quirk)) if quirk.has_more else got.partition("\n\n(")[0] == expected(quirk)
        fine = (turn["state"], turn["charged"], turn["model_calls"]) == ("done", is_answer, 1 + quirk.is_lost)
        if not (reads and fine and stage.server.calls[name] <= quirk.calls):
            wrong[name] = (got[:80], turn, stage.server.calls[name])
    assert wrong == {}


@pytest.mark.parametrize(
    "name",
    [
        "silence after words",
        *(
            pytest.param(name, marks=pytest.mark.full)
            for name in ("silence", "silence before the headers", "comments for ever", "thoughts for ever")
        ),
    ],
)
def test_stop_is_heard_while_the_model_says_nothing(stage: Stage, name: str):
    async def stop(chat: Chat) -> str:
        tab = await entered(chat)
        turn = await tab.ask(name)
        await tab.until(lambda frame: frame["type"] == "question")
        await tab.send("cancel", turn=turn)
        completed = await tab.until(lambda frame: frame["type"] == "completed")
        return str(completed["state"])

    assert chat(stage.demo, stop) == "stopped"


@pytest.mark.parametrize(
    "name",
    [
        "an emoji in halves",
        *(
            pytest.param(name, marks=pytest.mark.full)
            for name in ("the first half of an emoji", "thoughts in tags", "thoughts with the closing tag only")
        ),
    ],
)
def test_the_web_chat_shows_the_words_and_an_end(stage: Stage, name: str):
    async def read(chat: Chat) -> object:
        tab = await entered(chat)
        await tab.until_over(await tab.ask(name))
        return tab.client.screen

    assert chat(stage.demo, read) == [(name, stage.quirks[name].gets)]


async def entered(chat: Chat) -> Tab:
    tab = chat.visitor(f"v{time.monotonic_ns()}")
    await tab.enter()
    return tab
