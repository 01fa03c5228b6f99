"""An OpenID Connect issuer on a port of its own: its discovery document, its keys, and the tokens that it signs."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from requests.adapters import HTTPAdapter

AUDIENCE = "parley-web"


class Patient(HTTPAdapter):
    """Waits as long as a busy machine takes; notes how long each request might have taken, in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[Any] = []

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        self.waited.append(kwargs["timeout"])
        return super().send(*args, **{**kwargs, "timeout": 60})


def patient() -> requests.Session:
    """A session that waits so."""
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, Patient())
    return session


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """The same for the same name: keys take long to make."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@dataclass
class Issuer:
    """Publishes what it is told to, and remembers what it was asked for."""

    url: str
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=lambda: {"one": rsa_key("one")})
    """Those it publishes, by `kid`."""
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """By path, in place of what it would answer."""
    asked: list[str] = field(default_factory=list)
    idle_ended_at: float = 0.0
    """When it closed all connections, by the monotonic clock; its clients, frozen, have not noticed."""

    @property
    def discovery(self) -> dict[str, Any]:
        return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}

    @property
    def jwks(self) -> dict[str, Any]:
        return {"keys": [{**_public(key), "kid": kid, "use": "sig", "alg": "RS256"} for kid, key in self.keys.items()]}

    def token(self, subject: str = "anna", *, kid: str | None = "one", **claims: Any) -> str:
        """An ID token; what is None is left out."""
        return self.signed(self.claims(subject, **claims), headers={"kid": kid} if kid else {})

    def claims(self, subject: str = "anna", **claims: Any) -> dict[str, Any]:
        now = int(time.time())
        usual = {"sub": subject, "iss": self.url, "aud": AUDIENCE, "iat": now, "exp": now + 3600, "token_use": "id"}
        return {name: value for name, value in (usual | claims).items() if value is not None}

    def signed(self, claims: dict[str, Any], *, headers: dict[str, Any], name: str = "") -> str:
        """Any claims, signed with the key of that name, else with the one that `kid` says."""
        key = rsa_key(name) if name else self.keys.get(headers.get("kid", ""), rsa_key("one"))
        return jwt.encode(claims, key, "RS256", headers=headers)

    def end_idle_connections(self) -> None:
        self.idle_ended_at = time.monotonic()

    def answer(self, path: str) -> tuple[int, bytes]:
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        match path:
            case "/.well-known/openid-configuration":
                return 200, json.dumps(self.discovery).encode()
            case "/keys":
                return 200, json.dumps(self.jwks).encode()
        return 404, b"{}"


def _public(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    return RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)


@contextmanager
def issuing() -> Iterator[Issuer]:
    """An issuer on loopback, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            self.opened_at = time.monotonic()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def do_GET(self) -> None:
            if self.opened_at < issuer.idle_ended_at:
                self.close_connection = True
                return
            status, body = issuer.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if 300 <= status < 400:
                self.send_header("Location", body.decode())
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (as the base class calls it)
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()
