"""What a handshake and a reading of earlier turns cost in calls of DynamoDB, counted where they leave the process."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.access import ticket
from tests.contract.stores import dynamo_store
from tests.flow.bot import Bot
from tests.flow.chat import KEY, TICKET_KEY, Chat, Tab

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

QUESTION = json.dumps({"action": "send_message", "message": "Hello?"})


@pytest.fixture
def chat(emulator: "DynamoDBClient") -> Chat:
    store, bot = dynamo_store(emulator, clock=lambda: 0), Bot()
    bot.inbox, bot.transcript, bot.people, bot.alerts = store.inbox, store.transcript, store.people, store.alerts
    chat = Chat(bot)
    for key in chat.memory.keys.values():
        store.keys.create(key)
    connections: Any = store.connections
    chat.keys, chat.connections, bot.connections = store.keys, connections, connections
    chat.signs_in("token", "anna")
    store.keys.get(KEY)  # what is read along once a minute
    return chat


def at_the_handshake(chat: Chat, called: list[str], **query: str) -> tuple[Tab, list[str]]:
    called.clear()
    tab = chat.connects(**query)
    assert tab.status == 200
    return tab, list(called)


def test_a_ticket_costs_one_call_less_by_address_than_by_frame(chat: Chat, called: list[str]):
    by_frame, first = at_the_handshake(chat, called)
    chat.handler.receive(by_frame.id, json.dumps({"action": "authenticate", "ticket": chat.ticket_of("anna")}), at=None)
    chat.clock.tick(minutes=1)
    chat.handler.receive(by_frame.id, QUESTION, at=None)
    whole = list(called)
    made = ticket.mint_for_address(KEY, "bert", secret=TICKET_KEY, now=chat.clock())
    by_address, handshake = at_the_handshake(chat, called, ticket=made)
    chat.handler.receive(by_address.id, QUESTION, at=None)
    assert (first, handshake) == (["PutItem"], ["GetItem", "GetItem", "PutItem"])
    assert len(called) == len(whole) - 1  # one frame less is counted


def test_a_token_costs_the_handshake_one_read_more(chat: Chat, called: list[str]):
    _, handshake = at_the_handshake(chat, called, Auth="token")
    assert handshake == ["GetItem", "PutItem"]


def test_a_refused_token_costs_no_call(chat: Chat, called: list[str]):
    called.clear()
    assert chat.connects(Auth="another").status == 401
    assert called == []


@pytest.mark.parametrize("config", ["", "oidc", "x" * 4000])
def test_an_id_that_can_be_of_no_key_costs_no_call(chat: Chat, called: list[str], config: str):
    called.clear()
    assert chat.connects(config=config).status == 401
    assert called == []


def test_earlier_turns_cost_three_reads_and_the_count_of_the_frame(chat: Chat, called: list[str]):
    tab, _ = at_the_handshake(chat, called)
    chat.handler.receive(tab.id, json.dumps({"action": "authenticate", "ticket": chat.ticket_of("anna")}), at=None)
    chat.clock.tick(seconds=1)
    called.clear()
    earlier = {"action": "earlier", "turn": f"{chat.clock()}#{'f' * 64}"}
    chat.handler.receive(tab.id, json.dumps(earlier), at=None)
    assert sorted(called) == ["GetItem", "GetItem", "Query", "UpdateItem"]
