"""After an idle half hour the first words wait for no import and no handshake, since the heartbeat's ping made them."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest

from chalicelib.access import secret_text
from chalicelib.access.api_key import ApiKey
from chalicelib.aws import invocation
from chalicelib.aws.functions import HEALTH_REQUEST
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.turn import IncomingMessage
from chalicelib.ids import Channel, ConnectionId, ConversationId, KeyId, PersonId
from chalicelib.settings.stage import Secret
from tests.contract.lambda_process import Process, Servers, serving, started
from tests.contract.stores import dynamo_client, dynamo_store

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.emulated
CHANNELS: Final = list(Channel)
ONE_CHANNEL: Final = [Channel.WEB, pytest.param(Channel.MESSENGER, marks=pytest.mark.full)]
"""Where a worker does the same on both but for the server that it sends to."""
A_MINUTE: Final = 60.0
SHOP: Final = KeyId("shop")
PEOPLE: Final = {Channel.WEB: PersonId("web:shop:anna"), Channel.MESSENGER: PersonId("messenger:4711:anna")}
_NUMBERS: Final = count()


class World:
    """A deployment's table and secrets, the servers that a worker speaks to, and people who ask."""

    def __init__(self, client: "DynamoDBClient", servers: Servers, processes: ExitStack) -> None:
        self.servers, self._processes = servers, processes
        self._table = f"first-words-{next(_NUMBERS)}"
        self._store = dynamo_store(client, self._table)
        self._keep_secrets(client.meta.endpoint_url)
        self._connect()

    def _keep_secrets(self, url: str) -> None:
        ssm = boto3.client("ssm", "eu-central-1", endpoint_url=url, aws_access_key_id="t", aws_secret_access_key="t")
        for secret in Secret:
            value = "wss://abc123.execute-api.eu-central-1.amazonaws.com/dev" if secret.endswith("url") else "secret"
            ssm.put_parameter(Name=f"/parley/dev/{secret}", Value=value, Type="String", Overwrite=True)

    def _connect(self) -> None:
        now, person = _now(), PEOPLE[Channel.WEB]
        digest = secret_text.digest("a secret of forty-three characters, or more")
        self._store.keys.create(ApiKey(SHOP, "Shop", digest, "web", now))
        connection = Connection(ConnectionId("anna"), f"{self.servers.url['gateway']}/abc123/dev")
        self._store.connections.open(connection, now=now)
        self._store.connections.mark_authenticated(connection, person, ConversationId(person), now=now)

    def starts(self, handler: str, function: str, **settings: str) -> Process:
        """A new execution environment of a function."""
        new = started(self.servers, handler=handler, function=function, PARLEY_TABLE=self._table, **settings)
        return self._processes.enter_context(new)

    def asks(self, channel: Channel) -> dict[str, str]:
        """Somebody asks, of whom the owner knows already; the event that wakes a worker."""
        person, now = PEOPLE[channel], _now()
        conversation = ConversationId(person)
        message = IncomingMessage(f"m{next(_NUMBERS)}", channel, conversation, person, now, "Will it rain?")
        self._store.inbox.accept(message, now=now)
        self._store.new_people.announce(person, secret="s", now=0)
        return {"conversation": conversation}

    def during(self, step: Callable[[], object]) -> "Counter[str]":
        """The connections that are opened during a step, by server."""
        before = self.servers.opened.copy()
        step()
        return self.servers.opened - before


@pytest.fixture
def world(aws_url: str) -> Iterator[World]:
    with serving(aws_url) as servers, ExitStack() as processes:
        yield World(dynamo_client(aws_url), servers, processes)


def idle_for_half_an_hour(process: Process) -> None:
    """The heartbeat pings, and nobody writes."""
    for _ in range(3):
        process.run(invocation.PING, after_s=A_MINUTE)


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_first_answer_after_a_ping_opens_no_connection_and_imports_nothing(world: World, channel: Channel):
    worker = world.starts("worker", "parley-dev-worker")
    idle_for_half_an_hour(worker)
    event, answered = world.asks(channel), {}
    opened = world.during(lambda: answered.update(worker.run(event, after_s=A_MINUTE - 1)))
    assert answered["result"] == {"outcome": "drained"}
    assert world.servers.first_words_at
    assert (opened, answered["imported"]) == (Counter(), [])


@pytest.mark.parametrize("channel", ONE_CHANNEL)
def test_without_a_ping_it_does_both_so_that_the_test_above_would_see_it(world: World, channel: Channel):
    worker = world.starts("worker", "parley-dev-worker")
    event, answered = world.asks(channel), {}
    opened = world.during(lambda: answered.update(worker.run(event)))
    assert answered["result"] == {"outcome": "drained"}
    assert set(opened) == {"aws", "model", "gateway" if channel is Channel.WEB else "graph"}
    assert answered["imported"]


