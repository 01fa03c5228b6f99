import os
import time
from collections.abc import Iterator

import pytest

from tests.simulator.conftest import Demo, running_demo

WORKER_S = 8.0
LEASE_S = WORKER_S + 5


@pytest.fixture(scope="module", params=["lambda", "fifo"])
def brief(request: pytest.FixtureRequest) -> Iterator[Demo]:
    """A demo whose workers live for seconds, so that their leases end soon."""
    env = {**os.environ, "PARLEY_WAKE": request.param}
    with running_demo("--worker-timeout", str(WORKER_S), env=env) as (demo, _):
        yield demo


def kill_workers(demo: Demo) -> None:
    assert demo.http.post("/world/workers/kill").json()["killed"] >= 1


def test_a_worker_killed_while_the_model_answers_leaves_one_answer_and_one_charge(brief: Demo):
    brief.behave("model", delay_ms=1000)
    brief.say("anna", "Will you answer?")
    brief.wait_until(lambda: len(brief.calls("model")) == 1)
    kill_workers(brief)
    brief.behave("model")
    assert brief.heartbeat()["swept"] == 1
    time.sleep(1)
    assert brief.answers_to("anna") == [], "the dead worker's lease was ignored"
    time.sleep(LEASE_S)
    brief.heartbeat()
    brief.wait_until_answered("anna")
    assert len(brief.answers_to("anna")) == 1
    [turn] = brief.turns("anna")
    assert (turn["state"], turn["charged"], turn["model_calls"]) == ("done", True, 2)
    assert brief.http.get("/world/quota", params={"person": "anna"}).json()["used"] == 1


def test_a_worker_killed_between_two_parts_of_an_answer_leaves_each_part_sent_once(brief: Demo):
    brief.behave("model", answer="\n\n".join(f"{number} {'-' * 1600}" for number in ("one", "two", "three")))
    brief.behave("graph", delay_ms=700)
    brief.say("ben", "Tell me a long story")
    brief.wait_until(lambda: len(brief.answers_to("ben")) == 1)
    kill_workers(brief)
    assert len(brief.answers_to("ben")) < 3
    brief.behave("graph")
    time.sleep(LEASE_S + 1)
    brief.heartbeat()
    brief.wait_until_answered("ben")
    assert [answer[:3] for answer in brief.answers_to("ben")] == ["one", "two", "thr"]
    assert len([call for call in brief.calls("model") if "long story" in str(call["body"])]) == 1
