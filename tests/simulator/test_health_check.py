import json
from typing import Any

from tests.simulator.conftest import Demo

CHECKUP = {"checkup": True}


def look(demo: Demo) -> str:
    """What the worker says of the checkup it is asked for."""
    url = "/lambda/2015-03-31/functions/parley-demo-worker/invocations"
    answer: dict[str, Any] = demo.http.post(url, content=json.dumps(CHECKUP)).raise_for_status().json()
    return str(answer["outcome"])


def test_the_demos_bot_is_in_good_health_and_its_owner_is_left_in_peace(demo: Demo):
    assert look(demo) == "ok", [call["body"] for call in demo.calls("owner")]
    assert demo.calls("owner") == []
    assert demo.calls("graph") == []


def test_a_dead_page_token_is_found_before_anybody_writes(demo: Demo):
    dead = {"status": 400, "body": {"error": {"code": 190, "error_subcode": 463}}, "times": 99}
    demo.behave("meta", failures=[dead])
    assert look(demo) == "broken"
    [told] = [call["body"]["text"] for call in demo.calls("owner")]
    assert "page-subscription (broken): Meta refuses the page token (code 190, subcode 463, HTTP 400)" in told


def test_its_question_to_the_model_is_not_taken_for_a_persons(demo: Demo):
    assert look(demo) == "ok"
    assert [call["body"]["messages"][-1]["content"] for call in demo.http.get("/world/model/calls").json()]
    assert demo.calls("model") == []
