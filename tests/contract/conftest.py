"""Every store under one suite: the fake, DynamoDB as ministack understands it, and ministack with DynamoDB's conflicts.

Ministack's DynamoDB runs in this process. The third is ministack behind `conflicts.py`. Races meet each other's
transactions there. For all other tests, which have one thread, that proxy refuses every other write as if it met one.

Moto, a second emulator, parses every expression that ministack gets (`expressions.py`): it refuses two kinds of wrong
ones that ministack accepts.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from chalicelib.access.ports import People
from chalicelib.conversation.ports import Inbox
from chalicelib.operations.ports import SentAlerts
from scripts.simulator.aws import Emulator
from tests.cognito import Pool, Way, make_pool, way_to
from tests.contract import expressions, openai_server
from tests.contract.conflicts import ConflictProxy, conflict_proxy
from tests.contract.in_process import client_of, in_process, plainly
from tests.contract.stores import Store, dynamo_store, fake_store
from tests.contract.story import Story
from tests.contract.troubles import Troubled, unnoticed
from tests.fakes.adapters import FakeClock
from tests.threads import no_loop_of_a_browser

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(autouse=True)
def _connections_closed() -> Iterator[None]:
    with no_loop_of_a_browser():
        yield
        openai_server.close_all()


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    """Ministack as a process: for other services than DynamoDB, and for functions in processes of their own."""
    emulator = Emulator()
    emulator.start()
    yield emulator.url
    emulator.stop()


@pytest.fixture(scope="session")
def emulator() -> "DynamoDBClient":
    """Ministack's DynamoDB in this process."""
    client = client_of(checks=True)
    expressions.checked(client)
    return client


@pytest.fixture
def called(emulator: "DynamoDBClient") -> Iterator[list[str]]:
    """What is asked of the emulator during a test, in order."""
    calls = list[str]()

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    emulator.meta.events.register("before-call.dynamodb", note)
    yield calls
    emulator.meta.events.unregister("before-call.dynamodb", note)


@pytest.fixture(scope="session")
def proxy() -> Iterator[ConflictProxy]:
    """For races: refuses what meets a transaction. With pytest's `-s`, it prints at the end what it has counted."""
    proxy = conflict_proxy()
    yield proxy
    print(f"\nbehind the conflict proxy: {proxy.counts}")  # noqa: T201


@pytest.fixture(scope="session")
def conflicting(proxy: ConflictProxy) -> "DynamoDBClient":
    return proxy.client


@pytest.fixture(scope="session")
def reluctant() -> "DynamoDBClient":
    """Refuses every other write, whatever it meets."""
    return conflict_proxy(transaction_ms=0, reluctant=True).client


@pytest.fixture
def troubled() -> Iterator["DynamoDBClient"]:
    """Every other request meets a trouble that a caller does not notice."""
    server = in_process()
    server.answer = Troubled(plainly, unnoticed())
    yield server.client
    server.answer = plainly


MINISTACK = pytest.param("ministack", marks=pytest.mark.emulated)
MOTO = pytest.param("moto", marks=pytest.mark.emulated)
RELUCTANT = pytest.param("reluctant", marks=pytest.mark.emulated)
RELUCTANT_IN_FULL = pytest.param("reluctant", marks=[pytest.mark.emulated, pytest.mark.full])
TROUBLED_IN_FULL = pytest.param("troubled", marks=pytest.mark.full)
MINISTACK_IN_FULL = pytest.param("ministack", marks=[pytest.mark.emulated, pytest.mark.full])
CONFLICTING = pytest.param("conflicting", marks=pytest.mark.emulated)
ON_BUSY_CORES_S = 60
"""Patience with fifty threads at once, whose requests all run on this machine; `test_table.py` tests the real one."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test of a store on the fake and on ministack, and on a third where the test or its file says so."""
    if "store" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker
        on_conflicts = marked("on_conflicts") is not None
        reluctant = RELUCTANT if on_conflicts else RELUCTANT_IN_FULL
        troubled = "troubled" if on_conflicts else TROUBLED_IN_FULL
        metafunc.parametrize("store", ["fake", MINISTACK, reluctant, troubled], indirect=True)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what starts an emulator without a choice: `-m "not emulated"` leaves it out."""
    if {"aws_url", "emulator", "own_emulator", "conflicting", "reluctant"} & set(getattr(item, "fixturenames", ())):
        item.add_marker("emulated")


@pytest.fixture
def store(request: pytest.FixtureRequest) -> Store:
    return _store(request)


@pytest.fixture(params=["fake", MINISTACK_IN_FULL, CONFLICTING])
def busy_store(request: pytest.FixtureRequest) -> Store:
    """For races: those stores that many threads may use at once."""
    return _store(request)


def _store(request: pytest.FixtureRequest) -> Store:
    match request.param:
        case "ministack":
            return dynamo_store(request.getfixturevalue("emulator"))
        case "conflicting":
            return dynamo_store(request.getfixturevalue("conflicting"), patience_s=ON_BUSY_CORES_S)
        case "troubled":
            return dynamo_store(request.getfixturevalue("troubled"), sleep=lambda _: None)
        case "reluctant":
            return dynamo_store(request.getfixturevalue("reluctant"), sleep=lambda _: None)
    return fake_store()


@pytest.fixture
def inbox(store: Store) -> Inbox:
    return store.inbox


@pytest.fixture
def people(store: Store) -> People:
    return store.people


@pytest.fixture
def alerts(store: Store) -> SentAlerts:
    return store.alerts


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def story(store: Store, clock: FakeClock) -> Story:
    return Story(store, clock)


@pytest.fixture
def busy_story(busy_store: Store, clock: FakeClock) -> Story:
    return Story(busy_store, clock)


@pytest.fixture(scope="module")
def pool(aws_url: str) -> Pool:
    """A user pool of Cognito, with somebody signed in."""
    pool = make_pool(aws_url)
    for document in ("openid-configuration", "jwks.json"):  # the first request makes a key; the bot waits for seconds
        found = httpx2.get(f"{aws_url}/{pool.id}/.well-known/{document}", timeout=ON_BUSY_CORES_S, trust_env=False)
        assert found.is_success
    return pool


@pytest.fixture
def way(pool: Pool, tmp_path: Path) -> Iterator[Way]:
    """The way to it by the name that its tokens bear."""
    with way_to(pool.cognito.meta.endpoint_url, tmp_path) as way:
        yield way
