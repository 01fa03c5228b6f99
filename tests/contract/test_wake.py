"""Every way to wake the worker under one suite: the fake, Lambda, and a FIFO queue as two emulators understand it."""

import io
import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from types import SimpleNamespace
from typing import Any, Final

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from chalicelib.aws import invocation
from chalicelib.aws.wake import FifoWake, LambdaWake
from chalicelib.conversation.ports import Wake
from chalicelib.errors import WakeError
from chalicelib.ids import ConversationId
from scripts.simulator.aws import free_port
from tests.contract.conftest import MINISTACK, MOTO
from tests.fakes.adapters import RememberingWake

ANNA, BEN = ConversationId("messenger:1:anna"), ConversationId("messenger:1:ben")
WORKER: Final = "parley-dev-worker"
SWEEPING: Final = pytest.param("ministack, sweeping", marks=pytest.mark.emulated)


@dataclass(frozen=True)
class Waking:
    """A way to the worker, and what comes out at its end."""

    wake: Wake
    events: Callable[[], list[dict[str, Any]]]
    """What the worker was invoked with, in order, each handled before the next."""
    breaks: Callable[[], object]

    def visited(self) -> list[ConversationId | None]:
        """Where the worker was sent."""
        return [conversation_of(event) for event in self.events()]


def conversation_of(event: dict[str, Any]) -> ConversationId | None:
    """Where an event sends the worker; None for a ping."""
    parsed = invocation.parse(event)
    return parsed.conversation if isinstance(parsed, invocation.AnswerConversation) else None


def client(service: Any, url: str | None = None) -> Any:
    once = Config(connect_timeout=2, retries={"total_max_attempts": 1})
    return boto3.client(
        service,
        "eu-central-1",
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=once,
    )


# The fake.


def remembering() -> Waking:
    wake = RememberingWake()
    return Waking(
        wake,
        events=lambda: [{"conversation": conversation} for conversation in wake.woken],
        breaks=lambda: setattr(wake, "fails", True),
    )


# Lambda: what is asked of its API, where it leaves the process.


@dataclass
class Invocations:
    """Lambda's Invoke API."""

    payloads: list[bytes] = field(default_factory=list)
    is_there: bool = True

    def answer(self, params: Any, **_: Any) -> Any:
        if not self.is_there:
            return SimpleNamespace(status_code=404), {"Error": {"Code": "ResourceNotFoundException"}}
        self.payloads.append(params["body"])
        return SimpleNamespace(status_code=202), {"StatusCode": 202, "Payload": io.BytesIO()}


def by_lambda() -> Waking:
    lambda_client, invocations = client("lambda"), Invocations()
    lambda_client.meta.events.register("before-call.lambda.Invoke", invocations.answer)
    return Waking(
        LambdaWake(lambda_client, WORKER),
        events=lambda: [json.loads(payload) for payload in invocations.payloads],
        breaks=lambda: setattr(invocations, "is_there", False),
    )


# SQS.


@dataclass
class Queue:
    """A FIFO queue, read as Lambda reads it for a function with a batch size of 1."""

    sqs: Any
    name: str = field(default_factory=lambda: f"parley-{uuid.uuid4().hex}-wake.fifo")
    url: str = ""
    _numbers: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        # By content as well, so that a wake without an id of its own would be swallowed and not refused.
        attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "1800"}
        self.url = self.sqs.create_queue(QueueName=self.name, Attributes=attributes)["QueueUrl"]

    @property
    def wake(self) -> FifoWake:
        return FifoWake(self.sqs, self.name, new_id=lambda: f"wake-{next(self._numbers)}", in_turn=True)

    @property
    def sweep(self) -> FifoWake:
        return replace(self.wake, in_turn=False)

    def receive(self) -> dict[str, Any] | None:
        """The next message; it is in flight until it is deleted."""
        messages = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=1, AttributeNames=["All"])
        received: list[dict[str, Any]] = messages.get("Messages", [])
        return received[0] if received else None

    def delete(self, message: dict[str, Any]) -> None:
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def drain(self) -> list[dict[str, Any]]:
        """All messages, each deleted before the next is received."""
        messages = []
        while message := self.receive():
            self.delete(message)
            messages.append(message)
        return messages


def event_of(message: dict[str, Any]) -> dict[str, Any]:
    return {"Records": [{"messageId": message["MessageId"], "eventSource": "aws:sqs", "body": message["Body"]}]}


def sent_to(message: dict[str, Any] | None) -> ConversationId | None:
    return conversation_of(event_of(message)) if message else None


def by_queue(queue: Queue, wake: Wake) -> Waking:
    return Waking(
        wake,
        events=lambda: [event_of(message) for message in queue.drain()],
        breaks=lambda: queue.sqs.delete_queue(QueueUrl=queue.url),
    )


@pytest.fixture
def moto_queue() -> Iterator[Queue]:
    with mock_aws():
        yield Queue(client("sqs"))


@pytest.fixture
def ministack_queue(aws_url: str) -> Queue:
    return Queue(client("sqs", aws_url))


