import time

from chalicelib.conversation.summary import INSTRUCTIONS
from tests.simulator.chatting import dynamo
from tests.simulator.conftest import Demo

PARTS = ("one", "two", "three", "four", "five", "six")
GRAPH_MS = 2000


def kill_workers(demo: Demo) -> None:
    assert demo.http.post("/world/workers/kill").json()["killed"] >= 1


def let_the_lease_end(demo: Demo, person: str) -> None:
    """Set the time in the table at which the dead worker's lease ends: waiting for it would take minutes."""
    dynamo(demo).update_item(
        TableName=demo.facts["table"],
        Key={"pk": {"S": f"CONV#messenger:{demo.facts['page_id']}:{person}"}, "sk": {"S": "CONV"}},
        UpdateExpression="SET lease_until = :past",
        ConditionExpression="attribute_exists(lease_owner)",
        ExpressionAttributeValues={":past": {"N": str(time.time_ns() // 1_000_000 - 1)}},
    )


def test_a_worker_killed_while_the_model_answers_leaves_one_answer_and_one_charge(either_demo: Demo):
    demo = either_demo
    demo.behave("model", delay_ms=60_000)
    demo.say("anna", "Will you answer?")
    demo.wait_until(lambda: len(demo.calls("model")) == 1)
    kill_workers(demo)
    demo.behave("model")
    assert demo.heartbeat()["swept"] == 1
    time.sleep(1)
    assert demo.answers_to("anna") == [], "the dead worker's lease was ignored"
    let_the_lease_end(demo, "anna")
    demo.heartbeat()
    demo.wait_until_answered("anna")
    assert len(demo.answers_to("anna")) == 1
    [turn] = demo.turns("anna")
    assert (turn["state"], turn["charged"], turn["model_calls"]) == ("done", True, 2)
    assert demo.http.get("/world/quota", params={"person": "anna"}).json()["used"] == 1


def test_a_worker_killed_between_two_parts_of_an_answer_leaves_each_part_sent_once(either_demo: Demo):
    demo = either_demo
    demo.behave("model", answer="\n\n".join(f"{number} {'-' * 1600}" for number in PARTS))
    demo.behave("graph", delay_ms=GRAPH_MS)
    demo.say("ben", "Tell me a long story")
    demo.wait_until(lambda: len(demo.answers_to("ben")) >= 1)
    kill_workers(demo)
    assert len(demo.answers_to("ben")) < len(PARTS)
    demo.behave("graph")
    time.sleep(2 * GRAPH_MS / 1000)  # longer than what the dead worker sent is under way, as its lease is
    demo.wait_until(lambda: demo.turns("ben")[0]["receipts"] == len(demo.answers_to("ben")))
    let_the_lease_end(demo, "ben")
    demo.heartbeat()
    demo.wait_until_answered("ben")
    assert [answer[:3] for answer in demo.answers_to("ben")] == [part[:3] for part in PARTS]
    asked = [str(call["body"]) for call in demo.calls("model")]
    assert len([body for body in asked if "long story" in body and INSTRUCTIONS not in body]) == 1  # and its summary
