"""Simulates the Graph API for set-up: the page token, both webhook subscriptions and the page's profile.

A test breaks one of them by setting it; `set_up` restores the state after a deployment.
"""

import hashlib
import hmac
import json
import math
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chalicelib.channels.messenger.profile import greeting, required
from chalicelib.channels.messenger.requirements import FIELDS, SCOPES
from chalicelib.content.text import load
from scripts.simulator.recorder import Recorder

_GRAPH_VERSION: Final = "v25.0"
_PROPERTIES: Final = frozenset({"get_started", "greeting", "ice_breakers", "persistent_menu", "commands"})
_ANY: Final = ["GET", "POST", "DELETE"]
_METHOD: Final = "GraphMethodException"
_IN_LANGUAGES: Final = ("greeting", "persistent_menu", "commands", "ice_breakers")
_LOCALES: Final = frozenset(
    {"default", "de_DE", "en_GB", "en_US", "es_ES", "es_LA", "fr_CA", "fr_FR", "ko_KR", "pt_BR", "pt_PT"}
)
"""A few of Meta's."""
_GREETING, _BUTTONS, _TITLE, _NAME, _DESCRIPTION, _QUESTION, _QUESTIONS = 160, 20, 30, 32, 64, 80, 4
"""Meta's limits: lengths in characters, and two numbers, of buttons and of questions."""


class GraphRefusal(Exception):
    """A request that the real Graph API would refuse too."""

    def __init__(self, code: int, message: str, subcode: int = 0, *, kind: str = "OAuthException") -> None:
        super().__init__(message)
        self.body = {"error": {"message": message, "type": kind, "code": code, "error_subcode": subcode}}


@dataclass
class PageToken:
    """The state of the page token at Meta. Times are in seconds since 1970, 0 for never."""

    app_id: str
    is_valid: bool = True
    type: str = "PAGE"
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    expires_at: int = 0
    data_access_expires_at: int = 0


