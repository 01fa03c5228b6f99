"""The ways to the worker and to the owner, as botocore itself checks calls and answers."""

import io
import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber

from chalicelib.errors import NotifyError, WakeError
from chalicelib.messages import ConversationId
from chalicelib.notify import TopicNotifier
from chalicelib.wake import LambdaExaminer, LambdaWake, LambdaWarmer

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sns import SNSClient

CREDENTIALS: Any = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


def lambda_client() -> "LambdaClient":
    return boto3.client("lambda", "eu-central-1", **CREDENTIALS)


def sns_client() -> "SNSClient":
    return boto3.client("sns", "eu-central-1", **CREDENTIALS)


def answering(value: Any, **more: Any) -> dict[str, Any]:
    body = json.dumps(value).encode()
    return {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(body), len(body)), **more}


def test_a_worker_is_woken_without_waiting_for_it():
    client = lambda_client()
    with Stubber(client) as stub:
        asked = {
            "FunctionName": "parley-dev-worker",
            "InvocationType": "Event",
            "Payload": b'{"conversation": "messenger:1:anna"}',
        }
        stub.add_response("invoke", {"StatusCode": 202}, asked)
        LambdaWake(client, "parley-dev-worker").wake(ConversationId("messenger:1:anna"))
        stub.assert_no_pending_responses()


def test_a_checkup_is_asked_for_without_waiting_for_it():
    client = lambda_client()
    with Stubber(client) as stub:
        asked = {"FunctionName": "parley-dev-worker", "InvocationType": "Event", "Payload": b'{"checkup": true}'}
        stub.add_response("invoke", {"StatusCode": 202}, asked)
        LambdaExaminer(client, "parley-dev-worker").ask()
        stub.assert_no_pending_responses()


def test_a_checkup_that_cannot_be_asked_for_is_said_so():
    client = lambda_client()
    with Stubber(client) as stub:
        stub.add_client_error("invoke", "TooManyRequestsException")
        with pytest.raises(WakeError):
            LambdaExaminer(client, "parley-dev-worker").ask()


@pytest.mark.parametrize(
    ("api", "worker", "warm"),
    [
        (answering({"statusCode": 200}), answering({"outcome": "warm"}), ["api", "worker"]),
        (answering({"statusCode": 500}), answering({"outcome": "warm"}), ["worker"]),
        (answering({"statusCode": 200}), answering({"errorMessage": "no"}, FunctionError="Unhandled"), ["api"]),
        (answering(None), answering([]), []),
    ],
)
def test_only_a_function_that_answers_as_it_should_is_warm(api: Any, worker: Any, warm: list[str]):
    client = lambda_client()
    with Stubber(client) as stub:
        stub.add_response("invoke", api, {"FunctionName": "api", "Payload": ANY})
        stub.add_response("invoke", worker, {"FunctionName": "worker", "Payload": b'{"ping": true}'})
        assert LambdaWarmer(client, "api", "worker").warm() == warm


def test_a_function_that_is_not_there_does_not_keep_the_other_cold():
    client = lambda_client()
    with Stubber(client) as stub:
        stub.add_client_error("invoke", "ResourceNotFoundException")
        stub.add_response("invoke", answering({"outcome": "warm"}))
        assert LambdaWarmer(client, "api", "worker").warm() == ["worker"]


def test_the_owner_is_told_by_the_topic():
    client = sns_client()
    with Stubber(client) as stub:
        stub.add_response("publish", {}, {"TopicArn": "arn:owner", "Subject": "New", "Message": "Somebody wrote."})
        TopicNotifier(client, lambda: "arn:owner").tell("New", "Somebody wrote.")
        stub.assert_no_pending_responses()


def test_without_a_topic_the_owner_is_left_in_peace():
    with Stubber(client := sns_client()):
        TopicNotifier(client, lambda: None).tell("New", "Somebody wrote.")


def test_a_topic_that_cannot_be_written_to_is_said_so():
    client = sns_client()
    with Stubber(client) as stub:
        stub.add_client_error("publish", "AuthorizationError")
        with pytest.raises(NotifyError):
            TopicNotifier(client, lambda: "arn:owner").tell("New", "Somebody wrote.")
