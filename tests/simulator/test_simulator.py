import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psutil
import pytest

from scripts.simulator.aws import free_port
from tests import emf
from tests.simulator.chatting import dynamo
from tests.simulator.conftest import ENDED_IN_S, ROOT, Demo, running_demo

WORDS = "zebra-xylophone-77"


def is_alive(process: psutil.Process) -> bool:
    """Whether it still runs; one that has ended and waits to be noticed does not."""
    with suppress(psutil.NoSuchProcess):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def test_a_persona_that_does_not_exist_is_refused_before_the_demo_starts():
    command = [sys.executable, "-m", "scripts.simulator", "--headless", "--port", str(free_port())]
    env = {**os.environ, "PARLEY_MESSENGER_PERSONA": "bakeri"}
    refused = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith('Error: PARLEY_MESSENGER_PERSONA is "bakeri"; it must be one of assistant')


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.full)])
def test_a_signal_ends_the_demo_in_three_seconds_with_its_port_free_and_nothing_left(number: signal.Signals):
    with running_demo() as (demo, process):
        demo.behave("model", delay_ms=20_000)
        demo.say("anna", "are you still thinking?")
        demo.wait_until(lambda: len(demo.calls("model")) == 1)
        family = psutil.Process(process.pid).children(recursive=True)
        assert family
        process.send_signal(number)
        assert process.wait(timeout=ENDED_IN_S) == 0
        demo.wait_until(lambda: not any(is_alive(member) for member in family))
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", int(demo.url.rpartition(":")[2])))


def test_resets_at_the_same_moment_and_after_one_that_failed_halfway_all_succeed(demo: Demo):
    dynamo(demo).delete_table(TableName=demo.facts["table"])
    with ThreadPoolExecutor() as pool:
        resets = [pool.submit(demo.http.post, "/world/reset") for _ in range(3)]
        assert [reset.result().status_code for reset in resets] == [200, 200, 200]


def test_the_simulator_says_where_everything_is(demo: Demo):
    assert set(demo.facts) >= {
        "webhook_url",
        "app_secret",
        "verify_token",
        "page_id",
        "stage",
        "table",
        "aws_endpoint_url",
        "graph_url",
        "openai_base_url",
        "websocket_url",
        "api_key",
        "config_id",
    }
    assert demo.facts["api_key"].startswith(f"parley_{demo.facts['config_id']}_")


def test_the_way_back_to_a_socket_is_where_the_functions_are_told_it_is(demo: Demo):
    assert demo.facts["settings"]["PARLEY_CONNECTIONS_URL"] == f"{demo.url}/connections"
    answer = demo.http.post("/connections/@connections/nobody=", content=b"hello")
    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (410, "GoneException")


def test_a_function_that_is_not_deployed_cannot_be_invoked(demo: Demo):
    for name in ("none", "websocket_none"):
        answer = demo.http.post(f"/lambda/2015-03-31/functions/parley-demo-{name}/invocations", content=b"{}")
        assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (404, "ResourceNotFoundException")


def test_fakes_misbehave_as_told_and_the_person_gets_an_apology_without_a_charge(demo: Demo):
    # More than the turn needs: the health check's question may take one of them.
    demo.behave("model", failures=[{"status": 500, "body": None, "times": 10}])
    demo.say("anna", "hello?")
    demo.wait_until_answered("anna")
    [apology] = demo.answers_to("anna")
    assert "does not count" in apology
    assert [call["status"] for call in demo.calls("model")] == [500, 500]
    assert demo.turns("anna")[0]["charged"] is False
    demo.behave("model")
    demo.say("anna", "and now?")
    demo.wait_until_answered("anna", turns=2)
    assert "and now?" in demo.answers_to("anna")[1]


def test_a_message_the_graph_api_fails_to_take_is_sent_again(demo: Demo):
    demo.say("anna", "first")
    demo.wait_until_answered("anna")
    before = len(demo.calls("graph"))
    demo.behave("graph", failures=[{"status": 500, "body": {"error": {"code": 1}}, "times": 2}])
    demo.say("anna", "/help")
    demo.wait_until_answered("anna", turns=2)
    assert len(demo.answers_to("anna")) == 2
    assert [call["status"] for call in demo.calls("graph")[before:]] == [500, 500, 200]


