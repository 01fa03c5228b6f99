"""Tests that no message is lost by killed workers, lost wakes, dead letters and new versions."""

import json
import threading
import time
from collections import deque
from collections.abc import Iterator

import pytest

from scripts.simulator.aws import TICK
from scripts.simulator.recorder import Behaviour, Failure
from tests.deployed.conftest import Deployment
from tests.deployed.running import STAGE

WORKER = f"parley-{STAGE}-worker"


@pytest.fixture(autouse=True)
def good_times_afterwards(deployment: Deployment) -> Iterator[None]:
    yield
    deployment.model.recorder.behaviour = deployment.meta.recorder.behaviour = Behaviour()
    deployment.client("lambda").update_function_configuration(FunctionName=WORKER, Timeout=300)
    deployment.client("lambda").put_function_concurrency(FunctionName=WORKER, ReservedConcurrentExecutions=10)


def beat(deployment: Deployment) -> int:
    """Run a heartbeat; returns the number of conversations for which it invoked a worker."""
    answer = deployment.client("lambda").invoke(
        FunctionName=f"parley-{STAGE}-heartbeat", Payload=json.dumps(TICK).encode()
    )
    return int(json.loads(answer["Payload"].read())["swept"])


def used(deployment: Deployment, person: str) -> int:
    """Return how many questions of a person were counted today."""
    shown = deployment.parley("people", "show", person, "--json")
    assert shown.returncode == 0, shown.stderr
    return int(json.loads(shown.stdout)["used_today"])


def runs(deployment: Deployment) -> int:
    """Return how often the worker has ended, with success or error."""
    logs = deployment.client("logs")
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{WORKER}")
    return sum(event["message"].startswith("REPORT ") for page in pages for event in page["events"])


def cancelled(deployment: Deployment, person: str) -> str:
    """Return the bot's answer to a free command; the emulator may let an old worker answer once more."""
    said = len(deployment.answers_to(person))
    deployment.write(person, "/forget no")
    return deployment.wait_for_answers(person, said + 1)[-1]


def waiting(deployment: Deployment) -> int:
    """Return the dead letters."""
    sqs, name = deployment.client("sqs"), "ApproximateNumberOfMessages"
    url = sqs.get_queue_url(QueueName=f"parley-{STAGE}-dead")["QueueUrl"]
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def test_a_worker_that_times_out_is_tried_again_and_the_person_gets_one_answer(deployment: Deployment):
    """Let Facebook not respond, so that the worker times out during a turn and Lambda retries."""
    deployment.client("lambda").update_function_configuration(FunctionName=WORKER, Timeout=3)
    nothing = Failure(500, times=1000)
    deployment.meta.recorder.behaviour = Behaviour(delay_ms=8_000, failures=deque([nothing]))
    asked, ended = len(deployment.model.recorder.since(0)), runs(deployment)
    deployment.write("patient", "Are you slow today?")
    deployment.wait_until(lambda: runs(deployment) > ended)
    assert deployment.answers_to("patient") == []
    deployment.meta.recorder.behaviour = Behaviour()
    assert len(deployment.wait_for_answers("patient", 1)) == 1
    assert used(deployment, "patient") == 1
    assert len(deployment.model.recorder.since(0)) <= asked + 2


def test_the_heartbeat_finds_whom_no_worker_was_woken_for(deployment: Deployment):
    deployment.client("lambda").put_function_concurrency(FunctionName=WORKER, ReservedConcurrentExecutions=0)
    deployment.write("lonely", "Does anybody hear me?")
    assert deployment.answers_to("lonely") == []
    deployment.client("lambda").put_function_concurrency(FunctionName=WORKER, ReservedConcurrentExecutions=10)
    deployment.wait_until(lambda: beat(deployment) == 1)
    deployment.wait_for_answers("lonely", 1)


def test_a_permanent_failure_is_a_dead_letter_until_the_owner_replays_it(deployment: Deployment):
    too_much = Failure(400, {"error": {"code": 613, "message": "as you wished"}}, times=1000)
    deployment.meta.recorder.behaviour = Behaviour(failures=deque([too_much]))
    deployment.write("unlucky", "What is luck?")
    deployment.wait_until(lambda: waiting(deployment) == 1)
    deployment.meta.recorder.behaviour = Behaviour()
    replayed = deployment.parley("replay", "--yes")
    assert (replayed.returncode, "retried" in replayed.stdout) == (0, True), replayed.stdout + replayed.stderr
    deployment.wait_for_answers("unlucky", 1)


def test_a_new_version_comes_while_people_write_and_nobody_loses_a_message(deployment: Deployment):
    texts = "chalicelib/content/locales/en.toml"
    deployment.project.changes(texts, "Fine, nothing is deleted.", "Fine, nothing at all is deleted.")
    stop = threading.Event()
    kept: list[str] = []

    def everybody_writes() -> None:
        while not stop.is_set():
            person = f"visitor{len(kept)}"
            while not deployment.delivers(person, "Hello"):  # Meta repeats what was not acknowledged
                time.sleep(0.5)
            kept.append(person)
            stop.wait(3)

    writing = threading.Thread(target=everybody_writes)
    writing.start()
    try:
        deployed = deployment.deploy()
    finally:
        stop.set()
        writing.join()
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    # The emulator kills who is at work when a new version comes, as AWS does not: that turn waits for its lease to end.
    deployment.wait_until(lambda: beat(deployment) == 0 and all(map(deployment.answers_to, kept)), seconds=240)
    assert [len(deployment.answers_to(person)) for person in kept] == [1] * len(kept)
    deployment.wait_until(lambda: cancelled(deployment, "visitor0") == "Fine, nothing at all is deleted.")
