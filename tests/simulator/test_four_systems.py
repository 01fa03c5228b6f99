"""The sessions of four older systems as their documents print them, by a standard client, without an added frame.

The other transcripts show what this system adds: rooms of a key, sign-in by frame, limits of keys, errors.
"""

import json
import os
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from websockets.sync.client import connect

from chalicelib.access.api_key import ApiKey
from chalicelib.aws.dynamodb.api_keys import DynamoApiKeys
from chalicelib.aws.dynamodb.keys import CONNECTION_PREFIX, api_key_key
from chalicelib.aws.dynamodb.table import Table
from chalicelib.ids import KeyId
from scripts.simulator.aws import Emulator
from tests.cognito import Pool, make_pool, way_to
from tests.simulator.chatting import dynamo, new_key
from tests.simulator.conftest import PATIENCE_S, Demo, running_demo
from tests.transcripts import FOLDER, Place, play

PRINTED: Final = ("marketplace", "assistant", "sample", "santa")
"""What systems A, B, C and E print."""
PERSONAS: Final = dict.fromkeys(PRINTED, "web") | {"marketplace": "seller"}
WITHOUT_CREDENTIALS: Final = ("marketplace", "sample")
OPEN: Final = ApiKey(
    KeyId("opentoall7"), "Open", "0" * 64, "seller", created_at=0, is_open=True, open_rooms=True, whole_answers=True
)
OURS: Final = (
    *("rooms_of_a_key", "bargaining", "people_who_sign_in_by_frame", "errors_on_one_socket"),
    "keys_and_their_limits",
)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """A user pool on an emulator of its own: it must be there before the demo is."""
    emulator = Emulator()
    emulator.start()
    yield make_pool(emulator.url)
    emulator.stop()


@pytest.fixture(scope="module")
def signing_in(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo where people of that pool may sign in."""
    with way_to(pool.cognito.meta.endpoint_url, tmp_path_factory.mktemp("way")) as way:
        env = {**os.environ, **way.environment, **pool.settings, "PARLEY_MODEL": "stand-in"}
        with running_demo(env=env) as (demo, _):
            yield demo


@pytest.fixture(scope="module")
def open_to_all() -> Iterator[Demo]:
    """A demo whose bare address admits everybody, at the cost of a key."""
    env = {**os.environ, "PARLEY_MODEL": "stand-in", "PARLEY_OPEN_KEY": OPEN.id}
    with running_demo(env=env) as (demo, _):
        DynamoApiKeys(Table(dynamo(demo), demo.facts["table"])).create(OPEN)
        yield demo


@pytest.fixture
def place(signing_in: Demo) -> Place:
    return Place(signing_in.facts["websocket_url"], signing_in.http)


def asked_last(demo: Demo) -> Any:
    """What the model was asked."""
    return demo.calls("model")[-1]["body"]


def sockets(demo: Demo) -> int:
    """How many are remembered."""
    items = dynamo(demo).scan(TableName=demo.facts["table"], ProjectionExpression="pk, sk")["Items"]
    return sum(CONNECTION_PREFIX in item["pk"]["S"] + item["sk"]["S"] for item in items)


def answers_as(demo: Demo, persona: str) -> None:
    """Change who answers at the bare address."""
    dynamo(demo).update_item(
        TableName=demo.facts["table"],
        Key={name: {"S": value} for name, value in api_key_key(OPEN.id).items()},
        UpdateExpression="SET persona = :persona",
        ExpressionAttributeValues={":persona": {"S": persona}},
    )


def test_every_transcript_is_played():
    assert {file.stem for file in FOLDER.iterdir()} == {*PRINTED, *OURS}


@pytest.mark.parametrize("name", PRINTED)
def test_a_session_runs_as_its_system_prints_it(signing_in: Demo, place: Place, pool: Pool, name: str):
    key = new_key(signing_in, open=True, open_rooms=True, answers="whole", persona=PERSONAS[name])
    known = {**pool.proofs(), "websocket_url": place.websocket_url, "where": f"?config={key['id']}"}
    play(name, Place(place.websocket_url, place.http, known))
    signing_in.wait_until(lambda: sockets(signing_in) == 0)


@pytest.mark.parametrize("name", WITHOUT_CREDENTIALS)
def test_a_session_without_credentials_runs_at_the_bare_address(open_to_all: Demo, name: str):
    answers_as(open_to_all, PERSONAS[name])
    play(name, Place(open_to_all.facts["websocket_url"], open_to_all.http, {"where": ""}))


def test_several_people_in_the_rooms_of_a_key(signing_in: Demo, place: Place):
    told = play("rooms_of_a_key", place)
    assert [frame["type"] for frame in told["minsu"]][-1] == "completed"
    asked = asked_last(signing_in)
    assert (asked["temperature"], asked["max_tokens"]) == (0.6, 100)
    assert "흥정" in asked["messages"][0]["content"]


def test_people_of_a_user_pool_sign_in_by_frame_and_are_answered_in_order(place: Place, pool: Pool):
    play("people_who_sign_in_by_frame", Place(place.websocket_url, place.http, pool.proofs()))


def test_a_socket_stays_usable_after_each_error(signing_in: Demo, place: Place):
    play("errors_on_one_socket", place)
    signing_in.wait_until(lambda: sockets(signing_in) == 0)


def test_two_buyers_bargain_with_one_seller(signing_in: Demo, place: Place):
    play("bargaining", place)
    said = [message["content"] for message in asked_last(signing_in)["messages"] if message["role"] == "user"]
    assert [re.sub(r"^\[[0-9a-f]{8}\] ", "", words) for words in said][::4] == [
        "30만 원에 주실 수 있어요?",
        "언제 만날까요?",
    ]
    assert len({words[:10] for words in said}) == 2  # the marks of two buyers


def test_pages_of_the_demos_own_key_may_join_a_room_by_any_name(signing_in: Demo):
    ticket = signing_in.http.get(f"/config/{signing_in.facts['config_id']}").json()["ticket"]
    with connect(signing_in.facts["websocket_url"], proxy=None, open_timeout=PATIENCE_S) as page:
        page.send(json.dumps({"action": "authenticate", "ticket": ticket}))
        assert json.loads(page.recv())["type"] == "ready"
        page.send(json.dumps({"action": "follow", "conversationId": "카메라 42"}))
        ready = json.loads(page.recv())
    assert (ready["type"], ready["conversationId"]) == ("ready", "카메라 42")


def test_a_key_and_its_limits(signing_in: Demo, place: Place):
    before = len(signing_in.calls("model"))
    signing_in.behave("model", tokens_per_second=10)  # so slow that busy cores do not make one delta of an answer
    told = play("keys_and_their_limits", Place(place.websocket_url, place.http, {"websocket_url": place.websocket_url}))
    signing_in.behave("model")
    assert len(signing_in.calls("model")) - before == 2
    assert asked_last(signing_in)["temperature"] == 0.9
    assert sum(frame["type"] == "delta" for frame in told["kim"]) > 2, "it was not streamed"
