"""What the owner does with API keys."""

import json
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest

from chalicelib.access import api_key
from chalicelib.access.api_key import ApiKey
from chalicelib.access.key_service import FIELDS, ApiKeyService, KeyState, state
from chalicelib.content import persona
from chalicelib.errors import BadRequest, StoreError, UnknownKey
from tests.fakes.adapters import NOON, FakeClock
from tests.fakes.api_keys import FakeApiKeys
from tests.fakes.connections import NoLiveConnections
from tests.fakes.memory import Memory

LIMIT = 10
DAY = 24 * 60 * 60 * 1000


@dataclass
class Desk:
    """An owner's service whose random bytes count up."""

    memory: Memory = field(default_factory=Memory)
    clock: FakeClock = field(default_factory=FakeClock)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def service(self) -> ApiKeyService:
        return ApiKeyService(
            FakeApiKeys(self.memory),
            NoLiveConnections(),
            LIMIT,
            lambda size: next(self.numbers).to_bytes(size, "little"),
            self.clock,
            ("gpt-6-sol", "gpt-5.4-mini"),
        )

    def makes(self, **wish: Any) -> ApiKey:
        return self.service.create({"name": "My shop", **wish}).key


@pytest.fixture
def desk() -> Desk:
    return Desk()


# Making one.


def test_a_key_needs_nothing_but_a_name(desk: Desk):
    made = desk.makes()
    assert desk.service.list() == [made]
    assert (made.name, made.persona, made.created_at) == ("My shop", "web", NOON)
    assert (made.max_messages, made.used, made.expires_at, made.revoked_at, made.origins) == (None, 0, None, None, ())


def test_of_which_nothing_else_is_said_it_has_the_deployments_daily_limit(desk: Desk):
    assert desk.makes().daily_messages == LIMIT
    assert desk.makes(daily_messages=3).daily_messages == 3
    assert desk.makes(daily_messages=0).daily_messages == 0
    assert desk.makes(daily_messages=None).daily_messages is None


def test_a_key_may_be_limited_in_every_way(desk: Desk):
    made = desk.makes(persona="assistant", max_messages=1000, days=30, origins=["https://shop.example"])
    assert (made.persona, made.max_messages, made.origins) == ("assistant", 1000, ("https://shop.example",))
    assert made.expires_at == NOON + 30 * DAY


def test_a_key_may_have_a_model_that_the_owner_has_listed_and_no_other(desk: Desk):
    assert desk.makes(model="gpt-6-sol").model == "gpt-6-sol"
    assert desk.makes(model=None).model == desk.makes().model == ""
    for wrong in ("gpt-6-astra", 7, ["gpt-6-sol"]):
        with pytest.raises(BadRequest, match=r"model must be one of gpt-6-sol, gpt-5\.4-mini"):
            desk.makes(model=wrong)


def test_the_text_is_returned_once_and_matches_the_stored_key(desk: Desk):
    made = desk.service.create({"name": "My shop"})
    parsed = api_key.parse(made.text)
    assert parsed
    assert parsed[0] == made.key.id
    assert api_key.matches(made.key, parsed[1])


def test_the_secret_is_stored_nowhere_and_shows_nowhere(desk: Desk):
    made = desk.service.create({"name": "My shop"})
    _, secret = api_key.parse(made.text) or ("", "")
    shown = json.dumps([desk.service.as_json(key) for key in desk.service.list()])
    assert secret not in f"{desk.memory} {made} {shown}"
    assert made.key.digest not in f"{made} {shown}"


def test_no_two_keys_are_the_same(desk: Desk):
    one, other = desk.service.create({"name": "My shop"}), desk.service.create({"name": "My shop"})
    assert one.key.id != other.key.id
    assert one.text != other.text


def test_an_id_that_is_taken_by_chance_replaces_nothing(desk: Desk):
    first = desk.makes()
    desk.numbers = count(1)
    with pytest.raises(StoreError, match="try again"):
        desk.makes(name="Another")
    assert desk.service.list() == [first]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([], ()),
        (None, ()),
        (["https://shop.example"], ("https://shop.example",)),
        (["https://Shop.Example/", "https://shop.example:443"], ("https://shop.example",)),
        (["https://a.example:8443", "http://localhost:3000", "http://localhost:80"],
         ("https://a.example:8443", "http://localhost:3000", "http://localhost")),
        (["http://127.0.0.1:3000/", "http://127.0.0.1:80", "http://127.1.2.3:8080"],
         ("http://127.0.0.1:3000", "http://127.0.0.1", "http://127.1.2.3:8080")),
        (["http://Shop.localhost:3000", "https://127.0.0.1"], ("http://shop.localhost:3000", "https://127.0.0.1")),
        (["*"], ("*",)),
        (["https://xn--bcher-kva.example"], ("https://xn--bcher-kva.example",)),
    ],
)  # fmt: skip
def test_origins_are_kept_as_browsers_say_them(desk: Desk, given: Any, kept: tuple[str, ...]):
    assert desk.makes(origins=given).origins == kept


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "shop.example",
        "http://shop.example",
        "http://localhost.example",
        "http://localhost.",
        "http://xlocalhost",
        "http://127.0.0.1.example",
        "http://127.0.0",
        "http://128.0.0.1:3000",
        "http://[::1]:3000",
        "http://127.0.0.1:3000/page",
        "https://shop.example/page",
        "https://shop.example?x",
        "https://user@shop.example",
        "https://*.shop.example",
        "https://shop.example; script-src *",
        "https://shop.example\r\nX: y",
        "https://bücher.example",
        "https://",
        "https://shop.example:",
        "null",
        "**",
        7,
        None,
    ],
)
def test_an_invalid_origin_is_refused(desk: Desk, origin: Any):
    with pytest.raises(BadRequest, match=r"like https://example.com, without a path"):
        desk.makes(origins=[origin])


