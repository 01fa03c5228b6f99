"""The HTTP routes of the web chat: for pages, and for the owner with AWS credentials."""

import json
import secrets
from collections.abc import Mapping
from itertools import takewhile
from typing import Any

import httpx2
import jwt
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from app import app
from chalicelib.access import api_key, rooms, secret_text
from tests.simulator.conftest import Demo

PAGE, ELSEWHERE = "https://shop.example", "https://elsewhere.example"


def owner(demo: Demo, method: str, path: str, body: bytes = b"") -> httpx2.Response:
    """A request signed with the owner's credentials."""
    headers = {"Content-Type": "application/json"} if body else {}
    request = AWSRequest(method, f"{demo.url}{path}", headers, body)
    SigV4Auth(Credentials("test", "test"), "execute-api", demo.facts["aws_region"]).add_auth(request)
    return demo.http.request(method, path, content=body, headers=dict(request.headers))


def makes(demo: Demo, **wish: Any) -> Mapping[str, Any]:
    answer = owner(demo, "POST", "/keys", json.dumps({"name": "My shop", "origins": [PAGE], **wish}).encode())
    assert answer.status_code == 201
    made: Mapping[str, Any] = answer.json()
    return made


def comes(demo: Demo, key: Any, *, origin: str = PAGE, last: str = "") -> httpx2.Response:
    """A browser asks for a ticket, on a page of `origin`."""
    bearer = {"Authorization": f"Bearer {last}"} if last else {}
    return demo.http.get(f"/config/{key}", headers={"Origin": origin, **bearer})


# For the owner.


@pytest.mark.parametrize(("method", "path"), [("POST", "/keys"), ("GET", "/keys"), ("DELETE", "/keys/shopshopsh")])
def test_keys_are_the_owners_alone(demo: Demo, method: str, path: str):
    assert demo.http.request(method, path).status_code == 403


def test_api_gateway_checks_the_signature_of_whoever_manages_keys():
    """And of nobody else."""
    guarded = {
        (path, method) for path, methods in app.routes.items() for method, route in methods.items() if route.authorizer
    }
    assert guarded == {("/keys", "POST"), ("/keys", "GET"), ("/keys/{key}", "DELETE")}


def test_a_new_key_is_told_once_and_stays_in_the_list(demo: Demo):
    made = dict(makes(demo, max_messages=5))
    name, _ = api_key.parse(made.pop("key")) or ("", "")
    assert (made["id"], made["max_messages"], made["state"]) == (name, 5, "active")
    listed = owner(demo, "GET", "/keys")
    assert made in listed.json()["keys"]
    assert (listed.headers["content-type"], listed.headers["cache-control"]) == ("application/json", "no-store")


def test_a_revoked_key_hands_out_no_more_tickets(demo: Demo):
    made = makes(demo)
    assert comes(demo, made["id"]).status_code == 200
    assert owner(demo, "DELETE", f"/keys/{made['id']}").json()["state"] == "revoked"
    answer = comes(demo, made["id"])
    assert (answer.status_code, answer.json()) == (404, {"error": "there is no such key"})


def test_a_key_that_is_none_cannot_be_revoked(demo: Demo):
    answer = owner(demo, "DELETE", "/keys/nobodynobo")
    assert (answer.status_code, answer.json()) == (404, {"error": "there is no API key of that id"})


@pytest.mark.parametrize(
    ("body", "cure"),
    [
        (b"{", 'the body must be an object of JSON, such as {"name": "My shop"}'),
        (b"[]", 'the body must be an object of JSON, such as {"name": "My shop"}'),
        (b"[" * 100_000, 'the body must be an object of JSON, such as {"name": "My shop"}'),
        (b"\xff", 'the body must be an object of JSON, such as {"name": "My shop"}'),
        (b"{}", "name must say in 1 to 100 characters what the key is for"),
        (b'{"name": "x", "days": NaN}', "days must be a whole number from 1 to 36500, or null for no limit"),
    ],
)
def test_a_wish_that_cannot_be_meant_is_answered_with_the_cure(demo: Demo, body: bytes, cure: str):
    answer = owner(demo, "POST", "/keys", body)
    assert (answer.status_code, answer.json()) == (400, {"error": cure})


