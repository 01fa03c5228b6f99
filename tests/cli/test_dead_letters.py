"""Tests which conversation and which error are read from a dead letter."""

import json
from typing import Any

import pytest

from scripts.cli.dead_letters import read

WAKE = {"conversation": "messenger:1:9384"}


def record(payload: Any = WAKE, *, condition: str = "RetriesExhausted", **others: Any) -> str:
    """Return a record as Lambda sends it to the destination for failures."""
    context = {
        "requestId": "e4b46cbf",
        "functionArn": "arn:aws:lambda:eu-central-1:1:function:parley-dev-worker:$LATEST",
        "condition": condition,
        "approximateInvokeCount": 3,
    }
    envelope = {"version": "1.0", "timestamp": "2026-11-21T12:00:00.000Z", "requestContext": context}
    return json.dumps({**envelope, "requestPayload": payload, **others})


FAILED = {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}


def test_a_failed_invocations_wake_is_what_the_worker_was_invoked_with():
    letter = read(record(responseContext=FAILED, responsePayload={"errorType": "StoreError", "errorMessage": "no"}))
    assert (letter.wake, letter.condition, letter.error) == ("messenger:1:9384", "RetriesExhausted", "StoreError")


def test_a_letter_of_the_fifo_queue_is_the_wake_itself():
    letter = read(json.dumps(WAKE))
    assert (letter.wake, letter.condition, letter.error) == ("messenger:1:9384", "received too often", "-")


@pytest.mark.parametrize(
    ("others", "error"),
    [
        (
            {"responsePayload": {"errorType": "Sandbox.Timedout", "errorMessage": "RequestId: x Error: ..."}},
            "timed out",
        ),
        ({"responsePayload": {"errorMessage": "2026-11-21 x Task timed out after 3.00 seconds"}}, "timed out"),
        ({"responseContext": FAILED, "responsePayload": {"errorMessage": "words"}}, "Unhandled"),
        ({"responseContext": FAILED}, "Unhandled"),
        ({}, "-"),
        ({"responsePayload": None, "responseContext": []}, "-"),
    ],
)
def test_how_the_worker_ended_is_told_as_far_as_it_is_known(others: dict[str, Any], error: str):
    assert read(record(condition="EventAgeExceeded", **others)).error == error


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "null",
        "[]",
        "{}",
        '{"conversation": 5}',
        '{"conversation": ""}',
        '{"conversation": "a", "more": 1}',
        '{"requestPayload": {"conversation": "a"}}',
        record({"ping": True}),
        record({"conversation": None}),
        record(None),
        record("messenger:1:9384"),
        record({"source": "aws.events", "detail-type": "Scheduled Event"}),
    ],
)
def test_a_message_that_is_no_wake_has_no_conversation(body: str):
    assert read(body).wake is None
