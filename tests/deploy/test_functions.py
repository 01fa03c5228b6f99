"""Tests the worker's settings: retries, dead letters, its wake queue, and retries while AWS is not ready."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from scripts.deploy.functions import AGE_S, RETRIES, WorkerSettings
from tests.deploy.conftest import Account
from tests.deploy.fakes import Refusal, client_of
from tests.deploy.functions import function

WORKER: Final = "parley-prod-worker"
QUEUE: Final = "arn:aws:sqs:eu-central-1:123456789012:parley-prod-wake.fifo"
OLD_QUEUE: Final = "arn:aws:sqs:eu-central-1:123456789012:old.fifo"
DEAD: Final = "arn:aws:sqs:eu-central-1:123456789012:parley-prod-dead"
MOST: Final = 6
SOME: Final = "53ea6831-1e0f-4a4b-9a49-1f3c3d9a1c11"
PATIENCE_S: Final = 60
NOT_YET: Final = [
    Refusal("InvalidParameterValueException", "The provided execution role does not have permissions to call SQS"),
    Refusal("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."),
    Refusal("InvalidParameterValueException", f"The destination ARN {DEAD} is invalid."),
    Refusal("InvalidParameterValueException", f"The function's execution role does not have permissions on {DEAD}"),
    Refusal("InvalidParameterValueException", "Please add Lambda as a Trusted Entity for arn:aws:iam::1:role/parley"),
    Refusal("ResourceInUseException", "Cannot update the event source mapping because it is in use."),
    Refusal("ResourceConflictException", "The event source mapping already exists."),
]
NEVER: Final = [
    Refusal("AccessDeniedException", "not authorized because no permissions boundary allows lambda:*"),
    Refusal("InvalidParameterValueException", "The provided destination config is invalid"),
    Refusal("InvalidParameterValueException", "Unrecognized event source: the queue is not a FIFO queue."),
    Refusal("ServiceException", "internal error"),
]


@dataclass
class Mappings:
    """Lambda's event source mappings; each change takes some seconds, as in AWS."""

    queues: dict[str, list[str]] = field(default_factory=dict)
    """The queue and the state by id."""
    refusals: list[Refusal] = field(default_factory=list)
    """The results of the next changes."""
    losing: Callable[[], None] | None = None
    """The next creation, instead of the usual one."""
    waited: int = 0
    most: dict[str, int] = field(default_factory=dict)
    """The most workers at a time, by queue."""

    def second(self, _: float) -> None:
        """Let time pass."""
        self.waited += 1
        self.queues = {key: [queue, state] for key, (queue, state) in self.queues.items() if state != "Deleting"}
        for mapping in self.queues.values():
            mapping[1] = {"Creating": "Enabled", "Disabling": "Disabled"}.get(mapping[1], mapping[1])

    def list_event_source_mappings(self, function_name: str) -> dict[str, Any]:
        assert function_name == WORKER
        return {
            "EventSourceMappings": [
                {"UUID": key, "EventSourceArn": queue, "State": state, **self._scaling(queue)}
                for key, (queue, state) in self.queues.items()
            ]
        }

    def create_event_source_mapping(
        self, event_source_arn: str, function_name: str, batch_size: int, scaling_config: dict[str, int]
    ) -> dict[str, Any]:
        self._change()
        if self.losing:
            lost, self.losing = self.losing, None
            lost()
        assert (function_name, batch_size) == (WORKER, 1)
        if event_source_arn in {queue for queue, _ in self.queues.values()}:
            raise Refusal("ResourceConflictException", "The event source mapping already exists.")
        self.queues[str(uuid4())] = [event_source_arn, "Creating"]
        self.most[event_source_arn] = scaling_config["MaximumConcurrency"]
        return {}

    def update_event_source_mapping(
        self, uuid: str, *, enabled: bool | None = None, scaling_config: dict[str, int] | None = None
    ) -> dict[str, Any]:
        self._settled(uuid)
        if enabled is not None:
            self.queues[uuid][1] = "Enabled" if enabled else "Disabled"
        if scaling_config:
            self.most[self.queues[uuid][0]] = scaling_config["MaximumConcurrency"]
        return {}

    def _scaling(self, queue: str) -> dict[str, Any]:
        return {"ScalingConfig": {"MaximumConcurrency": self.most[queue]}} if queue in self.most else {}

    def delete_event_source_mapping(self, uuid: str) -> dict[str, Any]:
        self._settled(uuid)
        self.queues[uuid][1] = "Deleting"
        return {}

    def delete_function_event_invoke_config(self, function_name: str) -> dict[str, Any]:
        raise Refusal("ResourceNotFoundException", f"The function {function_name} doesn't have an EventInvokeConfig")

    def _settled(self, uuid: str) -> None:
        self._change()
        if self.queues[uuid][1] not in {"Enabled", "Disabled"}:
            raise Refusal("ResourceInUseException", "The event source mapping is in use.")

    def _change(self) -> None:
        if self.refusals:
            raise self.refusals.pop(0)

    @property
    def by_queue(self) -> dict[str, str]:
        """Return the state of each mapping by its queue."""
        return {queue: state for queue, state in self.queues.values() if state != "Deleting"}


