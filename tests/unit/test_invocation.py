from typing import Any

import pytest
from chalice.app import Chalice
from chalice.local import LambdaContext

from chalicelib.aws import invocation
from chalicelib.aws.invocation import (
    AnswerConversation,
    Ping,
    RunHealthCheck,
    SendWeeklyReport,
    TellOfNewPeople,
    TellOfRemovedOwner,
)
from chalicelib.errors import ConfigError
from chalicelib.ids import ConversationId, PersonId

ANNA = ConversationId("messenger:1:anna")


def record(body: str, source: str = "aws:sqs") -> dict[str, Any]:
    return {"messageId": "1", "receiptHandle": "x", "body": body, "attributes": {}, "eventSource": source}


@pytest.mark.parametrize(
    "event",
    [
        {"conversation": ANNA},
        {"Records": [record(invocation.wake_event(ANNA))]},
        {"Records": [record('{"conversation": "messenger:1:anna", "more": 1}')]},
    ],
)
def test_the_worker_is_sent_to_a_conversation_whichever_way_the_wake_came(event: dict[str, Any]):
    assert invocation.parse(event) == AnswerConversation(ANNA)


def test_a_ping_sends_the_worker_nowhere():
    assert invocation.parse(invocation.PING) == Ping()


def test_the_worker_is_asked_for_a_health_check():
    assert invocation.parse(invocation.HEALTH_CHECK) == RunHealthCheck()
    assert invocation.parse(invocation.NEW_PEOPLE) == TellOfNewPeople()
    assert invocation.parse(invocation.owner_removed(PersonId(ANNA))) == TellOfRemovedOwner(PersonId(ANNA))


def test_the_worker_is_asked_for_the_weekly_message():
    assert invocation.parse(invocation.WEEKLY_REPORT) == SendWeeklyReport()


@pytest.mark.parametrize("event", [invocation.PING, invocation.WEBSOCKET_PING])
def test_a_ping_is_known_wherever_it_is_sent(event: dict[str, Any]):
    assert invocation.is_ping(event)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"ping": "true"},
        {"ping": 1},
        {"body": '{"ping": true}', "requestContext": {"connectionId": "a"}},
        {"requestContext": {"ping": True}},
        {"queryStringParameters": {"ping": "true"}},
    ],
    ids=str,
)
def test_nothing_that_a_client_can_send_is_a_ping(event: dict[str, Any]):
    assert not invocation.is_ping(event)


@pytest.mark.parametrize("kind", ["connect", "message", "disconnect"])
def test_chalice_lets_a_ping_through_to_a_websocket_function(kind: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    seen: list[dict[str, Any]] = []
    decorate = getattr(Chalice("toy"), f"on_ws_{kind}")(name=f"websocket_{kind}")
    handler = decorate(lambda event: seen.append(event.to_dict()))
    assert handler(invocation.WEBSOCKET_PING, LambdaContext(kind, 256))["statusCode"] == 200
    assert [invocation.is_ping(event) for event in seen] == [True]


@pytest.mark.parametrize(
    ("event", "cure"),
    [
        ({}, "only Parley's functions"),
        ({"conversation": None}, "only Parley's functions"),
        ({"ping": False}, "only Parley's functions"),
        ({"Records": []}, "only Parley's functions"),
        ({"Records": [record("{}")]}, "only Parley's functions"),
        ({"Records": [record("[]")]}, "only Parley's functions"),
        ({"Records": [record('{"ping": true}')]}, "only Parley's functions"),
        ({"Records": [record(invocation.wake_event(ANNA), source="aws:s3")]}, "only Parley's functions"),
        ({"Records": [record("secret words")]}, "only Parley's functions may write"),
        ({"Records": [record(invocation.wake_event(ANNA))] * 2}, "batch size of 1"),
    ],
)
def test_an_invalid_event_is_refused_with_the_remedy_and_without_its_content(event: dict[str, Any], cure: str):
    with pytest.raises(ConfigError) as caught:
        invocation.parse(event)
    assert cure in str(caught.value)
    assert "secret" not in str(caught.value)
