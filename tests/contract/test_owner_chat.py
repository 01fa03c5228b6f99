"""The contract of `operations.owner_notices.OwnerChat`, for owners on Messenger."""

import pytest
import requests

from chalicelib.access import identity
from chalicelib.channels.messenger.events import NOTICE, Ignored, parse
from chalicelib.channels.messenger.owner_chat import MessengerOwnerChat
from chalicelib.channels.meta.graph import Graph
from chalicelib.conversation.turn import Choice
from chalicelib.errors import ConfigError, DeliveryError, PersonUnreachable
from chalicelib.ids import KeyId, PersonId
from tests.contract.scripted_graph import APP_SECRET, TOKEN, Response, ScriptedGraph, refusal

ANNA = PersonId("messenger:4711:77")


def chat(graph: ScriptedGraph) -> MessengerOwnerChat:
    session = requests.Session()
    session.mount("https://", graph)
    return MessengerOwnerChat(Graph("https://graph/v25.0", lambda: TOKEN, lambda: APP_SECRET, session=session))


def test_a_notice_is_one_message_with_its_buttons():
    graph = ScriptedGraph()
    assert chat(graph).send(ANNA, "Somebody wrote.", (Choice("Block", "/x block"),))
    button = {"content_type": "text", "title": "Block", "payload": "/x block"}
    assert graph.accepted == [
        {
            "recipient": {"id": "77"},
            "messaging_type": "UPDATE",
            "message": {"text": "Somebody wrote.", "metadata": NOTICE, "quick_replies": [button]},
        }
    ]


def test_a_long_notice_is_several_messages_and_the_last_has_the_buttons():
    graph = ScriptedGraph()
    chat(graph).send(ANNA, "A sentence of a notice. " * 200, (Choice("Block", "/x block"),))
    assert len(graph.accepted) > 1
    assert ["quick_replies" in body["message"] for body in graph.accepted] == [False] * (len(graph.accepted) - 1) + [
        True
    ]


def test_the_echo_of_a_notice_is_none_of_a_human():
    body = b'{"object":"page","entry":[{"id":"1","messaging":[{"sender":{"id":"1"},"recipient":{"id":"77"},"message":'
    body += b'{"mid":"m","is_echo":true,"text":"Somebody wrote.","metadata":"' + NOTICE.encode() + b'"}}]}]}'
    assert parse(body, now=0) == [Ignored("echo")]


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (refusal(10, 2018278), PersonUnreachable),
        (refusal(551, 1545041), PersonUnreachable),
        (refusal(190), DeliveryError),
        (refusal(613), DeliveryError),
        (refusal(100, 1), DeliveryError),
        ((503, {}), DeliveryError),
        (requests.ReadTimeout(), DeliveryError),
    ],
)
def test_a_notice_that_meta_refuses_or_may_have_lost_is_said_to_be_undelivered(
    response: Response, error: type[DeliveryError]
):
    graph = ScriptedGraph(response)
    with pytest.raises(error):
        chat(graph).send(ANNA, "Somebody wrote.", ())
    assert len(graph.bodies) == 1


def test_a_notice_that_surely_was_not_sent_is_sent_once_more():
    graph = ScriptedGraph(requests.ConnectTimeout())
    chat(graph).send(ANNA, "Somebody wrote.", ())
    assert len(graph.accepted) == 1
    twice = ScriptedGraph(requests.ConnectTimeout(), requests.ConnectTimeout())
    with pytest.raises(DeliveryError):
        chat(twice).send(ANNA, "Somebody wrote.", ())


def test_an_error_that_means_sent_is_none():
    graph = ScriptedGraph(refusal(1200, 1357046))
    chat(graph).send(ANNA, "Somebody wrote.", ())
    assert len(graph.bodies) == 1


def test_an_owner_in_the_web_chat_is_shown_no_notices():
    graph = ScriptedGraph()
    assert not chat(graph).send(identity.visitor(KeyId("shopshopsh"), "anna"), "Somebody wrote.", ())
    assert graph.bodies == []


def test_a_missing_token_is_no_delivery():
    def missing() -> str:
        raise ConfigError("there is no token")

    with pytest.raises(DeliveryError):
        MessengerOwnerChat(Graph("https://graph/v25.0", missing, lambda: APP_SECRET)).send(ANNA, "Somebody wrote.", ())