def _nobody_waits(_: float) -> None:
    pytest.fail("there is nothing to wait for")


@pytest.fixture
def mappings() -> Mappings:
    return Mappings()


@pytest.fixture
def settings(mappings: Mappings) -> WorkerSettings:
    return WorkerSettings(client_of("lambda", mappings), WORKER, mappings.second)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def listen(settings: WorkerSettings, said: list[str]) -> Callable[[str | None], None]:
    return lambda queue: settings.listen(queue, most=MOST, say=said.append)


def test_the_worker_is_retried_twice_within_an_hour_and_then_its_message_is_kept(account: Account, said: list[str]):
    function(account, WORKER)
    client = account.client("lambda")
    settings = WorkerSettings(client, WORKER, _nobody_waits)
    settings.retry(DEAD, say=said.append)
    settings.retry(DEAD, say=said.append)
    found = client.get_function_event_invoke_config(FunctionName=WORKER)
    assert (found["MaximumRetryAttempts"], found["MaximumEventAgeInSeconds"]) == (RETRIES, AGE_S) == (2, 3600)
    assert found["DestinationConfig"]["OnFailure"] == {"Destination": DEAD}
    assert said == [f"{WORKER}: 2 retries within an hour, then the dead-letter queue"] * 2


def test_nothing_of_it_outlives_the_function(account: Account, said: list[str]):
    function(account, WORKER)
    client = account.client("lambda")
    queue = account.client("sqs").create_queue(QueueName="parley-prod-wake.fifo", Attributes={"FifoQueue": "true"})
    assert queue["QueueUrl"]
    settings = WorkerSettings(client, WORKER, _nobody_waits)
    settings.retry(DEAD, say=said.append)
    settings.listen(QUEUE.replace("123456789012", account.number), most=MOST, say=said.append)
    assert client.list_event_source_mappings(FunctionName=WORKER)["EventSourceMappings"]
    settings.forget()
    settings.forget()
    assert client.list_event_source_mappings(FunctionName=WORKER)["EventSourceMappings"] == []
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function_event_invoke_config(FunctionName=WORKER)


def test_the_worker_listens_to_the_queue_it_is_told_once(
    mappings: Mappings, listen: Callable[[str | None], None], said: list[str]
):
    listen(QUEUE)
    listen(QUEUE)
    assert mappings.by_queue == {QUEUE: "Creating"}
    assert said == ["invoked by the queue, one message after another for each conversation"]


@pytest.mark.parametrize("before", [None, 2, 1000])
def test_a_queue_that_is_listened_to_already_gets_the_limit_of_today(
    mappings: Mappings, listen: Callable[[str | None], None], said: list[str], before: int | None
):
    mappings.queues[SOME] = [QUEUE, "Enabled"]
    mappings.most = {QUEUE: before} if before else {}
    listen(QUEUE)
    listen(QUEUE)
    assert (mappings.most, said) == ({QUEUE: MOST}, ["invoked by the queue for at most 6 conversations at a time"])


