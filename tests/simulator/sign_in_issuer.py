"""An OpenID Connect issuer with a page to sign in on, which a test lets misbehave; people are who they say they are."""

import base64
import hashlib
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.issuer import AUDIENCE, Issuer
from tests.simulator.served import served

_ALONE: Mapping[str, str] = {"Cross-Origin-Opener-Policy": "same-origin", "X-Frame-Options": "DENY"}
"""As real issuers' pages: they cut `window.opener`, and refuse to be framed."""


@dataclass
class SignInIssuer:
    """Remembers who is signed in by a cookie, as real issuers do."""

    issuer: Issuer
    codes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """What the authorization request of each open code said, with the person as `sub`."""
    asked: list[Mapping[str, str]] = field(default_factory=list)
    """The authorization requests."""
    claims: dict[str, str] = field(default_factory=dict)
    """Of the next ID tokens, in place of the right ones."""
    state: str = ""
    """What is returned in place of the right one."""
    goes_on: threading.Event = field(default_factory=threading.Event)
    """The token endpoint takes its time until this is set."""
    token_status: int = 200

    @property
    def url(self) -> str:
        return self.issuer.url

    def begin(self) -> None:
        """Restore the initial state."""
        self.codes, self.asked, self.claims = {}, [], {}
        self.state, self.token_status = "", 200
        self.goes_on.set()

    async def discovery(self, _: Request) -> Response:
        pages = {"authorization_endpoint": f"{self.url}/authorize", "token_endpoint": f"{self.url}/token"}
        return JSONResponse({**self.issuer.discovery, **pages})

    async def keys(self, _: Request) -> Response:
        return JSONResponse(self.issuer.jwks)

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        self.asked.append(asked)
        known = request.cookies.get("signed_in")
        if known and asked.get("prompt") != "login":
            return self._back(asked, known)
        fields = "".join(f'<input type="hidden" name="{name}" value="{escape(asked[name])}">' for name in asked)
        form = f'<form action="/login">{fields}<input name="sub"><button>Go</button><button name="deny">No</button>'
        return HTMLResponse(f"<!doctype html><title>Issuer</title>{form}</form>", headers=_ALONE)

    async def login(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if "deny" in asked:
            query = urlencode({"error": "access_denied", "state": asked["state"]})
            return RedirectResponse(f"{asked['redirect_uri']}?{query}", 303, _ALONE)
        return self._back(asked, asked["sub"])

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        self.goes_on.wait(10)  # the bot waits for 15 seconds
        asked = self.codes.pop(form["code"], None)
        challenge = hashlib.sha256(form["code_verifier"].encode()).digest()
        right = asked and (asked["code_challenge"], asked["redirect_uri"], asked["client_id"]) == (
            base64.urlsafe_b64encode(challenge).decode().rstrip("="),
            form["redirect_uri"],
            form["client_id"],
        )
        if not asked or not right or asked["client_id"] != AUDIENCE:
            return JSONResponse({"error": "invalid_grant"}, 400)
        claims = {"nonce": asked["nonce"], **self.claims}
        answer = {"id_token": self.issuer.token(asked["sub"], **claims), "refresh_token": "long-lived"}
        return JSONResponse(answer, self.token_status)

    def _back(self, asked: Mapping[str, str], sub: str) -> Response:
        code = secrets.token_urlsafe()
        self.codes[code] = {**asked, "sub": sub}
        query = urlencode({"code": code, "state": self.state or asked["state"], "iss": self.url})
        answer = RedirectResponse(f"{asked['redirect_uri']}?{query}", 303, _ALONE)
        answer.set_cookie("signed_in", sub)
        return answer


@contextmanager
def sign_in_issuer() -> Iterator[SignInIssuer]:
    """An issuer on another site than the bot's; none of its answers may be read by scripts of other pages."""
    standing = SignInIssuer(Issuer(""))
    routes = [
        Route("/.well-known/openid-configuration", standing.discovery),
        Route("/keys", standing.keys),
        Route("/authorize", standing.authorize),
        Route("/login", standing.login),
        Route("/token", standing.token, methods=["POST"]),
    ]
    with served(routes, host="127.0.0.2") as url:
        standing.issuer.url = url
        yield standing