def test_the_pings_of_half_an_hour_use_one_connection_each(world: World):
    worker = world.starts("worker", "parley-dev-worker")
    opened = world.during(lambda: idle_for_half_an_hour(worker))
    assert opened == Counter(aws=2, model=1, graph=1, gateway=1)  # DynamoDB's and SSM's are at one address here
    asked = Counter(world.servers.requests)
    assert asked == {
        ("aws", "GetParameters"): 1,
        ("aws", "GetItem"): 3,
        ("model", "GET /v1/models/gpt-6-luna"): 3,
        ("graph", "HEAD /"): 3,
        ("gateway", "DELETE /abc123/dev/@connections/nobody"): 3,
    }


@pytest.mark.parametrize("channel", ONE_CHANNEL)
def test_the_next_question_uses_the_connections_of_the_answer_before(world: World, channel: Channel):
    worker = world.starts("worker", "parley-dev-worker")
    worker.run(invocation.PING)
    for _ in range(2):
        event = world.asks(channel)
        assert world.during(lambda event=event: worker.run(event, after_s=20)) == Counter()  # type: ignore[misc]


@pytest.mark.parametrize("channel", ONE_CHANNEL)
def test_a_connection_that_its_server_has_closed_is_replaced_and_the_question_is_asked_once(
    world: World, channel: Channel
):
    world.servers.forgetful |= {"model", "graph", "gateway"}
    worker = world.starts("worker", "parley-dev-worker")
    worker.run(invocation.PING)
    event, answered = world.asks(channel), {}
    opened = world.during(lambda: answered.update(worker.run(event, after_s=A_MINUTE)))
    assert answered["result"] == {"outcome": "drained"}
    assert opened["model"] == 1
    assert world.servers.requests.count(("model", "POST /v1/responses")) == 1


def test_another_server_than_openais_gets_no_request_before_a_person_asks(world: World):
    url = world.servers.url["model"]
    worker = world.starts("worker", "parley-dev-worker", OPENAI_BASE_URL=f"{url}/v1", PARLEY_MODEL_API="responses")
    idle_for_half_an_hour(worker)
    assert world.servers.opened["model"] == 0
    event, answered = world.asks(Channel.WEB), {}
    opened = world.during(lambda: answered.update(worker.run(event)))
    assert (answered["result"], opened) == ({"outcome": "drained"}, Counter(model=1))
    assert [name for name in answered["imported"] if not name.startswith("anyio")] == []


@pytest.mark.parametrize(
    "dead",
    [
        "model graph gateway",
        *(pytest.param(name, marks=pytest.mark.full) for name in ("model", "graph", "gateway")),
    ],
)
def test_a_server_that_does_not_respond_delays_the_ping_and_fails_nothing(world: World, dead: str):
    world.servers.silent |= set(dead.split())
    worker = world.starts("worker", "parley-dev-worker")
    assert worker.run(invocation.PING)["result"] == {"outcome": "warm"}
    world.servers.silent.clear()
    event = world.asks(Channel.WEB)
    assert worker.run(event)["result"] == {"outcome": "drained"}
    assert world.servers.first_words_at


@pytest.mark.parametrize(
    ("handler", "function", "pings", "paid"),
    [
        ("app", "parley-dev", [{**HEALTH_REQUEST, "ping": None}, HEALTH_REQUEST, HEALTH_REQUEST], 2),
        ("websocket_connect", "parley-dev-websocket_connect", [invocation.WEBSOCKET_PING] * 2, 2),
        ("websocket_message", "parley-dev-websocket_message", [invocation.WEBSOCKET_PING] * 2, 2),
        ("websocket_disconnect", "parley-dev-websocket_disconnect", [invocation.WEBSOCKET_PING] * 2, 0),
    ],
)
def test_the_pings_of_the_other_functions_reach_the_table_and_a_strangers_request_does_not(
    world: World, handler: str, function: str, pings: list[dict[str, Any]], paid: int
):
    door = world.starts(handler, function)
    imported = [name for ping in pings for name in door.run(ping, after_s=A_MINUTE)["imported"]]
    asked = Counter(world.servers.requests)
    assert asked["aws", "GetItem"] == paid
    assert world.servers.opened["model"] == world.servers.opened["graph"] == 0
    assert WORKERS_ONLY.isdisjoint(imported)


WORKERS_ONLY: Final = {"openai", "pydantic", "httpx2", "requests", "chalicelib.conversation.worker"}


def _now() -> int:
    return time.time_ns() // 1_000_000
