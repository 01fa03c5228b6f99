"""What is said of OpenAI's cache of prompts, and what it costs by the list prices on three kinds of days."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from chalicelib.access.budget import Usage
from chalicelib.conversation.prompt import Exchange, Prompt, TextDelta
from chalicelib.conversation.tool import Round
from chalicelib.llm import prices
from chalicelib.llm.openai_request import Api
from tests.contract.caching_server import CachingServer
from tests.contract.models import PROMPT
from tests.contract.openai_server import Server, chat, error, model, responses
from tests.contract.tool_situations import ASKING, CALLS, RESULTS, TOOLS

EITHER = pytest.mark.parametrize("api", ["chat", "responses"])
LONG: Final = "You answer for a shop. " + "It sells cameras, lenses and bags of all kinds. " * 300
"""Instructions with files that the persona knows: about 3,600 tokens."""
KNOWING: Final = replace(PROMPT, instructions=LONG, history=())


def sent(api: Api, prompt: Prompt, **more: Any) -> dict[str, Any]:
    server = Server(chat("ok") if api == "chat" else responses("ok"))
    list(model(api, server, **more).answer(prompt, seconds=10))
    [(_, body)] = server.asked
    assert isinstance(body, dict)
    return body


def first(body: dict[str, Any]) -> dict[str, Any]:
    said: Sequence[dict[str, Any]] = body.get("messages") or body["input"]
    return said[0]


@EITHER
def test_the_key_is_that_of_the_instructions_and_the_tools_and_of_nobody(api: Api):
    key = sent(api, KNOWING)["prompt_cache_key"]
    for same in (
        replace(KNOWING, question="What else?", person_hash="another", speaker="0a1b2c3d"),
        replace(KNOWING, history=PROMPT.history, notes="Likes cats.", rounds=(Round(CALLS, RESULTS),)),
    ):
        assert sent(api, same)["prompt_cache_key"] == key
    for other in (replace(KNOWING, instructions="Be kind."), replace(KNOWING, tools=TOOLS)):
        assert sent(api, other)["prompt_cache_key"] != key
    assert len(key) <= 64


@EITHER
def test_another_server_is_told_nothing_of_the_cache(api: Api):
    body = sent(api, KNOWING, is_openai=False, effort="")
    assert "prompt_cache_key" not in body
    assert "prompt_cache_breakpoint" not in str(body)


@EITHER
def test_a_breakpoint_follows_instructions_that_are_long_enough(api: Api):
    marked = first(sent(api, KNOWING))
    [part] = marked["content"]
    assert marked["role"] == ("system" if api == "chat" else "developer")
    assert (part["text"], part["prompt_cache_breakpoint"]) == (LONG, {"mode": "explicit"})
    assert "instructions" not in sent("responses", KNOWING)


@EITHER
@pytest.mark.parametrize(
    ("prompt", "name"),
    [(PROMPT, "gpt-6-luna"), (ASKING, "gpt-6-luna"), (KNOWING, "gpt-5.4-mini"), (KNOWING, "gpt-4o-mini")],
    ids=["short instructions", "short tools", "an older model", "a much older model"],
)
def test_there_is_none_where_it_means_nothing(api: Api, prompt: Prompt, name: str):
    assert "prompt_cache_breakpoint" not in str(sent(api, prompt, name=name))


@EITHER
@pytest.mark.parametrize("named", ["prompt_cache_key", "input[0].content[0].prompt_cache_breakpoint"])
def test_what_openai_refuses_of_it_is_left_out_and_not_sent_again(api: Api, named: str):
    ok = [chat("ok"), chat("ok")] if api == "chat" else [responses("ok"), responses("ok")]
    server = Server(error(400, "unknown_parameter", param=named), *ok)
    asked = model(api, server)
    assert [next(asked.answer(KNOWING, seconds=10)) for _ in range(2)] == [TextDelta("ok")] * 2
    name = named.rpartition(".")[2]
    assert [name in str(body) for _, body in server.asked] == [True, False, False]
    assert all("cameras" in str(first(body)) for _, body in server.asked)


@EITHER
def test_a_request_that_is_too_long_keeps_its_marked_instructions(api: Api):
    server = Server(error(400, "context_length_exceeded"), chat("ok") if api == "chat" else responses("ok"))
    list(model(api, server).answer(replace(KNOWING, history=PROMPT.history), seconds=10))
    [(_, whole), (_, short)] = server.asked
    said = short.get("messages") or short["input"]
    assert said == [first(whole), {"role": "user", "content": "Who is Mimi?"}]


# What it costs.


@dataclass(frozen=True)
class Asked:
    """A question of a day."""

    at: float
    """Seconds since its beginning."""
    prompt: Prompt


def conversation(at: float, *, turns: int, pause_s: float = 60) -> Iterator[Asked]:
    past: tuple[Exchange, ...] = ()
    for turn in range(turns):
        question = f"Question {turn} of {at}: what of the bags?"
        yield Asked(at + turn * pause_s, replace(KNOWING, history=past, question=question))
        past += (Exchange(question, "Mimi is your cat."),)


HOUR: Final = 3600
DAYS: Final = {
    "a family": [asked for hour in (8, 13, 20) for asked in conversation(hour * HOUR, turns=4)],
    "a busy page": [asked for n in range(100) for asked in conversation(n * 100, turns=1)],
    "a question every two hours": [asked for n in range(12) for asked in conversation(n * 2 * HOUR, turns=1)],
}


def cost(day: Sequence[Asked], *, key: bool = True, breakpoint_: bool = True, name: str = "gpt-6-luna") -> int:
    """What the day costs in micro-USD."""
    now = [0.0]
    server = CachingServer(lambda: now[0])
    asked = model("responses", server, name=name)
    asked.refused.update(() if breakpoint_ else ["prompt_cache_breakpoint"])
    for one in sorted(day, key=lambda one: one.at):
        now[0] = one.at
        list(asked.answer(one.prompt, seconds=10))
    price = prices.assumed(name)
    used = (usage if key else replace(usage, cached=0, written=0) for _, usage in server.billed)
    return sum(price.cost(usage) for usage in used)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "most"), [("a family", 0.50), ("a busy page", 0.15), ("a question every two hours", 1.25)]
)
def test_the_cache_saves_money_unless_nearly_every_question_is_alone(kind: str, most: float):
    """Of each token, writing costs a quarter more and reading a tenth: it pays from one more question in five."""
    day = DAYS[kind]
    assert cost(day) <= most * cost(day, key=False)


@pytest.mark.slow
@pytest.mark.parametrize("kind", DAYS)
def test_our_breakpoint_never_costs_more_than_openais_alone_and_saves_most_on_a_busy_page(kind: str):
    day = DAYS[kind]
    assert cost(day) <= cost(day, breakpoint_=False)
    if kind == "a busy page":
        assert cost(day) < 0.2 * cost(day, breakpoint_=False)


def test_a_round_of_tools_reads_what_the_round_before_has_written():
    now, prompt = [0.0], replace(ASKING, instructions=LONG)
    server = CachingServer(lambda: now[0])
    asked = model("responses", server)
    list(asked.answer(prompt, seconds=10))
    list(asked.answer(replace(prompt, rounds=(Round(CALLS, RESULTS),), may_call=False), seconds=10))
    [(_, one), (_, other)] = server.billed
    assert (one.cached, other.cached) == (0, one.written)
    assert other.written is not None
    assert other.written < 100


def test_the_bill_tells_what_was_written():
    price, usage = prices.assumed("gpt-6-luna"), Usage(input=2000, cached=500, output=10, written=1000)
    assert price.cost(usage) == round(500 * 0.10 + 1000 * 0.125 + 500 * 0.01 + 10 * 0.50)
