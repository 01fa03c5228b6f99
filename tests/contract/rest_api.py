"""The app's REST API in this process: real adapters over ministack, behind the demo's API Gateway; and its callers."""

import hashlib
import hmac
import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_bytes
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from chalice.app import Chalice
from requests.auth import AuthBase
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from chalicelib.access import owner_session, secret_text
from chalicelib.bootstrap import api, clients, pages
from chalicelib.ids import PersonId
from chalicelib.operations.owner_view import page_name
from chalicelib.routes import services
from chalicelib.settings.stage import Secret
from scripts.simulator.aws import CREDENTIALS, REGION
from scripts.simulator.gateway import ApiGateway
from scripts.simulator.table import create_table
from tests.contract.in_process import client_of, plainly, sender
from tests.issuer import AUDIENCE
from tests.rest_document import PLACE
from tests.simulator.meta import deletion_form, event, text_item
from tests.simulator.served import served

if TYPE_CHECKING:
    from schemathesis import Case

STAGE: Final = "rest"
PAGE: Final = "1234567890"
PERSON: Final = PersonId(f"messenger:{PAGE}:anna")
APP_SECRET: Final = "app-secret"
API_URL: Final = "http://testserver"
"""The address at which Schemathesis finds an app in its own process."""
DOCUMENT_PATH: Final = "/openapi.yaml"
TICKETS_OF_A_KEY: Final = 40
"""Fewer than an address may have, so that most requests are not refused for their number."""
CACHING: Final[tuple[ModuleType, ...]] = (api, clients, pages, services)


class SignedByAws(AuthBase):
    """Signs a request with the owner's credentials."""

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the headers."""
        body = r.body.encode() if isinstance(r.body, str) else r.body or b""
        request = AWSRequest(r.method or "", r.url or "", {}, body)
        key = Credentials(CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"])
        SigV4Auth(key, "execute-api", REGION).add_auth(request)
        r.headers.update(dict(request.headers))
        return r


class SignedByMeta(AuthBase):
    """Signs a webhook's body with the App secret."""

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header."""
        body = r.body.encode() if isinstance(r.body, str) else r.body or b""
        digest = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
        r.headers["X-Hub-Signature-256"] = f"sha256={digest}"
        return r


@dataclass
class RestApi:
    """The app, and what a caller with every credential has."""

    app: Chalice
    cookie: str = ""
    key: str = ""
    used: int = 0
    deletion: str = ""

    def asgi(self) -> ASGIApp:
        """Return the API as a web server has it, with the document at an address of its own."""
        gateway = ApiGateway(self.app)

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive)
            is_document = request.url.path == DOCUMENT_PATH
            response = Response(PLACE.read_text(), media_type="application/yaml") if is_document else None
            await (response or await gateway.serve(request))(scope, receive, send)

        return serve

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        """Run the API handler on an event."""
        return ApiGateway(self.app).invoke(event)

    def event(self, case: "Case[Any]") -> dict[str, Any]:
        """Return the event in which API Gateway would hand a GET request over, as far as the app reads it."""
        cookies = "; ".join(f"{name}={value}" for name, value in case.cookies.items())
        headers = {**case.headers, **({"cookie": cookies} if cookies else {})}
        return {
            "requestContext": {
                "httpMethod": case.method,
                "resourcePath": case.path,
                "identity": {"sourceIp": "127.0.0.1"},
                "path": case.path,
            },
            "headers": {name.lower(): value for name, value in headers.items()},
            "pathParameters": case.path_parameters or None,
            "stageVariables": {},
            "body": None,
        }

    def begin(self) -> None:
        """Let there be a person, an owner and a deletion request."""
        body = event(text_item("anna", "Hello", page=PAGE), page=PAGE)
        digest = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
        api.webhook().handle(body, f"sha256={digest}")
        self.deletion = services.pages().data_deletion.receive(deletion_form("anna", APP_SECRET))

    def admit(self, case: "Case[Any]") -> AuthBase | None:
        """Give a request what its caller needs to be let in; returns what signs it as it is sent."""
        match case.operation.definition.raw["tags"][0]:
            case "keys":
                case.path_parameters = {"key": self._key()[1]} if "{key}" in case.path else {}
                return SignedByAws()
            case "programs":
                case.headers["Authorization"] = f"Bearer {self._key()[0]}"
            case "chat":
                self._as_page(case)
            case "meta":
                return self._as_meta(case)
            case "people" if "{link}" in case.path:
                case.path_parameters = {"link": self._export_link()}
            case "owner":
                self._as_owner(case)
        return None

    def _as_page(self, case: "Case[Any]") -> None:
        match case.path:
            case "/config/{key}":
                case.path_parameters, case.headers = {"key": self._key()[1]}, type(case.headers)()
            case "/chat":
                case.query = {"config": self._key()[1]}
            case "/chat/{file}":
                case.path_parameters = {"file": "page.css"}
            case "/chat/sign-in" if case.method == "GET":
                case.headers["Sec-Fetch-Site"] = "same-origin"
                case.query = {"state": f"{'s' * 43}.1.x", "challenge": "c" * 43, "nonce": "n" * 43}

    def _as_meta(self, case: "Case[Any]") -> AuthBase | None:
        match case.path:
            case "/webhook" if case.method == "POST":
                return SignedByMeta()
            case "/webhook":
                case.query |= {"hub.mode": "subscribe", "hub.verify_token": "verify", "hub.challenge": "1158201444"}
            case "/data-deletion":
                case.body = {"signed_request": deletion_form("bert", APP_SECRET).decode().partition("=")[2]}
            case "/deletion/{code}":
                case.path_parameters = {"code": self.deletion}
        return None

    def _as_owner(self, case: "Case[Any]") -> None:
        case.headers = type(case.headers)({"Sec-Fetch-Site": "same-origin"})
        if case.path == "/owner/in/{link}":
            case.path_parameters = {"link": _text_of(api.ports().owner_links.mint(None))}
            return
        if not self.cookie or case.path == "/owner/leave":
            self.cookie = services.pages().owner.sign_in.enter(_text_of(api.ports().owner_links.mint(None)))
        case.cookies = {owner_session.COOKIE: self.cookie}
        if "{name}" in case.path:
            case.path_parameters = {"name": page_name(PERSON)}
        if case.method == "POST":
            fields = case.body if isinstance(case.body, dict) else {}
            case.body = {**fields, "form": owner_session.form_code(self.cookie)}
        if case.path == "/owner/leave":
            self.cookie = ""

    def _key(self) -> tuple[str, str]:
        """Return the text and the id of a key that is not used up."""
        if not self.used % TICKETS_OF_A_KEY:
            issued = services.pages().api_keys.create({"name": "My shop", "origins": ["https://shop.example"]})
            self.key = issued.text
        self.used += 1
        return self.key, self.key.split("_")[1]

    def _export_link(self) -> str:
        text, now = secret_text.new(token_bytes), clients.clock()
        api.ports().export_links.offer(secret_text.digest(text), PERSON, asked_at=0, now=now)
        return text


def _text_of(address: str) -> str:
    return address.rpartition("/")[2]


@contextmanager
def running() -> Iterator[RestApi]:
    """Run the app until the block ends, with settings, clients and services of its own."""
    with _issuer() as issuer, _table():
        settings = {"PARLEY_OIDC_ISSUER": issuer, "PARLEY_OIDC_AUDIENCE": AUDIENCE}
        before = dict(os.environ)
        os.environ |= {**CREDENTIALS, "PARLEY_STAGE": STAGE, **settings}
        _forget()
        try:
            import app  # noqa: PLC0415 (reads the environment)

            aws: Any = clients.session().events
            aws.register("before-send.dynamodb", sender(plainly))
            aws.register("before-call.ssm.GetParameters", _stored)
            aws.register("before-call.lambda.Invoke", _woken)
            rest = RestApi(app.app)
            rest.begin()
            yield rest
        finally:
            os.environ.clear()
            os.environ |= before
            _forget()


@contextmanager
def _table() -> Iterator[None]:
    """The stage's table."""
    name, client = f"parley-{STAGE}", client_of()
    create_table(client, name)
    yield
    client.delete_table(TableName=name)


