"""Refuses what a browser sends to the demo for a page that is not the demo's own.

Every page that is open in the same browser can send requests to this machine. It cannot change `Host`, `Origin` and
`Sec-Fetch-Site`, which the browser writes. Programs, such as curl, send `Host` alone and are answered.
"""

from collections.abc import Callable, Mapping
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from chalicelib.access import browsers

_NAMES: Final = ("127.0.0.1", "localhost")
_HTTP_PORT: Final = 80
_OFFERED: Final = ("/chat", "/widget.js", "/config", "/owner")
"""What the bot offers to other pages, too: the bot itself checks what each of them may get."""
_PAGES: Final = ("/", "/messenger", "/practise")
"""What a link on another page may open."""


class OwnOriginOnly:
    """The demo's server, for its own pages, and for programs of this machine.

    `is_allowed(origin)` says whether pages of another origin may open a WebSocket; it runs in a thread.
    """

    def __init__(self, app: ASGIApp, port: int, *, is_allowed: Callable[[str], bool]) -> None:
        self._app = app
        self._hosts = [f"{name}:{port}" for name in _NAMES] + (list(_NAMES) if port == _HTTP_PORT else [])
        self._is_allowed = is_allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or refuse it with 403."""
        refusal = await self._objection(scope) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        answer = JSONResponse({"error": refusal}, 403)
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(answer)
        else:
            await answer(scope, receive, send)

    async def _objection(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        if headers.getlist("host") not in [[host] for host in self._hosts]:
            return f"this server answers to the name http://{self._hosts[0]} only"
        if self._is_own(headers):
            return None
        if scope["type"] == "websocket":
            allowed = await run_in_threadpool(self._is_allowed, headers.get("origin", ""))
        else:
            allowed = _is_offered(scope["path"]) or (scope["path"] in _PAGES and _is_link(scope["method"], headers))
        return None if allowed else f"only pages of http://{self._hosts[0]} may ask this"

    def _is_own(self, headers: Headers) -> bool:
        if origins := headers.getlist("origin"):
            return set(origins) <= {f"http://{host}" for host in self._hosts}
        return headers.get("sec-fetch-site", "") in browsers.OWN_SITES


def _is_offered(path: str) -> bool:
    return path in _OFFERED or path.startswith(tuple(f"{offered}/" for offered in _OFFERED))


def _is_link(method: str, headers: Mapping[str, str]) -> bool:
    """Whether the browser shows the answer as a page of its own, which the page with the link cannot read."""
    return (method, headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == ("GET", "navigate", "document")
