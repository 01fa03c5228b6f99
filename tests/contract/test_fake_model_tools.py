"""The demo's fake model calls the tools that it is offered where a question asks for one, in both wire formats."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

import openai
import pytest
from openai import OpenAI

from chalicelib.conversation.prompt import Finished, FinishReason, Prompt, TextDelta
from chalicelib.conversation.tool import Round, ToolResult, ToolSpec
from chalicelib.llm.kept_connections import KeptConnections
from chalicelib.llm.openai import OpenAIModel
from chalicelib.llm.prices import FREE
from scripts.simulator.model import ModelServer
from scripts.simulator.model_tools import asked_in_chat
from tests.contract.openai_server import closed_after_use
from tests.simulator.served import served


def spec(name: str, **fields: str) -> ToolSpec:
    properties = {field: {"type": kind} for field, kind in fields.items()}
    return ToolSpec(name, name, {"type": "object", "properties": properties, "required": list(fields)})


TOOLS: Final = (
    spec("now"),
    spec("add_to_list", entry="string"),
    spec("show_list"),
    spec("remove_from_list", number="integer"),
    spec("remember", fact="string"),
    spec("shop__search", words="string"),
    spec("hand_over"),
)
"""As they may be called: the fake model decides by their names."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(ModelServer().routes()) as url:
        yield url


def model(api: Any, url: str) -> OpenAIModel:
    made = OpenAIModel(
        name="gpt-6-luna",
        effort="none",
        api=api,
        connections=KeptConnections(lambda: openai.DefaultAsyncHttpxClient(trust_env=False, verify=False)),
        client=lambda http: openai.AsyncOpenAI(api_key="k", base_url=url, http_client=http),
        is_openai=api == "responses",
        price=FREE,
    )
    return closed_after_use(made)


def ask(api: str, url: str, question: str, *rounds: Round, tools: Sequence[ToolSpec] = TOOLS) -> tuple[str, Finished]:
    """The words of the answer, and its end."""
    prompt = Prompt("Be kind.", (), question, 200, "p", tools=tuple(tools), rounds=rounds, notes="Likes cats.")
    *said, end = model(api, url).answer(prompt, seconds=30)
    assert isinstance(end, Finished)
    return "".join(event.text for event in said if isinstance(event, TextDelta)), end


EITHER = pytest.mark.parametrize("api", ["responses", "chat"])


@EITHER
@pytest.mark.parametrize(
    ("question", "calls"),
    [
        ("What time is it?", [("now", "{}")]),
        ("I wish for a red bicycle.", [("add_to_list", '{"entry": "a red bicycle"}')]),
        ("Please add skates to my list", [("add_to_list", '{"entry": "skates"}')]),
        ("Remove number 2 from my list", [("remove_from_list", '{"number": 2}')]),
        ("Show me my list", [("show_list", "{}")]),
        ("Remember that I live in Seoul", [("remember", '{"fact": "I live in Seoul"}')]),
        ("Look up skates", [("shop__search", '{"words": "skates"}')]),
        ("Send my list", [("hand_over", "{}")]),
        (
            "I wish for skates and what time is it?",
            [("now", "{}"), ("add_to_list", '{"entry": "skates"}')],
        ),
        ("call show_list", [("show_list", "{}")]),
        ("Call shop__search red skates!", [("shop__search", '{"words": "red skates"}')]),
        ("Please call remove_from_list 2", [("remove_from_list", '{"number": 2}')]),
        ("call now, I wish for skates", [("now", "{}")]),
        ("call fly", []),
        ("Hello", []),
    ],
)
def test_it_calls_the_tools_that_a_question_asks_for(
    api: str, url: str, question: str, calls: Sequence[tuple[str, str]]
):
    said, end = ask(api, url, question)
    assert [(call.name, call.arguments) for call in end.calls] == list(calls)
    assert bool(said) is not bool(calls)


@EITHER
def test_it_says_what_the_tools_gave_and_calls_no_more(api: str, url: str):
    _, end = ask(api, url, "What time is it?")
    said, last = ask(
        api, url, "What time is it?", Round(end.calls, (ToolResult("<result>\nMonday, 12:00\n</result>"),))
    )
    assert "The tool `now` says: Monday, 12:00\n(I am" in said
    assert "fake model" in said
    assert last.reason is FinishReason.STOP


@EITHER
def test_without_a_tool_that_fits_it_quotes_the_question(api: str, url: str):
    said, end = ask(api, url, "What time is it?", tools=[TOOLS[1]])
    assert said.startswith("You wrote “What time is it?”. It is the first message")
    assert end.reason is FinishReason.STOP


def test_a_request_that_forbids_calls_gets_words():
    tool = {"type": "function", "function": {"name": "now", "parameters": {}}}
    ask_now: Any = partial(dict, messages=[{"role": "user", "content": "What time is it?"}], tools=[tool])
    assert asked_in_chat(ask_now()).calls()
    assert not asked_in_chat(ask_now(tool_choice="none")).calls()


@pytest.mark.slow
def test_the_sdk_of_openai_reads_the_calls_too(url: str):
    with OpenAI(api_key="none", base_url=url) as client:
        tool = {
            "type": "function",
            "name": "now",
            "description": "d",
            "parameters": {"type": "object"},
            "strict": False,
        }
        ask_now: Any = {"model": "any", "input": [{"role": "user", "content": "what time is it"}], "tools": [tool]}
        stream: Any = client.responses.create(**ask_now, stream=True)
        items = [event.item for event in stream if event.type == "response.output_item.done"]
    assert [(item.type, item.name, item.arguments) for item in items] == [("function_call", "now", "{}")]
