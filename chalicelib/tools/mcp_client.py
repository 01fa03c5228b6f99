"""A client of remote MCP servers over streamable HTTP: it lists and calls their tools.

The protocol has two generations. In the modern one (2026-07-28) a call is one POST. A server that does not know it
refuses that, having done nothing, and is asked as the older one wants: in a session that begins with `initialize`.
A call whose answer breaks off is never repeated, as it may have been carried out. Redirects are not followed.
"""

import base64
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import Any, Final, TypeVar

import httpx2

from chalicelib.conversation.tool import ToolResult, ToolSpec
from chalicelib.tools.in_time import in_time
from chalicelib.tools.mcp_answers import NoSense, Refused, answer_in, listed, result_text
from chalicelib.tools.tool import ToolFailed

T = TypeVar("T")

MODERN: Final = "2026-07-28"
LEGACY: Final = "2025-11-25"
CONNECT_S: Final = 3.0
READ_S: Final = 20.0
MAX_BYTES: Final = 1_000_000
"""The most of one answer that is read."""
MAX_PAGES: Final = 10
"""Of a server's list of tools."""
_ABOUT_US: Final = {"name": "parley", "version": "1"}
_META: Final = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": _ABOUT_US,
    "io.modelcontextprotocol/clientCapabilities": {},
}
_NOT_MODERN: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
_MODERN_ERRORS: Final = (-32020, -32021, -32022)
"""Errors that only a server of the modern protocol gives."""
_ID: Final = 1
_LONGEST_REASON: Final = 300
_TOO_LONG: Final = "The server takes too long."
_PLAIN: Final = re.compile(r"(?!=\?base64\?)[!-~](?:[ -~]*[!-~])?")


class _NotModern(Exception):
    """The server does not know the modern protocol, and has done nothing."""


@dataclass(frozen=True)
class McpServer:
    """One server. All methods raise ToolFailed with a reason that has no secret."""

    url: str
    token: Callable[[], str]
    """Returns the bearer token; empty for none. Raises ConfigError."""
    http: Callable[[], httpx2.Client]

    def tools(self, *, seconds: float) -> tuple[tuple[ToolSpec, ...], int]:
        """Return the server's tools in its order, and for how many milliseconds it says that the list is fresh."""
        return _in_time(self._tools, min(seconds, READ_S))

    def call(self, name: str, arguments: Mapping[str, Any], *, seconds: float) -> ToolResult:
        """Return what a call of a tool gives."""
        params = {"name": name, "arguments": dict(arguments)}
        found = result_text(_in_time(partial(self._ask, "tools/call", params), min(seconds, READ_S)))
        return replace(found, text=self._without_token(found.text))

    def _tools(self, until: float) -> tuple[tuple[ToolSpec, ...], int]:
        found, cursor, ttl = list[ToolSpec](), "", 0
        for _ in range(MAX_PAGES):
            answer = self._ask("tools/list", {"cursor": cursor} if cursor else {}, until)
            more, cursor, ttl = listed(answer)
            found += more
            if not cursor:
                break
        return tuple(found), ttl

    def _ask(self, method: str, params: Mapping[str, Any], until: float) -> Mapping[str, Any]:
        """Return the result of a method, in whichever protocol the server knows."""
        try:
            return self._modern(method, params, until)
        except _NotModern:
            session = self._session(until)
        return self._answer(session, method, params)

    def _modern(self, method: str, params: Mapping[str, Any], until: float) -> Mapping[str, Any]:
        headers = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
        headers |= {"Mcp-Name": _header(params["name"])} if "name" in params else {}
        post = _Post(self, headers, until)
        try:
            return self._result(post, method, {**params, "_meta": _META})
        except Refused as exc:
            if post.status in _NOT_MODERN and exc.code not in _MODERN_ERRORS:
                raise _NotModern from None
            raise self._refused(exc) from None
        except NoSense:
            if post.status in _NOT_MODERN:
                raise _NotModern from None
            raise

    def _session(self, until: float) -> "_Post":
        """Begin a session of the older protocol."""
        begun = _Post(self, {}, until)
        params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": _ABOUT_US}
        answer = self._answer(begun, "initialize", params)
        headers = {"MCP-Protocol-Version": str(answer.get("protocolVersion") or LEGACY)}
        headers |= {"Mcp-Session-Id": begun.session} if begun.session else {}
        session = _Post(self, headers, until)
        for _ in session.send({"jsonrpc": "2.0", "method": "notifications/initialized"}):
            break
        return session

    def _answer(self, post: "_Post", method: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return self._result(post, method, params)
        except Refused as exc:
            raise self._refused(exc) from None

    def _refused(self, error: Refused) -> ToolFailed:
        return ToolFailed(f"The server refuses that: {self._without_token(str(error))[:_LONGEST_REASON]}")

    def _without_token(self, text: str) -> str:
        """Return what a server says without the token, which some repeat to whom it refuses."""
        token = self.token()
        return text.replace(token, "[token]") if token else text

    @staticmethod
    def _result(post: "_Post", method: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        return answer_in(post.send({"jsonrpc": "2.0", "id": _ID, "method": method, "params": params}), _ID)


@dataclass
class _Post:
    """Requests with the same headers, within the same time."""

    server: McpServer
    headers: Mapping[str, str]
    until: float
    """On the monotonic clock, in seconds."""
    status: int | None = None
    """Of the last answer."""
    session: str = ""
    """The id of the session that the last answer names."""

    def send(self, message: Mapping[str, Any]) -> Iterator[bytes]:
        """Yield the body of the answer, which is JSON or a stream of events, as it comes."""
        left = self.until - time.monotonic()
        if left <= 0:  # perhaps nobody waits any more
            raise ToolFailed(_TOO_LONG)
        timeout = httpx2.Timeout(left, connect=min(CONNECT_S, left))
        try:
            with self.server.http().stream(
                "POST",
                self.server.url,
                content=json.dumps(message),
                headers={**self._headers(), **self.headers},
                timeout=timeout,
                follow_redirects=False,
            ) as response:
                self.status, self.session = response.status_code, response.headers.get("Mcp-Session-Id", "")
                self._check(response.status_code)
                yield from self._body(response)
        except httpx2.HTTPError:
            raise ToolFailed("The server cannot be reached, or its answer broke off.") from None

    def _headers(self) -> Mapping[str, str]:
        token = self.server.token()
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        return {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", **bearer}

    def _check(self, status: int) -> None:
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise ToolFailed("The server refuses the bot's token.")
        if status not in _NOT_MODERN and status not in (HTTPStatus.OK, HTTPStatus.ACCEPTED):
            raise ToolFailed(f"The server answers with status {status}.")

    def _body(self, response: httpx2.Response) -> Iterator[bytes]:
        size = 0
        for part in response.iter_bytes():
            size += len(part)
            if size > MAX_BYTES:
                raise ToolFailed("The server's answer is too long.")
            yield part
            if time.monotonic() > self.until:
                raise ToolFailed(_TOO_LONG)


def _in_time(asked: Callable[[float], T], seconds: float) -> T:
    """Return what `asked` returns, which gets the time on the monotonic clock at which it must have ended."""
    try:
        return in_time(partial(asked, time.monotonic() + seconds), seconds=seconds)
    except TimeoutError:
        raise ToolFailed(_TOO_LONG) from None


def _header(value: str) -> str:
    """Return a value as the protocol has it in a header: encoded, if it would not come through as it is."""
    return value if _PLAIN.fullmatch(value) else f"=?base64?{base64.b64encode(value.encode()).decode()}?="