@pytest.mark.parametrize(
    ("wish", "cure"),
    [
        ({"name": ""}, "name must say in 1 to 100 characters what the key is for"),
        ({"name": "  "}, "name must say"),
        ({"name": "x" * 101}, "name must say"),
        ({"name": "two\nlines"}, "name must say"),
        ({"name": "\ud800"}, "name must say"),
        ({"name": 7}, "name must say"),
        ({"name": None}, "name must say"),
        ({"persona": "nobody"}, f"persona must be one of {', '.join(persona.names())}"),
        ({"persona": "../personas/web"}, "persona must be one of"),
        ({"persona": None}, "persona must be one of"),
        ({"persona": []}, "persona must be one of"),
        ({"max_messages": 0}, "max_messages must be a whole number from 1 to 1000000000, or null for no limit"),
        ({"max_messages": True}, "max_messages must be"),
        ({"max_messages": "10"}, "max_messages must be"),
        ({"max_messages": 10**9 + 1}, "max_messages must be"),
        ({"daily_messages": -1}, "daily_messages must be a whole number from 0"),
        ({"daily_messages": 1.5}, "daily_messages must be"),
        ({"days": 0}, "days must be a whole number from 1 to 36500"),
        ({"days": 36_501}, "days must be"),
        ({"origins": "https://shop.example"}, "origins must be a list of up to 20 origins"),
        ({"origins": {}.fromkeys("ab")}, "origins must be a list"),
        ({"origins": ["https://shop.example"] * 21}, "origins must be a list"),
        ({"maxMessages": 3, "colour": 1}, f"unknown colour, maxMessages: there are {', '.join(FIELDS)}"),
        ({"used": 3}, "unknown used"),
    ],
)
def test_a_wish_that_cannot_be_meant_is_refused_with_the_cure_and_nothing_is_made(
    desk: Desk, wish: dict[str, Any], cure: str
):
    with pytest.raises(BadRequest) as raised:
        desk.makes(**wish)
    assert str(raised.value).startswith(cure)
    assert len(str(raised.value).splitlines()) == 1
    assert desk.memory.keys == {}


def test_a_key_without_a_name_is_refused(desk: Desk):
    with pytest.raises(BadRequest, match="name must say"):
        desk.service.create({})


# Looking at them.


def test_keys_are_listed_the_latest_first(desk: Desk):
    first = desk.makes()
    desk.clock.tick(seconds=1)
    second = desk.makes()
    assert desk.service.list() == [second, first]
    assert desk.service.show(first.id) == first


def test_a_key_is_shown_whole_and_times_in_utc(desk: Desk):
    made = desk.makes(max_messages=5, days=1, origins=["*"])
    assert desk.service.as_json(made) == {
        "id": made.id,
        "name": "My shop",
        "state": "active",
        "persona": "web",
        "model": None,
        "max_messages": 5,
        "used": 0,
        "daily_messages": LIMIT,
        "origins": ["*"],
        "open_rooms": False,
        "open": False,
        "answers": "streamed",
        "created_at": "2026-11-20T12:00:00Z",
        "expires_at": "2026-11-21T12:00:00Z",
        "revoked_at": None,
    }


@pytest.mark.parametrize(
    ("values", "now_so"),
    [
        ({}, KeyState.ACTIVE),
        ({"max_messages": 3, "used": 2}, KeyState.ACTIVE),
        ({"max_messages": 3, "used": 3}, KeyState.SPENT),
        ({"expires_at": NOON + 1}, KeyState.ACTIVE),
        ({"expires_at": NOON}, KeyState.EXPIRED),
        ({"expires_at": NOON, "max_messages": 3, "used": 3}, KeyState.EXPIRED),
        ({"expires_at": NOON, "revoked_at": NOON}, KeyState.REVOKED),
    ],
)
def test_a_keys_state_is_what_matters_most(desk: Desk, values: dict[str, Any], now_so: KeyState):
    made = desk.makes()
    assert state(ApiKey(made.id, made.name, made.digest, made.persona, NOON, **values), now=NOON) is now_so


# Revoking one.


def test_a_revoked_key_is_good_for_nothing_at_once_and_stays_in_the_list(desk: Desk):
    made = desk.makes()
    revoked = desk.service.revoke(made.id)
    assert not revoked.is_valid(now=desk.clock())
    assert desk.service.list() == [revoked]
    assert desk.service.as_json(revoked)["state"] == "revoked"


def test_a_key_that_is_revoked_again_keeps_its_time(desk: Desk):
    revoked = desk.service.revoke(desk.makes().id)
    desk.clock.tick(days=1)
    assert desk.service.revoke(revoked.id) == revoked


def test_each_rotation_is_one_generation_and_changes_nothing_else(desk: Desk):
    made = desk.makes()
    assert made.generation == 1
    assert desk.service.rotate(made.id) == replace(made, generation=2)
    assert desk.service.rotate(made.id) == replace(made, generation=3)


@pytest.mark.parametrize("name", ["", "nobodynobo", "x" * 5000, "\ud800"])
def test_an_unknown_key_can_be_neither_shown_nor_revoked_nor_rotated(desk: Desk, name: str):
    desk.makes()
    for act in (desk.service.show, desk.service.revoke, desk.service.rotate):
        with pytest.raises(UnknownKey):
            act(name)