def _stored(params: Any, **_: Any) -> Any:
    stored = {f"/parley/{STAGE}/{name}": value for name, value in _secrets().items()}
    names = [name for name in json.loads(params["body"])["Names"] if name in stored]
    return SimpleNamespace(status_code=200), {"Parameters": [{"Name": name, "Value": stored[name]} for name in names]}


def _woken(**_: Any) -> Any:
    return SimpleNamespace(status_code=202), {"StatusCode": 202, "Payload": io.BytesIO()}


def _secrets() -> Mapping[str, str]:
    return {
        Secret.APP_SECRET: APP_SECRET,
        Secret.VERIFY_TOKEN: "verify",
        Secret.PAGE_ID: PAGE,
        Secret.TICKET_KEY: "t" * 43,
        Secret.PSEUDONYM_KEY: "p" * 43,
        Secret.API_URL: API_URL,
        Secret.WEBSOCKET_URL: "wss://socket.example",
    }


def _forget() -> None:
    """Drop what the process has built of the app, which other tests have built with other settings."""
    for module in CACHING:
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


@contextmanager
def _issuer() -> Iterator[str]:
    """A sign-in issuer that takes every code but those that begin with `x`."""

    async def discovery(request: Request) -> Response:
        url = str(request.base_url).rstrip("/")
        ways = {"authorization_endpoint": f"{url}/in", "token_endpoint": f"{url}/token"}
        return JSONResponse({"issuer": url, **ways})

    async def token(request: Request) -> Response:
        if b"&code=x" in await request.body():
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"id_token": "the.id.token"})

    routes = [Route("/.well-known/openid-configuration", discovery), Route("/token", token, methods=["POST"])]
    with served(routes) as url:
        yield url
