"""Where a human answers a user of Messenger, as the Graph API says it."""

from typing import Any

import pytest
import requests

from chalicelib.channels.messenger.thread_links import MessengerThreadLinks
from chalicelib.channels.meta.graph import Graph
from chalicelib.errors import ConfigError
from chalicelib.ids import PersonId
from tests.contract.scripted_graph import APP_SECRET, TOKEN, Response, ScriptedGraph, refusal

ANNA = PersonId("messenger:4711:anna")


def found(*script: Response) -> tuple[str | None, ScriptedGraph]:
    fake = ScriptedGraph(*script)
    graph = Graph("https://graph.example/v25.0", token=lambda: TOKEN, app_secret=lambda: APP_SECRET)
    graph.session.mount("https://", fake)
    return MessengerThreadLinks(graph).link_of(ANNA), fake


def test_the_thread_is_found_by_the_persons_id_and_its_address_gets_a_host():
    link, fake = found((200, {"data": [{"id": "t_1", "link": "/4711/inbox/123/?section=messages"}]}))
    assert link == "https://www.facebook.com/4711/inbox/123/?section=messages"
    [query] = fake.queries
    assert (query["user_id"], query["fields"], query["platform"]) == (["anna"], ["link"], ["messenger"])


def test_a_whole_address_of_facebook_stays():
    link, _ = found((200, {"data": [{"link": "https://business.facebook.com/x"}]}))
    assert link == "https://business.facebook.com/x"


@pytest.mark.parametrize(
    "answer",
    [
        {"data": []},
        {},
        {"data": [{"id": "t_1"}]},
        {"data": [{"link": 7}]},
        {"data": "x"},
        {"data": [{"link": "https://facebook.com.evil.example/x"}]},
        {"data": [{"link": "javascript:alert(1)"}]},
        {"data": [{"link": "//evil.example/x"}]},
        {"data": [{"link": "http://www.facebook.com/x"}]},
    ],
    ids=str,
)
def test_what_is_no_address_of_facebooks_is_none(answer: Any):
    assert found((200, answer))[0] is None


@pytest.mark.parametrize(
    "response", [refusal(10), refusal(190), (500, "oops"), (200, "[]"), requests.ConnectionError("gone")]
)
def test_a_refusal_or_a_fault_of_meta_is_none(response: Response):
    assert found(response)[0] is None


def test_without_a_token_there_is_none():
    def missing() -> str:
        raise ConfigError("there is no token")

    graph = Graph("https://graph.example/v25.0", token=missing, app_secret=lambda: APP_SECRET)
    assert MessengerThreadLinks(graph).link_of(ANNA) is None
