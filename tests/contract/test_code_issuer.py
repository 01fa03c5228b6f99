"""How the bot finds an issuer's endpoints and exchanges codes there, whatever the issuer sends."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import pytest
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chalicelib.channels.web.code_issuer import CodeIssuer
from chalicelib.errors import InvalidToken, IssuerUnavailable
from chalicelib.operations.sign_in import codes
from tests.issuer import issuing, patient
from tests.simulator.served import served

BACK = "https://bot.example/dev/chat/signed-in"


class Server:
    """Answers as it is told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.found: Any = {}
        self.answer: tuple[int, bytes] = (200, b'{"id_token": "the.id.token", "refresh_token": "long-lived"}')
        self.moves = False
        self.looked_up = 0
        self.forms: list[Mapping[str, list[str]]] = []

    def describes(self, **changed: Any) -> None:
        usual = {"issuer": self.url, "authorization_endpoint": f"{self.url}/in", "token_endpoint": f"{self.url}/token"}
        self.found = usual | changed

    async def discovery(self, _: Request) -> Response:
        self.looked_up += 1
        return Response(json.dumps(self.found), media_type="application/json")

    async def token(self, request: Request) -> Response:
        if self.moves:
            return RedirectResponse("/elsewhere", 307)
        self.forms.append(parse_qs((await request.body()).decode()))
        status, body = self.answer
        return Response(body, status)


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()
    routes = [
        Route("/.well-known/openid-configuration", server.discovery),
        Route("/token", server.token, methods=["POST"]),
        Route("/elsewhere", server.token, methods=["POST"]),
    ]
    with served(routes) as server.url:
        yield server


@pytest.fixture(scope="module")
def _server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def server(_server: Server) -> Server:
    url = _server.url
    _server.__init__()  # type: ignore[misc]
    _server.url = url
    _server.describes()
    return _server


@pytest.fixture
def issuer(server: Server) -> CodeIssuer:
    return CodeIssuer(server.url, "parley-web", session=patient)


def exchanged(issuer: CodeIssuer) -> str:
    return issuer.exchange("the code", verifier="the verifier", callback=BACK)


def test_a_code_is_exchanged_as_a_client_without_a_secret_does(issuer: CodeIssuer, server: Server):
    assert exchanged(issuer) == "the.id.token"
    assert server.forms == [
        {
            "grant_type": ["authorization_code"],
            "client_id": ["parley-web"],
            "code": ["the code"],
            "code_verifier": ["the verifier"],
            "redirect_uri": [BACK],
        }
    ]


def test_endpoints_are_looked_up_once_an_hour(server: Server):
    now = 0.0
    issuer = CodeIssuer(server.url, "parley-web", session=patient, monotonic=lambda: now)
    assert issuer.authorization_endpoint() == f"{server.url}/in"
    exchanged(issuer)
    assert server.looked_up == 1
    now += 3600
    exchanged(issuer)
    assert server.looked_up == 2


def test_a_code_that_the_issuer_refuses_is_told_from_a_client_that_is_set_up_wrongly(
    issuer: CodeIssuer, server: Server
):
    server.answer = (400, b'{"error": "invalid_grant"}')
    with pytest.raises(InvalidToken):
        exchanged(issuer)
    server.answer = (401, b'{"error": "invalid_client", "error_description": "the code"}')
    with pytest.raises(IssuerUnavailable, match=r"HTTP 401 invalid_client$"):
        exchanged(issuer)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"{}"),
        (200, b"[]"),
        (200, b"<html>"),
        (200, b'{"id_token": 7}'),
        (200, b'{"id_token": ""}'),
        (200, b'{"id_token": "' + b"x" * 8193 + b'"}'),
        (200, b"[" * 100_000),
        (200, b"\xff"),
        (500, b'{"id_token": "x"}'),
        (400, b'{"error": {"a": "secret words"}}'),
        (400, b'{"error": "secret words"}'),
        (429, b'{"error": "slow_down"}'),
    ],
)
def test_whatever_else_it_answers_there_is_no_token_and_its_words_are_not_passed_on(
    issuer: CodeIssuer, server: Server, status: int, body: bytes
):
    server.answer = (status, body)
    with pytest.raises(IssuerUnavailable) as raised:
        exchanged(issuer)
    assert "secret" not in str(raised.value)


def test_a_code_is_sent_to_no_address_that_the_issuers_answer_names(issuer: CodeIssuer, server: Server):
    server.moves = True
    with pytest.raises(IssuerUnavailable):
        exchanged(issuer)
    assert server.forms == []


Change = Callable[[Server], Mapping[str, Any]]


@pytest.mark.parametrize(
    "change",
    [
        lambda _: {"token_endpoint": "http://issuer.example/token"},
        lambda _: {"token_endpoint": None},
        lambda _: {"token_endpoint": 7},
        lambda _: {"token_endpoint": "file:///etc/passwd"},
        lambda server: {"issuer": f"{server.url}/"},
        lambda _: {"issuer": "https://evil.example"},
    ],
)
def test_a_document_that_leads_astray_is_not_followed_and_read_again_the_next_time(
    issuer: CodeIssuer, server: Server, change: Change
):
    server.describes(**change(server))
    with pytest.raises(IssuerUnavailable):
        exchanged(issuer)
    server.describes()
    assert exchanged(issuer) == "the.id.token"


@pytest.mark.parametrize("found", [[], "x", None, {}])
def test_a_document_that_is_none_is_an_issuer_out_of_reach(issuer: CodeIssuer, server: Server, found: Any):
    server.found = found
    with pytest.raises(IssuerUnavailable):
        issuer.authorization_endpoint()


def test_a_connection_that_the_issuer_has_closed_since_is_not_used_again():
    """Lambda freezes the process between two people who sign in: see issue 4506 of requests."""
    with issuing() as server:
        found = server.discovery | {"token_endpoint": f"{server.url}/token"}
        server.answers["/.well-known/openid-configuration"] = (200, json.dumps(found).encode())
        server.answers["/token"] = (200, b'{"id_token": "the.id.token"}')
        issuer = CodeIssuer(server.url, "parley-web", session=patient)
        assert exchanged(issuer) == "the.id.token"
        server.end_idle_connections()
        assert exchanged(issuer) == "the.id.token"


def test_an_issuer_that_is_not_there_is_out_of_reach():
    with serving() as server:
        pass
    with pytest.raises(IssuerUnavailable, match="ConnectionError"):
        CodeIssuer(server.url, "parley-web", session=patient).authorization_endpoint()


def test_doctor_tells_a_client_that_cannot_sign_people_in_before_they_try(issuer: CodeIssuer, server: Server):
    def found(status: int, body: bytes) -> tuple[str, str]:
        server.answer = (status, body)
        [finding] = codes(lambda: exchanged(issuer)).run()
        assert finding.state == "ok" or (finding.why and finding.remedy)
        return finding.state.value, finding.what

    assert found(400, b'{"error": "invalid_grant"}') == ("ok", "the issuer takes codes from the bot's client")
    for status, reason in ((401, "invalid_client"), (401, "unauthorized_client"), (400, "invalid_request")):
        state, what = found(status, json.dumps({"error": reason}).encode())
        assert (state, what.endswith(f"HTTP {status} {reason}")) == ("warning", True)
    assert found(503, b"")[0] == "warning"