def test_a_dead_page_token_is_told_to_the_owner_and_not_tried_again_at_once(demo: Demo):
    dead = {"status": 400, "body": {"error": {"code": 190, "message": "expired"}}, "times": 99}
    demo.behave("graph", failures=[dead])
    demo.say("anna", "/help")
    demo.wait_until(lambda: len(demo.calls("owner")) == 1)
    demo.heartbeat()
    assert [turn["state"] for turn in demo.turns("anna")] == ["answered"]
    assert len(demo.calls("graph")) == 1
    subjects = [call["body"]["subject"] for call in demo.calls("owner")]
    assert subjects == ["Parley: the bot cannot write on Messenger"]  # of a new person the owner hears after an answer


def test_the_heartbeat_warms_the_very_functions_that_serve_the_webhook_and_the_sockets(demo: Demo):
    sockets = [f"parley-demo-websocket_{kind}" for kind in ("connect", "message", "disconnect")]
    assert demo.heartbeat()["warmed"] == ["parley-demo", "parley-demo-worker", *sockets]


def test_calls_can_be_read_from_where_one_stopped(demo: Demo):
    demo.say("anna", "/help")
    demo.wait_until_answered("anna")
    last = demo.calls("graph")[-1]["n"]
    demo.say("anna", "/usage")
    demo.wait_until_answered("anna", turns=2)
    assert [call["n"] for call in demo.http.get("/world/graph/calls", params={"since": last}).json()] == [last + 1]


def test_the_command_line_works_against_the_running_demo(demo: Demo):
    def parley(*words: str) -> Any:
        command = [str(ROOT / "scripts" / "parley"), "people", *words, "--stage", "demo", "--json"]
        env = {**os.environ, "PARLEY_DEMO_URL": demo.url}
        return json.loads(subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout)

    demo.say("anna", "hello")
    demo.wait_until_answered("anna")
    parley("block", "anna", "--yes")
    demo.say("anna", "hello?")
    time.sleep(1)
    assert len(demo.answers_to("anna")) == 1
    parley("allow", "anna")
    demo.say("anna", "hello!")
    demo.wait_until_answered("anna", turns=2)
    assert len(demo.answers_to("anna")) == 2


def test_every_line_belongs_to_a_run_of_a_function(demo: Demo, log_of: Callable[[], list[Mapping[str, Any]]]):
    def lines(stage: str, corr: str | None = None) -> list[Mapping[str, Any]]:
        return [line for line in log_of() if line["stage"] == stage and line.get("corr") == corr]

    demo.say("anna", "hello")
    demo.wait_until_answered("anna")
    accepted = [line for line in log_of() if line["stage"] == "accept"][-1]
    demo.wait_until(lambda: bool(lines("turn", accepted["corr"])))
    demo.heartbeat()
    [model], [turn] = lines("model", accepted["corr"]), lines("turn", accepted["corr"])
    door, worker, heartbeat = accepted["request_id"], turn["request_id"], lines("heartbeat")[-1]["request_id"]
    assert model["request_id"] == worker
    assert len({door, worker, heartbeat}) == 3
    assert [line["events"] for line in lines("door") if line["request_id"] == door] == [1]
    assert all(emf.problems(line) == [] for line in log_of())
    assert all(line["Stage"] == "demo" for line in log_of() if "_aws" in line)


def test_no_words_no_ids_and_no_secrets_get_into_the_log(demo: Demo, log_of: Callable[[], list[Mapping[str, Any]]]):
    person = "psid4711"
    demo.behave(
        "model", answer=f"the answer is {WORDS}", failures=[{"status": 400, "body": {"error": {"message": WORDS}}}]
    )
    demo.say(person, f"tell me of {WORDS}")
    demo.wait_until_answered(person)
    demo.say(person, f"tell me of {WORDS}")
    demo.wait_until_answered(person, turns=2)
    demo.behave("graph", failures=[{"status": 500, "body": {"error": {"message": WORDS}}, "times": 9}])
    demo.say(person, "/help")
    demo.wait_until(lambda: any(line.get("stage") == "lambda" for line in log_of()))
    text = demo.log()
    assert '"stage":"turn"' in text
    for secret in (WORDS, person, demo.facts["app_secret"], demo.facts["verify_token"], "access_token="):
        assert secret not in text