# For programs that have a key.


def room(demo: Demo, key: str, body: bytes = b"{}") -> httpx2.Response:
    """Ask for a room with the key, without the owner's signature."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    return demo.http.post("/rooms", content=body, headers=headers)


def test_a_program_with_a_key_gets_the_full_name_of_a_room(demo: Demo):
    made = makes(demo)
    answers = [room(demo, made["key"], b'{"name": "order-1234"}') for _ in range(2)]
    _, secret = api_key.parse(made["key"]) or ("", "")
    name = rooms.full_name("order-1234", secret=secret_text.digest(secret))
    assert [(answer.status_code, answer.json()) for answer in answers] == [(201, {"room": name})] * 2


def test_rooms_without_a_name_differ(demo: Demo):
    made = makes(demo)
    assert len({room(demo, made["key"]).json()["room"] for _ in range(3)}) == 3


@pytest.mark.parametrize("wrong", ["x", "nonsense", "parley_shopshopsh_" + "x" * 43])
def test_nobody_else_gets_the_full_name_of_a_room(demo: Demo, wrong: str):
    answer = room(demo, wrong)
    assert (answer.status_code, answer.json()) == (
        401,
        {"error": "there is no such key, or it is revoked or has expired"},
    )


def test_a_room_that_cannot_be_meant_is_answered_with_the_cure(demo: Demo):
    key = makes(demo)["key"]
    for body in (b"[]", b"{", b'{"name": 7}', b'{"name": "a b"}', b"[" * 100_000, b"\xff"):
        assert room(demo, key, body).status_code == 400, body[:20]


def ticket_of(demo: Demo, key: str, body: bytes = b'{"visitor": "anna"}', **headers: str) -> httpx2.Response:
    """Ask for a ticket with the key, without the owner's signature."""
    usual = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    return demo.http.post("/tickets", content=body, headers=usual | headers)


def test_a_sites_server_gets_a_ticket_for_each_of_75_customers(demo: Demo):
    made = makes(demo)
    answers = [ticket_of(demo, made["key"], json.dumps({"visitor": f"c{n}"}).encode()) for n in range(75)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["visitor"] for answer in answers}) == 75
    assert answers[0].headers["cache-control"] == "no-store"
    assert answers[0].json()["websocket_url"] == demo.facts["websocket_url"]


@pytest.mark.parametrize("wrong", ["Basic", "x", "parley_shopshopsh_" + "x" * 43])
def test_nobody_else_gets_a_ticket_for_a_customer(demo: Demo, wrong: str):
    assert ticket_of(demo, wrong).status_code == 401


def test_a_customer_who_cannot_be_meant_is_answered_with_the_cure(demo: Demo):
    key = makes(demo)["key"]
    for body in (b"[]", b"{", b"{}", b'{"visitor": 7}', b'{"visitor": ""}', b"\xff"):
        answer = ticket_of(demo, key, body)
        assert answer.status_code == 400, body
        assert answer.json()["error"]


