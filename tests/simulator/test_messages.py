import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles

import pytest

from chalicelib.content.text import load
from tests.simulator.chatting import dynamo
from tests.simulator.conftest import Demo, running_demo
from tests.simulator.meta import event, text_item


def test_a_person_writes_and_is_answered_after_seen_and_typing(either_demo: Demo):
    demo = either_demo
    demo.behave("model", delay_ms=3000)  # longer than it takes to say that it was seen
    assert demo.say("anna", "What is a comet?") == 200
    demo.wait_until_answered("anna")
    [answer] = demo.answers_to("anna")
    assert "What is a comet?" in answer
    seen, *typing = demo.actions_for("anna")
    assert (seen, set(typing)) == ("mark_seen", {"typing_on"})


def test_an_answer_in_markdown_arrives_on_messenger_as_plain_text_in_parts(demo: Demo):
    item = f"- **{'word ' * 150}end**: 2*3*4, [here](https://example.com/a_b)\n"
    demo.behave("model", answer=f"# Chairs\n\n{item * 4}")
    demo.say("anna", "Which chairs?")
    demo.wait_until_answered("anna")
    parts = demo.answers_to("anna")
    assert len(parts) > 1
    assert parts[0].startswith("Chairs\n\n• word word")
    assert "\n".join(parts).count("end: 2\u00d73\u00d74, here (https://example.com/a_b)") == 4
    assert not any(sign in part for part in parts for sign in "*#[")


def test_the_answer_shows_that_the_conversation_is_remembered(either_demo: Demo):
    demo = either_demo
    demo.say("anna", "My cat is called Mimi.")
    demo.wait_until_answered("anna")
    demo.say("anna", "What is my cat called?")
    demo.wait_until_answered("anna", turns=2)
    assert "My cat is called Mimi." in demo.answers_to("anna")[1]


def test_responses_are_asked_for_where_the_server_has_them_and_the_fallback_where_it_has_no_room_for_the_model():
    while time.time() % 3600 < 60:  # a new demo then checks its health, and would get the error
        time.sleep(1)
    env = {**os.environ, "PARLEY_MODEL_API": "responses", "PARLEY_FALLBACK_MODEL": "gpt-5.4-mini"}
    with running_demo(env=env) as (demo, _):
        demo.behave("model", failures=[{"status": 503, "times": 1}])
        demo.say("anna", "first")
        demo.wait_until_answered("anna")
        demo.say("anna", "second")
        demo.wait_until_answered("anna", turns=2)
        assert "first" in demo.answers_to("anna")[0]
        assert "“first”" in demo.answers_to("anna")[1]
        calls = demo.calls("model")
        assert [call["body"]["model"] for call in calls] == ["gpt-6-luna", "gpt-5.4-mini", "gpt-6-luna"]
        assert {(call["body"]["store"], call["path"]) for call in calls} == {(False, "/v1/responses")}


def test_an_event_delivered_five_times_among_others_is_answered_and_charged_once(either_demo: Demo):
    demo = either_demo
    page = demo.facts["page_id"]
    one = text_item("anna", "only once", page=page, mid="m_once")
    bodies = [event(one, page=page) for _ in range(5)]
    bodies += [event(text_item(f"p{n}", "another", page=page), one, page=page) for n in range(4)]
    random.Random(7).shuffle(bodies)
    with ThreadPoolExecutor(9) as pool:
        assert set(pool.map(demo.webhook, bodies)) == {200}
    demo.wait_until_answered("anna", "p0", "p1", "p2", "p3")
    assert len(demo.answers_to("anna")) == 1
    asked = [call["body"]["messages"][-1]["content"] for call in demo.calls("model")]
    assert asked.count("only once") == 1
    assert demo.http.get("/world/quota", params={"person": "anna"}).json()["used"] == 1


def test_of_two_hundred_messages_at_once_with_one_question_left_one_costs_a_model_call(either_demo: Demo):
    demo = either_demo
    demo.say("anna", "hello")
    demo.wait_until_answered("anna")
    page = demo.facts["page_id"]
    dynamo(demo).update_item(
        TableName=demo.facts["table"],
        Key={"pk": {"S": f"PERSON#messenger:{page}:anna"}, "sk": {"S": "PERSON"}},
        UpdateExpression="SET daily_limit = :two",
        ExpressionAttributeValues={":two": {"N": "2"}},
    )
    bodies = [event(text_item("anna", f"question {n}", page=page), page=page) for n in range(200)]
    with ThreadPoolExecutor(32) as pool:
        assert set(pool.map(demo.webhook, bodies)) == {200}
    demo.wait_until(lambda: all(turn["state"] in ("done", "dropped") for turn in demo.turns("anna")))
    assert len(demo.calls("model")) == 2
    assert demo.http.get("/world/quota", params={"person": "anna"}).json()["used"] == 2


STILL_WRITING = load("en")("still_writing")


@pytest.mark.parametrize("seconds", [6, pytest.param(30, marks=pytest.mark.full)])
def test_with_a_slow_model_the_webhook_stays_quick_and_twenty_people_are_served_side_by_side(demo: Demo, seconds: int):
    people = [f"person{n}" for n in range(20)]
    demo.behave("model", delay_ms=seconds * 1000)
    page = demo.facts["page_id"]
    answered_in = []

    def write(person: str, text: str) -> None:
        body = event(text_item(person, text, page=page), page=page)
        started = time.perf_counter()
        assert demo.webhook(body) == 200
        answered_in.append(time.perf_counter() - started)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda person: write(person, "one"), people))
    demo.wait_until(lambda: len(demo.calls("model")) == 20, seconds=180)
    calls = demo.calls("model")
    for person in people:
        write(person, "two")
    demo.behave("model")
    demo.wait_until_answered(*people, turns=2)
    answered_at = min(call["at"] for call in calls) + seconds * 1000
    assert sum(call["at"] < answered_at for call in calls) > 1, "one after another"
    for person in people:
        first, second = (text for text in demo.answers_to(person) if text != STILL_WRITING)
        assert "“one”" in first
        assert "“two”" in second
    p99 = quantiles(answered_in, n=100)[98]
    print(f"the webhook's p99 over {len(answered_in)} messages: {p99 * 1000:.0f} ms")  # noqa: T201 (measured, not asserted)
