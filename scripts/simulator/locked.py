"""Locks the emulator of AWS: it accepts any credentials, and lets the scripts of every web page read its answers."""

import hmac
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_OF_BROWSERS: Final = ("origin", "sec-fetch-site")
"""Headers that no program sends."""


class Locked:
    """Passes on requests whose path begins with a secret, without it; refuses all others, and browsers, with 403."""

    def __init__(self, app: ASGIApp, secret: str) -> None:
        self._app = app
        self._prefix = f"/{secret}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http" and self._opens(scope):
            path, raw_path = (scope[name][len(self._prefix) :] for name in ("path", "raw_path"))
            await self._app({**scope, "path": path or "/", "raw_path": raw_path or b"/"}, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse("only the demo's own processes may ask this", 403)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _opens(self, scope: Scope) -> bool:
        start, rest = scope["path"][: len(self._prefix)], scope["path"][len(self._prefix) :]
        is_known = hmac.compare_digest(start.encode(), self._prefix.encode())
        return is_known and rest[:1] in ("", "/") and not any(name in Headers(scope=scope) for name in _OF_BROWSERS)