@dataclass
class MetaAdmin:
    """One app and one page; initially nothing is set up."""

    app_id: str
    app_secret: str
    page: Mapping[str, str]
    """Its `id` and `name`."""
    page_token: str
    client: httpx2.AsyncClient
    """The client for requests to the webhook."""

    def __post_init__(self) -> None:
        self.recorder = Recorder()
        self.token = PageToken(self.app_id)
        self.callback_url = ""
        self.app_fields: list[str] = []
        self.page_fields: list[str] = []
        self.profile: dict[str, Any] = {}
        self.profile_calls_left = math.inf
        """The remaining profile requests; Meta allows 10 in ten minutes."""
        self.offers_greeting = True
        """Whether the profile has the property `greeting`; Meta's SDKs for v25 and v26 do not have it."""

    def set_up(self, callback_url: str) -> None:
        """Set up everything as a deployment does."""
        self.token = PageToken(self.app_id)
        self.callback_url = callback_url
        self.app_fields, self.page_fields = list(FIELDS), list(FIELDS)
        self.profile = {**required(load("en")), **greeting(load("en"))}
        self.profile_calls_left = math.inf
        self.offers_greeting = True

    def disable_webhooks(self) -> None:
        """Unsubscribe the page, as Meta does after the webhook has failed for an hour."""
        self.page_fields = []

    @property
    def is_listening(self) -> bool:
        """Whether Meta sends the page's events to the app."""
        return bool(self.app_fields and self.page_fields)

    def routes(self) -> list[Route]:
        """Return the routes below the base URL of the Graph API."""
        return [
            Route("/{version}/me", self._serving(self._me)),
            Route("/{version}/debug_token", self._serving(self._debug_token)),
            Route("/{version}/{app}/subscriptions", self._serving(self._subscriptions), methods=["GET", "POST"]),
            Route("/{version}/{page}/subscribed_apps", self._serving(self._subscribed_apps), methods=_ANY),
            Route("/{version}/{page}/messenger_profile", self._serving(self._messenger_profile), methods=_ANY),
        ]

    def check(self, query: Mapping[str, str], scope: str = "") -> None:
        """Raise GraphRefusal unless the page token, the app secret proof and the permission are valid."""
        if query.get("access_token") != self.page_token:
            raise GraphRefusal(190, "Invalid OAuth access token.")
        if not self.token.is_valid:
            raise GraphRefusal(190, "Error validating access token: Session has expired", 463)
        self._check_proof(query, app_id=self.token.app_id)
        if scope and scope not in self.token.scopes:
            raise GraphRefusal(200, f"Requires {scope} permission to manage the object.")

    def _check_app(self, query: Mapping[str, str]) -> None:
        if query.get("access_token") != f"{self.app_id}|{self.app_secret}":
            raise GraphRefusal(190, "Invalid OAuth access token signature.")
        self._check_proof(query, app_id=self.app_id)

    def _check_proof(self, query: Mapping[str, str], *, app_id: str) -> None:
        proof = hmac.new(self.app_secret.encode(), query["access_token"].encode(), hashlib.sha256).hexdigest()
        if app_id != self.app_id or query.get("appsecret_proof") != proof:
            raise GraphRefusal(100, "Invalid appsecret_proof provided in the API argument", kind=_METHOD)

    def _serving(self, answer: Callable[[Request, Any], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            body = json.loads(await request.body() or b"{}")
            failure = self.recorder.behaviour.next_failure()
            if failure:
                status, content = failure.status, failure.body
            else:
                try:
                    status, content = 200, await answer(request, body)
                except GraphRefusal as exc:
                    status, content = 400, exc.body
            self.recorder.record(request.method, request.url.path.removeprefix("/graph"), body, status)
            return JSONResponse(content, status)

        return serve

    async def _me(self, request: Request, _: Any) -> Any:
        self.check(request.query_params)
        return {name: self.page[name] for name in request.query_params.get("fields", "id").split(",")}

    async def _debug_token(self, request: Request, _: Any) -> Any:
        self._check_app(request.query_params)
        if request.query_params.get("input_token") != self.page_token:
            error = {"code": 190, "message": "Invalid OAuth access token."}
            return {"data": {"error": error, "is_valid": False, "scopes": []}}
        if self.token.app_id != self.app_id:
            raise GraphRefusal(100, "(#100) The App_id in the input_token did not match the Viewing App")
        return {"data": {**vars(self.token), "profile_id": self.page["id"]}}

    async def _subscriptions(self, request: Request, body: Any) -> Any:
        self._check_app(request.query_params)
        if request.path_params["app"] != self.app_id:
            raise GraphRefusal(100, "Unsupported request: object does not exist", 33, kind=_METHOD)
        if request.method == "GET":
            fields = [{"name": name, "version": _GRAPH_VERSION} for name in self.app_fields]
            found = {"object": "page", "callback_url": self.callback_url, "active": True, "fields": fields}
            return {"data": [found] if self.app_fields else []}
        match body:
            case {"object": "page", "callback_url": str(url), "verify_token": str(token), "fields": str(names)}:
                await self._verify(url, token)
                self.callback_url, self.app_fields = url, names.split(",")
                return {"success": True}
        raise GraphRefusal(100, "(#100) The parameter object is required")

    async def _verify(self, url: str, token: str) -> None:
        """Verify the webhook as Meta does before it stores a subscription. Raises GraphRefusal."""
        challenge = str(secrets.randbelow(2**31))
        query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": challenge}
        try:
            answer = await self.client.get(url, params=query)
            seen = f"HTTP Status Code = {answer.status_code}"
            verified = answer.status_code == 200 and answer.text == challenge  # noqa: PLR2004
        except httpx2.HTTPError:
            seen, verified = "the URL couldn't be reached", False
        if not verified:
            raise GraphRefusal(2200, f"(#2200) Callback verification failed with the following errors: {seen}")

    async def _subscribed_apps(self, request: Request, _: Any) -> Any:
        self.check(request.query_params, "pages_manage_metadata")
        self._check_node(request)
        match request.method:
            case "GET":
                ours = {"id": self.app_id, "name": "Parley", "subscribed_fields": self.page_fields}
                return {"data": [ours] if self.page_fields else []}
            case "DELETE":
                self.page_fields = []
            case _:
                self.page_fields = request.query_params["subscribed_fields"].split(",")
        return {"success": True}

    async def _messenger_profile(self, request: Request, body: Any) -> Any:
        self.check(request.query_params, "pages_messaging")
        self._check_node(request)
        if self.profile_calls_left < 1:
            raise GraphRefusal(613, "(#613) Calls to this api have exceeded the rate limit.")
        self.profile_calls_left -= 1
        asked = request.query_params.get("fields", "").split(",")
        if not self.offers_greeting and "greeting" in {*asked, *body, *body.get("fields", ())}:
            raise GraphRefusal(100, "(#100) Tried accessing nonexisting field (greeting) on node type (Page)")
        match request.method:
            case "GET":
                found = {name: value for name, value in self.profile.items() if name in asked}
                return {"data": [found] if found else []}
            case "DELETE":
                self.profile = {name: value for name, value in self.profile.items() if name not in body["fields"]}
            case _:
                self.profile = _checked({**self.profile, **body})
        return {"result": "success"}

    def _check_node(self, request: Request) -> None:
        if request.path_params["page"] not in ("me", self.page["id"]):
            raise GraphRefusal(100, "Unsupported request: object does not exist", 33, kind=_METHOD)


def _is_localized(locales: list[str]) -> bool:
    """Whether these are different locales of Meta's, and `default` is one of them."""
    return "default" in locales and len(locales) == len(set(locales)) and set(locales) <= _LOCALES


def _checked(profile: dict[str, Any]) -> dict[str, Any]:
    """Return the profile. Raises GraphRefusal if it exceeds one of Meta's limits."""
    menus = [menu["call_to_actions"] for menu in profile.get("persistent_menu", [])]
    buttons = [button for menu in menus for button in menu]
    asked = [one["call_to_actions"] for one in profile.get("ice_breakers", [])]
    questions = [question["question"] for each in asked for question in each]
    localized = [profile[name] for name in _IN_LANGUAGES if name in profile]
    commands = [command for listed in profile.get("commands", []) for command in listed["commands"]]
    for is_fine, complaint in (
        (profile.keys() <= _PROPERTIES, "unknown property"),
        (all(len(words["text"]) <= _GREETING for words in profile.get("greeting", [])), "greeting too long"),
        (not buttons or "get_started" in profile, "persistent_menu needs get_started"),
        (all(len(menu) <= _BUTTONS for menu in menus), "too many buttons"),
        (all(len(button["title"]) <= _TITLE for button in buttons), "menu too long"),
        (all(0 < len(each) <= _QUESTIONS for each in asked), "too many ice breakers"),
        (all(0 < len(question) <= _QUESTION for question in questions), "ice breaker too long"),
        (all(_is_localized([one["locale"] for one in each]) for each in localized), "locales"),
        (all(len(command["name"]) <= _NAME and command["name"][0] != "/" for command in commands), "command name"),
        (all(len(command["description"]) <= _DESCRIPTION for command in commands), "command description too long"),
    ):
        if not is_fine:
            raise GraphRefusal(100, f"(#100) {complaint}")
    return profile
