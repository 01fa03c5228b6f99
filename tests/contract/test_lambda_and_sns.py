"""The ways to the worker and to the owner, as botocore itself checks calls and answers."""

import io
import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber

from chalicelib.aws import invocation
from chalicelib.aws.functions import LambdaJobStarter, LambdaWarmer
from chalicelib.aws.sns import TopicNotifier
from chalicelib.aws.wake import LambdaWake
from chalicelib.errors import NotifyError, WakeError
from chalicelib.ids import ConversationId

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


def accepted() -> dict[str, Any]:
    """What Lambda answers when it has queued an event."""
    return {"StatusCode": 202, "Payload": StreamingBody(io.BytesIO(), 0)}


def test_what_lambda_answers_is_read_to_its_end_so_that_its_connection_is_used_again():
    client, answer = lambda_client(), answering("what is left")
    with Stubber(client) as stub:
        stub.add_response("invoke", answer, {"FunctionName": ANY, "InvocationType": ANY, "Payload": ANY})
        LambdaWake(client, "parley-dev-worker").wake(ConversationId("messenger:1:anna"))
    assert answer["Payload"].read() == b""


def test_a_worker_is_woken_without_waiting_for_it():
    client = lambda_client()
    with Stubber(client) as stub:
        asked = {
            "FunctionName": "parley-dev-worker",
            "InvocationType": "Event",
            "Payload": b'{"conversation": "messenger:1:anna"}',
        }
        stub.add_response("invoke", accepted(), asked)
        LambdaWake(client, "parley-dev-worker").wake(ConversationId("messenger:1:anna"))
        stub.assert_no_pending_responses()


def test_a_checkup_is_asked_for_without_waiting_for_it():
    client = lambda_client()
    with Stubber(client) as stub:
        asked = {"FunctionName": "parley-dev-worker", "InvocationType": "Event", "Payload": b'{"checkup": true}'}
        stub.add_response("invoke", accepted(), asked)
        LambdaJobStarter(client, "parley-dev-worker", invocation.HEALTH_CHECK).start()
        stub.assert_no_pending_responses()


def test_a_checkup_that_cannot_be_asked_for_is_said_so():
    client = lambda_client()
    with Stubber(client) as stub:
        stub.add_client_error("invoke", "TooManyRequestsException")
        with pytest.raises(WakeError):
            LambdaJobStarter(client, "parley-dev-worker", invocation.HEALTH_CHECK).start()


WELL: Any = {"statusCode": 200}
UNWELL: Any = {"statusCode": 500}
FAILED: Any = {"errorMessage": "no"}


@pytest.mark.parametrize(
    ("answers", "warm"),
    [
        ([WELL, {"outcome": "warm"}, WELL], ["api", "worker", "websocket"]),
        ([UNWELL, {"outcome": "warm"}, UNWELL], ["worker"]),
        ([WELL, FAILED, WELL], ["api", "websocket"]),
        ([WELL, {"outcome": "warm"}, FAILED], ["api", "worker"]),
        ([None, [], None], []),
    ],
)
def test_only_a_function_that_answers_as_it_should_is_warm(answers: list[Any], warm: list[str]):
    client, pings = lambda_client(), [ANY, b'{"ping": true}', json.dumps(invocation.WEBSOCKET_PING).encode()]
    with Stubber(client) as stub:
        for function, ping, answer in zip(("api", "worker", "websocket"), pings, answers, strict=True):
            more = {"FunctionError": "Unhandled"} if answer == FAILED else {}
            stub.add_response("invoke", answering(answer, **more), {"FunctionName": function, "Payload": ping})
        assert LambdaWarmer(client, "api", "worker", ["websocket"]).warm() == warm


def test_a_function_that_is_not_there_does_not_keep_the_others_cold():
    client = lambda_client()
    with Stubber(client) as stub:
        stub.add_client_error("invoke", "ResourceNotFoundException")
        stub.add_response("invoke", answering({"outcome": "warm"}))
        stub.add_response("invoke", answering(WELL))
        assert LambdaWarmer(client, "api", "worker", ["websocket"]).warm() == ["worker", "websocket"]


def test_the_owner_is_told_by_the_topic():
    client = sns_client()
    with Stubber(client) as stub:
        stub.add_response("publish", {}, {"TopicArn": "arn:owner", "Subject": "New", "Message": "Somebody wrote."})
        TopicNotifier(client, lambda: "arn:owner").send("New", "Somebody wrote.")
        stub.assert_no_pending_responses()


def test_without_a_topic_the_owner_is_left_in_peace():
    with Stubber(client := sns_client()):
        TopicNotifier(client, lambda: None).send("New", "Somebody wrote.")


def test_a_topic_that_cannot_be_written_to_is_said_so():
    client = sns_client()
    with Stubber(client) as stub:
        stub.add_client_error("publish", "AuthorizationError")
        with pytest.raises(NotifyError):
            TopicNotifier(client, lambda: "arn:owner").send("New", "Somebody wrote.")