def test_a_new_mapping_has_the_limit_from_the_beginning(mappings: Mappings, listen: Callable[[str | None], None]):
    listen(QUEUE)
    assert mappings.most == {QUEUE: MOST}


def test_another_queue_takes_the_place_of_the_old_one(
    mappings: Mappings, listen: Callable[[str | None], None], said: list[str]
):
    mappings.queues[SOME] = [OLD_QUEUE, "Enabled"]
    listen(QUEUE)
    assert mappings.by_queue == {QUEUE: "Creating"}
    assert said[0] == "no longer invoked by a queue"


def test_without_a_queue_the_worker_listens_to_none(mappings: Mappings, listen: Callable[[str | None], None]):
    mappings.queues[SOME] = [OLD_QUEUE, "Enabled"]
    listen(None)
    assert mappings.by_queue == {}


def test_a_mapping_in_deletion_is_not_deleted_again(
    mappings: Mappings, listen: Callable[[str | None], None], settings: WorkerSettings
):
    mappings.queues[SOME] = [OLD_QUEUE, "Deleting"]
    listen(None)
    settings.forget()
    assert mappings.waited == 0


def test_a_queue_that_comes_back_while_it_is_still_being_taken_away_is_listened_to(
    mappings: Mappings, listen: Callable[[str | None], None]
):
    mappings.queues[SOME] = [QUEUE, "Deleting"]
    listen(QUEUE)
    assert mappings.by_queue == {QUEUE: "Creating"}


@pytest.mark.parametrize("state", ["Disabled", "Disabling"])
def test_a_queue_that_was_switched_off_by_hand_is_switched_on_again(
    mappings: Mappings, listen: Callable[[str | None], None], said: list[str], state: str
):
    mappings.queues[SOME], mappings.most[QUEUE] = [QUEUE, state], MOST
    listen(QUEUE)
    assert mappings.by_queue == {QUEUE: "Enabled"}
    assert said == ["invoked by the queue again"]


def test_a_new_mapping_can_be_deleted_after_a_moment(mappings: Mappings, settings: WorkerSettings):
    mappings.queues[SOME] = [QUEUE, "Creating"]
    settings.forget()
    assert (mappings.by_queue, mappings.waited) == ({}, 1)


def test_a_mapping_whose_creation_got_no_response_is_not_made_twice(
    mappings: Mappings, listen: Callable[[str | None], None]
):
    def lose_the_response() -> None:
        mappings.queues[SOME] = [QUEUE, "Creating"]
        raise Refusal("ResourceConflictException", "The event source mapping already exists.")

    mappings.losing = lose_the_response
    listen(QUEUE)
    assert (mappings.by_queue, mappings.waited) == ({QUEUE: "Enabled"}, 1)


@pytest.mark.parametrize("refusal", NOT_YET, ids=lambda refusal: refusal.message)
def test_rights_and_mappings_that_are_not_there_yet_are_waited_for(
    mappings: Mappings, listen: Callable[[str | None], None], refusal: Refusal
):
    mappings.refusals = [refusal] * PATIENCE_S
    listen(QUEUE)
    assert mappings.by_queue == {QUEUE: "Creating"}
    assert mappings.waited == PATIENCE_S


def test_waiting_longer_than_a_minute_ends_in_the_error_of_aws(
    mappings: Mappings, listen: Callable[[str | None], None]
):
    mappings.refusals = [NOT_YET[0]] * 1000
    with pytest.raises(ClientError, match="does not have permissions to call SQS"):
        listen(QUEUE)
    assert mappings.waited == PATIENCE_S


@pytest.mark.parametrize("refusal", NEVER, ids=lambda refusal: refusal.message)
def test_an_error_that_does_not_pass_is_raised_at_once(
    mappings: Mappings, listen: Callable[[str | None], None], refusal: Refusal
):
    mappings.refusals = [refusal]
    with pytest.raises(ClientError) as caught:
        listen(QUEUE)
    assert refusal.message in str(caught.value)
    assert mappings.waited == 0
