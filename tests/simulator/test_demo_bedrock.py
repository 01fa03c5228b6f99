"""The demo with a model of Amazon Bedrock: the worker speaks Converse, and the emulator asks the demo's fake model."""

import json
from collections.abc import Iterator

import pytest

from tests.simulator.chatting import new_key
from tests.simulator.conftest import Demo, running_demo
from tests.simulator.terminal import in_terminal
from tests.transcripts import Place, play

NOVA = "eu.amazon.nova-lite-v1:0"


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with running_demo("--model", f"bedrock:{NOVA}") as (running, _):
        yield running


def test_an_answer_of_bedrock_remembers_the_conversation(demo: Demo):
    demo.say("anna", "My cat is called Mimi.")
    demo.wait_until_answered("anna")
    demo.say("anna", "What is my cat called?")
    demo.wait_until_answered("anna", turns=2)
    assert "My cat is called Mimi." in demo.answers_to("anna")[1]
    bodies = [call["body"] for call in demo.calls("model")]
    assert {body["model"] for body in bodies} == {NOVA}
    assert [said["role"] for said in bodies[1]["messages"]] == ["system", "user", "assistant", "user"]
    assert bodies[1]["max_tokens"] > 0


def test_the_worker_says_whom_it_asked_and_what_that_cost(demo: Demo):
    demo.say("ben", "Hello?")
    demo.wait_until_answered("ben")
    written = demo.log().splitlines()
    logged = [json.loads(line) for line in written if line.startswith("{")]
    asked = [line for line in logged if line.get("gen_ai.request.model")]
    assert {line["gen_ai.provider.name"] for line in asked} == {"aws.bedrock"}
    assert all(line["cost_usd"] > 0 and line["gen_ai.usage.output_tokens"] > 0 for line in asked)


def test_a_wrong_id_ends_the_start_with_an_example():
    with in_terminal("--model", "bedrock:nova") as demo:
        demo.wait_for("Error: PARLEY_MODEL must be bedrock: and an id of Bedrock, such as")


@pytest.mark.parametrize("name", ["sample", "santa"])
def test_the_sessions_of_the_systems_that_ran_on_bedrock_run_on_bedrock(demo: Demo, name: str):
    key = new_key(demo, open=True, open_rooms=True, answers="whole")
    address = demo.facts["websocket_url"]
    play(name, Place(address, demo.http, {"websocket_url": address, "where": f"?config={key['id']}"}))
    assert demo.calls("model")[-1]["body"]["model"] == NOVA
