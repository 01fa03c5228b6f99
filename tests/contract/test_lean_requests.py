"""What is left out of each request to AWS, and what happens all the same."""

import io
import json
import re
from typing import TYPE_CHECKING, Any

import boto3
import botocore
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

from chalicelib.aws.dynamodb.table import Table
from chalicelib.bootstrap import clients
from chalicelib.errors import StoreError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CREDENTIALS: Any = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


class Body(io.BytesIO):
    def stream(self, **_: Any) -> Any:
        yield self.read()


class Answering:
    """DynamoDB, which answers every request in the same way and remembers it."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status, self.body = status, body
        self.requests: list[AWSPreparedRequest] = []

    def client(self, config: Config) -> "DynamoDBClient":
        client = boto3.Session().client("dynamodb", "eu-central-1", config=config, **CREDENTIALS)
        answer: Any = self.answer
        client.meta.events.register("before-send", answer)
        return client

    def answer(self, request: AWSPreparedRequest, **_: Any) -> Any:
        self.requests.append(request)
        raw: Any = Body(self.body)
        return AWSResponse(request.url, self.status, HTTPHeaders(), raw)


@pytest.mark.parametrize("config", [clients.QUICK, clients.PATIENT])
def test_requests_name_the_sdk_and_parley_and_not_the_machine(config: Config):
    dynamodb = Answering(200, b"{}")
    dynamodb.client(config).get_item(TableName="table", Key={"pk": {"S": "a"}})
    names = f"Boto3/{boto3.__version__} Parley Botocore/{botocore.__version__}"
    sent: Any = dynamodb.requests[0].headers["User-Agent"]
    assert sent.startswith(names.encode())  # Powertools, once it was imported, adds itself to all clients of a process
    assert not re.search(rb"\b(ua|os|md|lang|cfg)/", sent)


def test_a_request_that_botocore_would_refuse_is_refused_by_dynamodb_and_is_a_store_error():
    refusing = {"__type": "com.amazon.coral.validate#ValidationException", "message": "TableName"}
    dynamodb = Answering(400, json.dumps(refusing).encode())
    with pytest.raises(StoreError, match="ValidationException"):
        Table(dynamodb.client(clients.QUICK), name="").get({"pk": "a", "sk": "b"})
    assert len(dynamodb.requests) == 1
