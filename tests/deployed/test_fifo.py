"""Tests the worker with the SQS FIFO queue and Lambda's event source mapping, and the change to it and back."""

from collections.abc import Iterator

import pytest

from tests.deployed.conftest import Deployment, new_account
from tests.deployed.running import STAGE, Project


@pytest.fixture(scope="module")
def fifo(project: Project) -> Iterator[Deployment]:
    """A separate bot whose worker is woken by the queue."""
    with new_account(project, PARLEY_WAKE="fifo") as account:
        deployed = account.deploy()
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        yield account


def mappings(account: Deployment) -> list[tuple[str, int, int]]:
    """The queue, the messages of a batch and the most workers at a time, of each mapping."""
    found = account.client("lambda").list_event_source_mappings(FunctionName=f"parley-{STAGE}-worker")
    return [
        (one["EventSourceArn"].rpartition(":")[2], one["BatchSize"], one["ScalingConfig"]["MaximumConcurrency"])
        for one in found["EventSourceMappings"]
    ]


def test_a_queue_wakes_the_worker_one_conversation_at_a_time(fifo: Deployment):
    assert mappings(fifo) == [(f"parley-{STAGE}-wake.fifo", 1, 10)]
    for number in range(3):
        fifo.write("quick", f"Question {number}")
        fifo.write("other", f"Riddle {number}")
    answers = fifo.wait_for_answers("quick", 3)
    assert [f"“Question {number}”" in answer for number, answer in enumerate(answers)] == [True] * 3
    assert len(fifo.wait_for_answers("other", 3)) == 3


def test_a_message_that_comes_twice_is_answered_once(fifo: Deployment):
    body = fifo.write("twice", "Once, please", mid="m_twice")
    assert fifo.webhook(body) == 200
    fifo.wait_for_answers("twice", 1)
    assert fifo.webhook(body) == 200
    fifo.write("twice", "And now?")
    assert len(fifo.wait_for_answers("twice", 2)) == 2


def test_the_doctor_finds_nothing_and_a_deployment_can_go_back_to_lambda(fifo: Deployment):
    doctor = fifo.parley("doctor")
    assert doctor.returncode == 0, doctor.stdout
    with fifo.project.configured(PARLEY_WAKE="lambda"):
        deployed = fifo.deploy()
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        assert mappings(fifo) == []
        fifo.write("back", "Lambda again?")
        fifo.wait_for_answers("back", 1)
