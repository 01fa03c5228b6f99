"""What four older systems did, done here by a standard client from the command line, word for word as it is written."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.aws.dynamodb.keys import CONNECTION_PREFIX
from scripts.simulator.aws import Emulator
from tests.cognito import Pool, make_pool, way_to
from tests.simulator.chatting import dynamo
from tests.simulator.conftest import Demo, running_demo
from tests.transcripts import FOLDER, Place, play


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


def test_every_transcript_is_played():
    older = {"marketplace", "assistant", "sample", "santa"}
    assert {file.stem for file in FOLDER.iterdir()} == {*older, "marketplace_unchanged", "sample_unchanged"}


def test_a_marketplaces_chatroom(signing_in: Demo, place: Place):
    told = play("marketplace", place)
    assert [frame["type"] for frame in told["minsu"]][-1] == "completed"
    asked = asked_last(signing_in)
    assert (asked["temperature"], asked["max_tokens"]) == (0.8, 300)
    assert "흥정" in asked["messages"][0]["content"]


def test_an_assistant_for_people_of_a_user_pool(signing_in: Demo, place: Place, pool: Pool):
    play("assistant", Place(place.websocket_url, place.http, pool.proofs()))


def test_the_sample_of_a_websocket_with_a_model(signing_in: Demo, place: Place):
    play("sample", place)
    signing_in.wait_until(lambda: sockets(signing_in) == 0)


@pytest.mark.parametrize("name", ["marketplace_unchanged", "sample_unchanged"])
def test_a_client_of_an_older_system_does_its_job_without_a_changed_frame(place: Place, name: str):
    play(name, place)


def test_santas_chat(signing_in: Demo, place: Place):
    before = len(signing_in.calls("model"))
    signing_in.behave("model", tokens_per_second=10)  # so slow that busy cores do not make one delta of an answer
    told = play("santa", Place(place.websocket_url, place.http, {"websocket_url": place.websocket_url}))
    signing_in.behave("model")
    assert len(signing_in.calls("model")) - before == 2
    assert asked_last(signing_in)["temperature"] == 0.9
    assert sum(frame["type"] == "delta" for frame in told["kim"]) > 2, "it was not streamed"