def test_no_page_may_ask_for_a_customers_ticket(demo: Demo):
    """Its scripts can neither send the header nor read the answer, since a page must not have the key."""
    asks = {"Origin": PAGE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    assert "access-control-allow-origin" not in demo.http.options("/tickets", headers=asks).headers
    assert "access-control-allow-origin" not in ticket_of(demo, makes(demo)["key"], Origin=PAGE).headers


# For pages.


def test_a_page_gets_a_ticket_that_no_cache_keeps_and_only_its_own_scripts_read(demo: Demo):
    answer = comes(demo, makes(demo)["id"])
    assert answer.status_code == 200
    assert answer.json().keys() == {"websocket_url", "ticket", "address_ticket", "expires_in", "persona", "limit"}
    assert answer.json()["websocket_url"] == demo.facts["websocket_url"]
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["vary"] == "Origin"
    assert answer.headers["cache-control"] == "no-store"


def test_programs_and_the_bots_own_page_say_no_origin(demo: Demo):
    assert demo.http.get(f"/config/{makes(demo)['id']}").status_code == 200
    assert comes(demo, makes(demo)["id"], origin=demo.url).status_code == 200


def test_another_page_gets_none_and_can_read_why(demo: Demo):
    answer = comes(demo, makes(demo)["id"], origin=ELSEWHERE)
    assert (answer.status_code, answer.json()) == (403, {"error": "the page's origin is not one of the key's"})
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("key", ["nobodynobo", "x", "%00", "x" * 5000])
def test_a_key_that_is_none_is_not_found(demo: Demo, key: str):
    assert comes(demo, key).status_code == 404


def test_a_visitor_who_comes_back_is_the_same_person(demo: Demo):
    key = makes(demo)["id"]

    def who(answer: httpx2.Response) -> str:
        claims = jwt.decode(answer.json()["ticket"], options={"verify_signature": False})
        return str(claims["sub"])

    first = comes(demo, key)
    assert who(comes(demo, key, last=first.json()["ticket"])) == who(first)
    assert who(comes(demo, key)) != who(first)
    assert who(comes(demo, key, last=secrets.token_urlsafe())) != who(first)


def test_an_address_that_wants_too_many_tickets_is_told_to_wait(demo: Demo):
    key = makes(demo)["id"]
    given = list(takewhile(lambda status: status == 200, (comes(demo, key).status_code for _ in range(121))))
    assert 60 <= len(given) <= 120  # the clock's hour may change meanwhile
    answer = comes(demo, key)
    assert (answer.status_code, answer.json()["error"][:16]) == (429, "too many tickets")


@pytest.mark.parametrize(
    ("method", "mode", "dest"),
    [
        ("GET", "no-cors", "image"),
        ("GET", "no-cors", "empty"),
        ("GET", "no-cors", "script"),
        ("GET", "navigate", "document"),
        ("GET", "navigate", "iframe"),
        ("HEAD", "no-cors", "empty"),
    ],
)
def test_a_page_that_cannot_read_tickets_uses_up_none_of_its_visitors(demo: Demo, method: str, mode: str, dest: str):
    key = makes(demo)["id"]
    blind = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
    assert {demo.http.request(method, f"/config/{key}", headers=blind).status_code for _ in range(61)} <= {403, 405}
    assert comes(demo, key).status_code == 200


def test_a_browser_learns_that_it_may_bring_its_last_ticket(demo: Demo):
    asks = {"Origin": PAGE, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    answer = demo.http.options("/config/shopshopsh", headers=asks)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert {"authorization", "parley-visitor"} <= set(answer.headers["access-control-allow-headers"].lower().split(","))
    assert "GET" in answer.headers["access-control-allow-methods"]


@pytest.mark.parametrize("path", ["/keys", "/privacy", "/webhook"])
def test_no_other_route_is_open_to_scripts_of_pages(demo: Demo, path: str):
    answer = demo.http.options(path, headers={"Origin": PAGE, "Access-Control-Request-Method": "POST"})
    assert "access-control-allow-origin" not in answer.headers


def test_without_an_issuer_no_page_offers_a_sign_in(demo: Demo):
    assert "data-sign-in" not in demo.http.get(f"/chat?config={makes(demo)['id']}").text
    assert demo.http.get("/config").status_code == 404
    body = {"verifier": "v" * 43, "code": "x"}
    assert demo.http.post("/chat/sign-in", json=body).status_code == 400
    assert demo.http.get("/chat/sign-in", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 403