@pytest.fixture(params=[MOTO, MINISTACK])
def queue(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(f"{request.param}_queue")


@pytest.fixture(params=["fake", "lambda", MOTO, MINISTACK, SWEEPING])
def waking(request: pytest.FixtureRequest) -> Waking:
    match request.param:
        case "fake":
            return remembering()
        case "lambda":
            return by_lambda()
    emulator, _, sweeping = request.param.partition(", ")
    queue = request.getfixturevalue(f"{emulator}_queue")
    return by_queue(queue, queue.sweep if sweeping else queue.wake)


# What every way promises.


def test_a_wake_sends_the_worker_to_its_conversation(waking: Waking):
    waking.wake.wake(ANNA)
    assert waking.visited() == [ANNA]


def test_a_second_wake_of_a_conversation_shortly_after_is_not_swallowed(waking: Waking):
    for conversation in (ANNA, BEN, ANNA):
        waking.wake.wake(conversation)
    assert sorted(map(str, waking.visited())) == [ANNA, ANNA, BEN]


@pytest.mark.parametrize("person", ["Chloé 🐈", "two words\nand a line", "x" * 128, "\u202e\x7f\"'\\{}"])
def test_a_conversation_may_be_named_by_any_characters(waking: Waking, person: str):
    conversation = ConversationId(f"messenger:{'9' * 128}:{person}")
    waking.wake.wake(conversation)
    assert waking.visited() == [conversation]


def test_a_worker_that_cannot_be_woken_is_said_so(waking: Waking):
    waking.breaks()
    with pytest.raises(WakeError):
        waking.wake.wake(ANNA)


def test_a_worker_that_can_be_woken_no_longer_is_said_so(waking: Waking):
    waking.wake.wake(ANNA)
    waking.breaks()
    with pytest.raises(WakeError):
        waking.wake.wake(ANNA)


@pytest.mark.parametrize("service", ["lambda", "sqs"])
def test_a_service_out_of_reach_is_said_so(service: str):
    nowhere = client(service, f"http://127.0.0.1:{free_port()}")
    by_fifo = FifoWake(nowhere, "parley-dev-wake.fifo", new_id=lambda: "1", in_turn=True)
    wake: Wake = LambdaWake(nowhere, WORKER) if service == "lambda" else by_fifo
    with pytest.raises(WakeError):
        wake.wake(ANNA)


# What a FIFO queue adds.


def test_of_one_conversation_one_wake_is_worked_on_at_a_time_in_their_order(queue: Queue):
    for _ in range(3):
        queue.wake.wake(ANNA)
    ids = []
    while message := queue.receive():
        assert queue.receive() is None, "a wake came while another of its conversation was being worked on"
        ids.append(message["Attributes"]["MessageDeduplicationId"])
        queue.delete(message)
    assert ids == ["wake-0", "wake-1", "wake-2"]


def test_two_conversations_are_worked_on_side_by_side(queue: Queue):
    for conversation in (ANNA, ANNA, BEN):
        queue.wake.wake(conversation)
    assert [sent_to(queue.receive()) for _ in range(3)] == [ANNA, BEN, None]


def test_a_wake_whose_worker_failed_comes_again_before_later_ones(queue: Queue):
    for _ in range(2):
        queue.wake.wake(ANNA)
    first = queue.receive()
    assert first
    queue.sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)
    again = queue.receive()
    assert again
    assert again["MessageId"] == first["MessageId"]


def test_a_sweep_does_not_wait_for_the_wake_of_a_worker_that_failed(queue: Queue):
    queue.wake.wake(ANNA)
    assert queue.receive(), "its worker fails, and never says so"
    queue.wake.wake(ANNA)
    assert queue.receive() is None
    for _ in range(2):
        queue.sweep.wake(ANNA)
        assert sent_to(queue.receive()) == ANNA


def test_without_an_id_of_its_own_a_second_wake_would_be_swallowed(queue: Queue):
    """Why `FifoWake` makes one: compare the suite's test of the second wake."""
    for _ in range(2):
        queue.sqs.send_message(QueueUrl=queue.url, MessageBody=invocation.wake_event(ANNA), MessageGroupId="anna")
    assert len(queue.drain()) == 1


def test_a_wake_that_the_client_repeats_because_it_heard_no_answer_counts_once(queue: Queue):
    requests: list[str] = []
    events = queue.sqs.meta.events
    events.register("request-created.sqs.SendMessage", lambda operation_name, **_: requests.append(operation_name))
    events.register("needs-retry.sqs.SendMessage", lambda attempts, **_: 0 if attempts == 1 else None)
    queue.wake.wake(ANNA)
    assert len(requests) == 2
    assert len(queue.drain()) == 1


def test_the_queue_is_looked_for_once_however_many_are_woken(queue: Queue):
    asked: list[str] = []
    queue.sqs.meta.events.register("before-call.sqs", lambda model, **_: asked.append(model.name))
    wake = queue.wake
    for conversation in (ANNA, BEN, ANNA):
        wake.wake(conversation)
    assert asked == ["GetQueueUrl", "SendMessage", "SendMessage", "SendMessage"]


def test_the_message_group_id_does_not_reveal_the_person(queue: Queue):
    queue.wake.wake(ANNA)
    [message] = queue.drain()
    assert re.fullmatch("[0-9a-f]{64}", message["Attributes"]["MessageGroupId"])
