"""Tests that a stack is created, updated and deleted from any state, and that errors name the first reason."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.errors import ConfigError
from scripts.deploy.stack import Stack
from tests.deploy.cloudformation import CloudFormation, Story
from tests.deploy.fakes import client_of

NAME = "parley-prod"
WANTED = {"Stage": "prod", "OwnerEmail": "", "Wake": "lambda"}
FAILED: Story = [
    ("Topic", "CREATE_FAILED", "You may not\n  have topics"),
    ("DeadLetters", "CREATE_FAILED", "Resource creation cancelled"),
    "ROLLBACK_IN_PROGRESS",
    ("Table", "DELETE_COMPLETE", ""),
    ("DoorLogs", "DELETE_COMPLETE", ""),
    ("WorkerLogs", "DELETE_COMPLETE", ""),
    "ROLLBACK_COMPLETE",
]
ROLLED_BACK: Story = [
    ("Throttled", "UPDATE_FAILED", "No such metric"),
    ("Dashboard", "UPDATE_FAILED", "Resource update cancelled"),
    "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE",
]


@pytest.fixture
def cloud() -> CloudFormation:
    return CloudFormation(NAME)


@pytest.fixture
def stack(cloud: CloudFormation) -> Stack:
    return Stack(client_of("cloudformation", cloud), NAME, wait=cloud.second)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def deploy(stack: Stack, said: list[str]) -> Callable[..., str]:
    return lambda **changed: stack.deploy({**WANTED, **changed}, say=said.append)


def fails(call: Callable[[], Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        call()
    return str(caught.value)


def test_a_stack_that_is_not_there_is_made_and_cannot_be_deleted_by_mistake(
    cloud: CloudFormation, stack: Stack, deploy: Callable[..., str]
):
    assert (stack.status(), stack.outputs(), stack.parameters()) == ("", {}, {})
    assert deploy() == "created"
    assert (stack.status(), cloud.protected) == ("CREATE_COMPLETE", True)
    assert stack.parameters() == WANTED


def test_what_could_not_be_rolled_back_is_set_once_the_stack_is_there(cloud: CloudFormation, stack: Stack):
    stack.deploy({**WANTED, "Protected": "true"}, at_first={"Protected": "false"}, say=print)
    assert (cloud.asked, stack.parameters()["Protected"]) == (["CREATE", "UPDATE"], "true")


def test_it_is_never_set_on_a_stack_that_could_not_be_made(cloud: CloudFormation, stack: Stack):
    cloud.becomes["CREATE"] = FAILED
    fails(lambda: stack.deploy({**WANTED, "Protected": "true"}, at_first={"Protected": "false"}, say=print))
    assert (cloud.asked, stack.parameters()["Protected"]) == (["CREATE"], "false")


def test_a_creation_that_broke_off_here_gets_it_with_the_next_deployment(cloud: CloudFormation, stack: Stack):
    cloud.parameters = [{"ParameterKey": "Protected", "ParameterValue": "false"}]
    cloud.begin("CREATE", ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"])
    stack.deploy({**WANTED, "Protected": "true"}, at_first={"Protected": "false"}, say=print)
    assert (cloud.asked, stack.parameters()["Protected"]) == (["CREATE", "UPDATE"], "true")


@pytest.mark.parametrize("operation", ["CreateStack", "UpdateStack"])
def test_a_request_whose_response_is_late_is_not_a_second_one(
    cloud: CloudFormation, stack: Stack, deploy: Callable[..., str], operation: str
):
    if operation == "UpdateStack":
        deploy()
    calls: Any = stack.client.meta.events
    call = stack.client.create_stack if operation == "CreateStack" else stack.client.update_stack

    def send_before(params: Any, **_: Any) -> None:
        calls.unregister(f"before-parameter-build.cloudformation.{operation}", unique_id="before")
        call(**params)

    calls.register(f"before-parameter-build.cloudformation.{operation}", send_before, unique_id="before")
    assert deploy(Wake="fifo") == ("created" if operation == "CreateStack" else "updated")


def test_the_same_again_changes_nothing(cloud: CloudFormation, deploy: Callable[..., str]):
    deploy()
    assert deploy() == "unchanged"
    assert cloud.asked == ["CREATE"]


def test_another_address_of_the_owner_is_an_update(stack: Stack, deploy: Callable[..., str]):
    deploy()
    assert deploy(OwnerEmail="owner@example.org") == "updated"
    assert stack.parameters()["OwnerEmail"] == "owner@example.org"


def test_the_other_steps_are_told_what_the_stack_made(cloud: CloudFormation, stack: Stack):
    cloud.outputs = {"DeadLettersArn": "arn:aws:sqs:dead"}
    cloud.begin("CREATE")
    assert stack.outputs() == {"DeadLettersArn": "arn:aws:sqs:dead"}


def test_each_ready_resource_is_reported_once(cloud: CloudFormation, deploy: Callable[..., str], said: list[str]):
    cloud.becomes["CREATE"] = [
        ("Table", "CREATE_IN_PROGRESS", ""),
        ("Table", "CREATE_COMPLETE", ""),
        "CREATE_IN_PROGRESS",
        ("Topic", "CREATE_COMPLETE", ""),
        *["CREATE_IN_PROGRESS"] * 9,
        "CREATE_COMPLETE",
    ]
    deploy()
    assert said == ["Table is created", "Topic is created"]


@pytest.mark.parametrize(("begun", "done"), [("CREATE", "updated"), ("UPDATE", "updated"), ("DELETE", "created")])
def test_an_update_in_progress_is_awaited_before_ours(
    cloud: CloudFormation, deploy: Callable[..., str], said: list[str], begun: str, done: str
):
    cloud.begin(begun)
    assert deploy() == done
    assert said[0] == "another operation is running: waiting"


@pytest.mark.parametrize(
    ("begun", "story", "done"),
    [("CREATE", FAILED, "created"), ("UPDATE", ROLLED_BACK, "updated"), ("DELETE", ["DELETE_FAILED"], "created")],
)
def test_another_update_that_fails_does_not_prevent_ours(
    cloud: CloudFormation, deploy: Callable[..., str], begun: str, story: Story, done: str
):
    cloud.begin(begun, story)
    assert deploy() == done


@pytest.mark.parametrize(
    "status", ["CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS", "DELETE_FAILED"]
)
def test_a_stack_that_was_never_complete_is_deleted_and_created_again(
    cloud: CloudFormation, stack: Stack, deploy: Callable[..., str], said: list[str], status: str
):
    cloud.status, cloud.protected = status, True
    assert deploy() == "created"
    assert (cloud.asked, stack.status()) == (["DELETE", "CREATE"], "CREATE_COMPLETE")
    assert said == ["an earlier attempt failed: deleting it"]


def test_a_stack_that_cannot_be_deleted_is_reported_with_the_reason(cloud: CloudFormation, deploy: Callable[..., str]):
    cloud.status = "ROLLBACK_COMPLETE"
    cloud.becomes["DELETE"] = [("DeadLetters", "DELETE_FAILED", "Access denied"), "DELETE_FAILED"]
    assert fails(deploy) == "the stack parley-prod could not be deleted: DeadLetters: Access denied"


def test_a_stack_that_cannot_be_made_says_its_first_reason_in_one_line(
    cloud: CloudFormation, deploy: Callable[..., str]
):
    cloud.becomes["CREATE"] = FAILED
    assert fails(deploy) == "the stack parley-prod could not be deployed: Topic: You may not have topics"
    assert deploy() == "created"


def test_an_update_that_is_rolled_back_says_the_reason_of_this_time(cloud: CloudFormation, deploy: Callable[..., str]):
    deploy()
    cloud.becomes["UPDATE"] = [("Table", "UPDATE_FAILED", "Too many updates"), *ROLLED_BACK[2:]]
    fails(lambda: deploy(Wake="fifo"))
    cloud.becomes["UPDATE"] = ROLLED_BACK
    assert fails(lambda: deploy(Wake="fifo")).endswith("could not be deployed: Throttled: No such metric")


def test_after_an_update_was_rolled_back_the_next_one_goes_through(cloud: CloudFormation, deploy: Callable[..., str]):
    deploy()
    cloud.becomes["UPDATE"] = ROLLED_BACK
    fails(lambda: deploy(Wake="fifo"))
    assert deploy() == "unchanged"
    assert deploy(OwnerEmail="owner@example.org") == "updated"


def test_a_name_that_something_else_has_is_said_with_the_cure(cloud: CloudFormation, deploy: Callable[..., str]):
    cloud.becomes["CREATE"] = [("Topic", "CREATE_FAILED", "parley-prod-owner already exists"), "ROLLBACK_COMPLETE"]
    assert fails(deploy).endswith(
        "Topic: parley-prod-owner already exists; something else has this name: delete or rename it, "
        "or choose another --stage"
    )


def test_a_failure_without_a_reason_is_said_to_have_none(cloud: CloudFormation, deploy: Callable[..., str]):
    cloud.becomes["CREATE"] = ["ROLLBACK_COMPLETE"]
    assert fails(deploy).endswith("CloudFormation gives no reason; see the events in its console")
    cloud.becomes["CREATE"] = [("Topic", "CREATE_FAILED", ""), "ROLLBACK_COMPLETE"]
    assert fails(deploy).endswith("Topic: no reason given")


def test_a_state_that_only_the_console_can_fix_is_reported(cloud: CloudFormation, deploy: Callable[..., str]):
    cloud.status = "UPDATE_ROLLBACK_FAILED"
    assert "choose `Continue update rollback` in the CloudFormation console" in fails(deploy)
    assert cloud.asked == []


def test_a_missing_permission_for_events_is_reported(cloud: CloudFormation, deploy: Callable[..., str]):
    cloud.forbidden = "DescribeStackEvents"
    with pytest.raises(ClientError, match="not authorized to perform: cloudformation:DescribeStackEvents"):
        deploy()


def test_a_protected_stack_is_deleted_when_it_shall_be(
    cloud: CloudFormation, stack: Stack, deploy: Callable[..., str], said: list[str]
):
    deploy()
    cloud.becomes["DELETE"] = [("Topic", "DELETE_COMPLETE", ""), "DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
    stack.delete(say=said.append)
    assert stack.status() == ""


def test_a_stack_that_is_not_there_needs_no_deletion(cloud: CloudFormation, stack: Stack, said: list[str]):
    stack.delete(say=said.append)
    assert (cloud.asked, said) == ([], [])


def test_a_deletion_that_broke_off_here_and_goes_on_there_is_only_waited_for(
    cloud: CloudFormation, stack: Stack, deploy: Callable[..., str], said: list[str]
):
    deploy()
    cloud.begin("DELETE", ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"])
    stack.delete(say=said.append)
    assert (stack.status(), cloud.asked) == ("", ["CREATE", "DELETE"])
    assert said == ["another operation is running: waiting"]


def test_a_stack_in_an_update_is_deleted_afterwards(
    cloud: CloudFormation, stack: Stack, deploy: Callable[..., str], said: list[str]
):
    deploy()
    cloud.begin("UPDATE", ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"])
    stack.delete(say=said.append)
    assert (stack.status(), cloud.asked) == ("", ["CREATE", "UPDATE", "DELETE"])


def test_a_deletion_that_fails_says_the_first_reason(
    cloud: CloudFormation, stack: Stack, deploy: Callable[..., str], said: list[str]
):
    deploy()
    cloud.becomes["DELETE"] = [
        ("DeadLetters", "DELETE_FAILED", "Somebody holds on to it"),
        ("Topic", "DELETE_FAILED", "Later"),
        "DELETE_FAILED",
    ]
    reason = "the stack parley-prod could not be deleted: DeadLetters: Somebody holds on to it"
    assert fails(lambda: stack.delete(say=said.append)) == reason
    stack.delete(say=said.append)
    assert stack.status() == ""


@pytest.mark.parametrize("seconds", [0, 5])
def test_resources_changed_by_hand_are_listed_after_the_comparison(
    cloud: CloudFormation, stack: Stack, deploy: Callable[..., str], seconds: int
):
    deploy()
    cloud.drifts = {"WorkerLogs": "MODIFIED", "Topic": "IN_SYNC", "DoorSlow": "DELETED", "Email": "NOT_CHECKED"}
    cloud.comparing = seconds
    assert stack.drifted() == ["DoorSlow", "WorkerLogs"]


def test_a_comparison_that_does_not_end_is_given_up(cloud: CloudFormation, stack: Stack, deploy: Callable[..., str]):
    deploy()
    cloud.drifts, cloud.comparing = {"Topic": "MODIFIED"}, 10_000
    assert stack.drifted() == []
