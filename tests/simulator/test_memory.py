"""The demo's bot still knows what was said long ago, and what it was asked to remember."""

from collections.abc import Mapping
from typing import Any

from tests.simulator.chatting import dynamo
from tests.simulator.conftest import Demo

LONG = "And so on, and so on. " * 130


def conversation(demo: Demo, person: str) -> Mapping[str, Any]:
    key = {"pk": {"S": f"CONV#messenger:{demo.facts['page_id']}:{person}"}, "sk": {"S": "CONV"}}
    found: Mapping[str, Any] = dynamo(demo).get_item(TableName=demo.facts["table"], Key=key).get("Item", {})
    return found


def told(demo: Demo) -> str:
    """All that the model got with the last question."""
    return str(demo.calls("model")[-1]["body"]["messages"])


def test_a_long_conversation_is_summarised_and_the_summary_reaches_the_model_and_the_person(either_demo: Demo):
    demo = either_demo
    demo.say("anna", f"My cat is called Mimi. {LONG}")
    for turns in range(1, 6):
        demo.wait_until_answered("anna", turns=turns)
        if turns == 4:  # a message that comes while the first summary is made would stop it
            demo.wait_until(lambda: "summary" in conversation(demo, "anna"))
        demo.say("anna", f"{turns} {LONG}")
    demo.wait_until_answered("anna", turns=6)
    demo.wait_until(lambda: "summary" in conversation(demo, "anna"))
    assert "My cat is called Mimi." in conversation(demo, "anna")["summary"]["M"]["text"]["S"]
    demo.say("anna", "What do you know?")
    demo.wait_until_answered("anna", turns=7)
    notes = demo.calls("model")[-1]["body"]["messages"][1]
    assert notes["role"] == "user"
    assert "My cat is called Mimi." in notes["content"]
    demo.say("anna", "/memory")
    demo.wait_until_answered("anna", turns=8)
    assert "My cat is called Mimi." in demo.answers_to("anna")[-1]


def test_what_a_person_wants_remembered_reaches_the_model_until_they_delete_it(demo: Demo):
    texts = ["/memory yes I am a vegetarian", "What may I eat?", "/forget 1", "And now?"]
    for turns, text in enumerate(texts, 1):
        demo.say("anna", text)
        demo.wait_until_answered("anna", turns=turns)
        if text == "What may I eat?":
            assert "I am a vegetarian" in told(demo)
    assert "I am a vegetarian" not in told(demo)
    assert "deleted" in demo.answers_to("anna")[2]
