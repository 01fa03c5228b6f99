"""The OpenAPI document: sound in itself, and of the same routes as the app.

What the routes answer is compared with it in `tests/contract/test_rest_api.py`, which also validates it.
"""

import re
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from chalice.app import IAMAuthorizer, RouteEntry

from app import ROUTES, app
from chalicelib.access import owner_session, rooms, signed_visitor
from chalicelib.access.key_service import FIELDS, LONGEST_NAME, MOST_DAYS, MOST_MESSAGES, MOST_ORIGINS
from chalicelib.access.ticket import LIFETIME_S
from chalicelib.routes import chat
from tests import frame_schema
from tests.json_references import at, references
from tests.rest_document import DOCUMENT, OPERATIONS, Operation, resolved

ROOT: Final = Path(__file__).parents[2]
REGISTERED: Final[dict[tuple[str, str], RouteEntry]] = {
    (path, method): route for path, methods in app.routes.items() for method, route in methods.items()
}
SCHEMAS: Final = DOCUMENT["components"]["schemas"]
CHANNEL_OF_TAG: Final = {
    **dict.fromkeys(("meta",), "messenger"),
    **dict.fromkeys(("chat", "programs", "keys"), "web"),
    **dict.fromkeys(("people", "owner", "health"), "always"),
}
CHALICES: Final = "#/components/responses/wrong_type"
BY_HTTP_ITSELF: Final = {"host", "authorization", "cookie"}
"""Headers that OpenAPI names in another way than as a parameter."""


def both() -> list[Any]:
    known = OPERATIONS.keys() & REGISTERED.keys()
    return [pytest.param(REGISTERED[key], OPERATIONS[key], id=OPERATIONS[key].name) for key in sorted(known)]


def test_every_reference_leads_somewhere_and_every_component_is_used():
    used = set(references(DOCUMENT))
    assert [reference for reference in used if not at(DOCUMENT, reference)] == []
    kinds = ("schemas", "responses", "parameters", "headers", "requestBodies")
    named = {f"#/components/{kind}/{name}" for kind in kinds for name in DOCUMENT["components"][kind]}
    assert used == named


def test_it_has_each_route_of_the_app_and_no_other():
    assert OPERATIONS.keys() == REGISTERED.keys(), "docs/openapi.yaml must describe each route, and only these"


@pytest.mark.parametrize(("route", "operation"), both())
def test_an_operation_takes_what_its_route_takes(route: RouteEntry, operation: Operation):
    assert operation.named("path") == route.view_args
    if operation.method == "POST":
        assert operation.content_types == route.content_types
    else:
        assert operation.content_types == []
    assert ("aws" in operation.schemes) == isinstance(route.authorizer, IAMAuthorizer)
    assert operation.values["responses"]["415"] == {"$ref": CHALICES}


@pytest.mark.parametrize(("route", "operation"), both())
def test_an_operation_is_there_with_the_channel_that_its_tag_says(route: RouteEntry, operation: Operation):
    module = route.view_function.__module__
    blueprint = None if module == "app" else sys.modules[module].__dict__["routes"]
    found = next((name for name in ("messenger", "web") if blueprint in getattr(ROUTES, name)), "always")
    assert CHANNEL_OF_TAG[operation.tag] == found


def test_every_operation_has_a_name_of_its_own_and_every_tag_is_described():
    names = [operation.values["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)
    assert {tag["name"] for tag in DOCUMENT["tags"]} == {operation.tag for operation in OPERATIONS.values()}


def headers_read() -> set[str]:
    """The headers that the routes' code asks for, in lower case."""
    code = "\n".join(place.read_text() for place in sorted((ROOT / "chalicelib" / "routes").glob("*.py")))
    assert set(re.findall(r"headers\.get\(([A-Z]\w*)", code)) == {"SIGNED"}
    named = re.findall(r'headers(?:\.get\(|\[)"([^"]+)"', code)
    return {*named, chat.SIGNED.lower()} - BY_HTTP_ITSELF


def test_the_headers_are_those_that_the_routes_read():
    assert {name.lower() for operation in OPERATIONS.values() for name in operation.named("header")} == headers_read()


def test_the_owners_page_is_behind_the_cookie_but_for_the_way_in():
    behind = {key for key, operation in OPERATIONS.items() if "session" in operation.schemes}
    of_owner = {key for key, operation in OPERATIONS.items() if operation.tag == "owner"}
    assert {path for path, _ in of_owner - behind} == {"/owner/owner.css", "/owner/in/{link}"}
    assert DOCUMENT["components"]["securitySchemes"]["session"]["name"] == owner_session.COOKIE


def test_a_persona_is_what_the_websocket_says_it_is():
    others = frame_schema.DOCUMENT["components"]["schemas"]
    assert {name: SCHEMAS[name] for name in ("persona", "starters", "language")} == {
        name: others[name] for name in ("persona", "starters", "language")
    }


def test_bounds_are_those_of_the_code():
    wanted = SCHEMAS["wanted_key"]["properties"]
    assert wanted.keys() == set(FIELDS)
    assert wanted["name"]["maxLength"] == LONGEST_NAME
    assert wanted["max_messages"]["maximum"] == wanted["daily_messages"]["maximum"] == MOST_MESSAGES
    assert (wanted["days"]["maximum"], wanted["origins"]["maxItems"]) == (MOST_DAYS, MOST_ORIGINS)
    assert SCHEMAS["issued"]["properties"]["expires_in"] == {"description": "Seconds.", "const": LIFETIME_S}
    visitor = body_of("/tickets")["properties"]["visitor"]
    assert visitor["maxLength"] == signed_visitor.LONGEST_SUBJECT
    assert f"{{1,{rooms.LONGEST_NAME}}}" in body_of("/rooms")["properties"]["name"]["pattern"]


def body_of(path: str) -> Any:
    return resolved(OPERATIONS[path, "POST"].values["requestBody"])["content"]["application/json"]["schema"]
