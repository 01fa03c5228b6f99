"""Simulates API Gateway's WebSocket API: messages become Lambda events for `app.py`, @connections sends to clients.

Only the functions run in threads. All other code runs in the server's event loop, so there are no locks.
"""

import asyncio
import json
import sys
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from anyio import CapacityLimiter, to_thread
from chalice.app import Chalice
from chalice.local import LambdaContext
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from scripts.simulator.functions import FunctionFailed, outcome
from scripts.simulator.socket_events import Caller, failure

MAX_MESSAGE: Final = 128 * 1024
MAX_FRAME: Final = 32 * 1024
KEPT_S: Final = 300
"""How long a server keeps an idle connection: longer than its clients do, whose next request would be lost with it."""
SERVER: Final[Mapping[str, Any]] = {
    "timeout_keep_alive": KEPT_S,
    "ws": "websockets-sansio",
    "ws_max_size": (MAX_MESSAGE, MAX_FRAME),
    "ws_ping_interval": None,
    "ws_per_message_deflate": False,
}
"""Settings for uvicorn. Its WebSocket reader closes a connection with 1009 on a too large message or frame."""
_IDLE_S = 600.0
_LIFETIME_S = 7200.0
_TIMEOUT_MS = 29_000
_AT_ONCE = 64
_MOST_WAITING = 128
"""Messages that may wait for a client that does not read them."""
_PATIENCE_S = 2.0
"""Time for a client to acknowledge that its connection is closed."""
_GOING_AWAY = 1001
_NORMAL = 1000
_ABNORMAL = 1006


@dataclass(eq=False)
class _Socket:
    caller: Caller
    websocket: WebSocket
    ends_at: float
    """By the event loop's clock, in seconds."""
    outbox: "asyncio.Queue[str | int]" = field(default_factory=asyncio.Queue)
    """Messages to send, then the close code."""
    active_at: float = field(default_factory=time.time)
    timer: asyncio.TimerHandle | None = None
    """Closes the connection when it was idle or open for too long."""
    deadline: asyncio.Timeout = field(default_factory=partial(asyncio.timeout, None))

    async def write(self) -> None:
        """Send the messages of the outbox in order, then close the connection; waits for a slow client."""
        with suppress(WebSocketDisconnect, RuntimeError):  # RuntimeError: the server closes it at the same time
            while isinstance(said := await self.outbox.get(), str):
                await self.websocket.send_text(said)
            await self.websocket.close(said)


class WebSocketApi:
    """The WebSocket API of a Chalice app."""

    def __init__(self, app: Chalice, *, idle_s: float = _IDLE_S, lifetime_s: float = _LIFETIME_S) -> None:
        self._app = app
        self._idle_s = idle_s
        self._lifetime_s = lifetime_s
        self._open: dict[str, _Socket] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._threads = CapacityLimiter(_AT_ONCE)
        self._late_ms: deque[int] = deque()
        """By how much the functions for the next frames start late, as on AWS those that have to be started first."""

    def routes(self) -> list[BaseRoute]:
        """Return the route for clients, and those of `apigatewaymanagementapi` below `/connections`."""
        return [
            WebSocketRoute("/ws", self.serve),
            Route("/world/sockets/late", self.be_late, methods=["PUT"]),
            Route("/connections/@connections/{id}", self.post, methods=["POST"]),
            Route("/connections/@connections/{id}", self.info, methods=["GET"]),
            Route("/connections/@connections/{id}", self.delete, methods=["DELETE"]),
        ]

    async def be_late(self, request: Request) -> Response:
        """Start the functions for the next frames so many milliseconds after each was received, one number a frame."""
        match await request.json():
            case {"late_ms": [*numbers]} if all(isinstance(number, int) and number >= 0 for number in numbers):
                self._late_ms = deque(numbers)
                return JSONResponse({"late_ms": numbers})
        return _error(400, "BadRequestException")

    def invoke(self, name: str, event: Any) -> Any:
        """Run a function as Lambda does. Raises FunctionFailed, or KeyError for an unknown function."""
        failed, result = outcome(self._app.handler_map[name], event, LambdaContext(name, 512, _TIMEOUT_MS))
        if failed:
            sys.stderr.write(json.dumps({"stage": "lambda", "function": name, "error": result}) + "\n")
            raise FunctionFailed(result)
        return result

    async def serve(self, websocket: WebSocket) -> None:
        """Serve a connection from its handshake to its end."""
        headers = {name.title().replace("Websocket", "WebSocket"): said for name, said in websocket.headers.items()}
        caller = Caller(headers, dict(websocket.query_params), websocket.client.host if websocket.client else "")
        if refusal := await self._refusal(caller):
            await websocket.send_denial_response(refusal)
            return
        ends_at = asyncio.get_running_loop().time() + self._lifetime_s
        closed = _ABNORMAL, ""
        try:
            with suppress(OSError):  # the client has gone, or TimeoutError: it did not acknowledge
                await websocket.accept()
                closed = await self._hold(_Socket(caller, websocket, ends_at))
        finally:
            with suppress(FunctionFailed):
                await self._run("websocket_disconnect", caller.disconnect(*closed))

    async def post(self, request: Request) -> Response:
        """Queue a message to a client; returns before it is sent."""
        body, socket = await request.body(), self._find(request)
        if socket is None:
            return _error(410, "GoneException")
        if len(body) > MAX_MESSAGE:
            return _error(413, "PayloadTooLargeException")
        if socket.outbox.qsize() >= _MOST_WAITING:
            return _error(429, "LimitExceededException")
        self._send(socket, body.decode(errors="replace"))
        return Response()

    async def info(self, request: Request) -> Response:
        """Return when the connection was opened and last active, and its client."""
        socket = self._find(request)
        if socket is None:
            return _error(410, "GoneException")
        return JSONResponse(
            {
                "connectedAt": _iso(socket.caller.connected_at / 1000),
                "identity": socket.caller.identity,
                "lastActiveAt": _iso(socket.active_at),
            }
        )

    async def delete(self, request: Request) -> Response:
        """Close a connection after the queued messages were sent."""
        socket = self._find(request)
        if socket is None:
            return _error(410, "GoneException")
        self._close(socket, _NORMAL)
        return Response(status_code=204)

    async def _refusal(self, caller: Caller) -> Response | None:
        event = caller.connect()
        try:
            answer = await self._run("websocket_connect", event)
        except FunctionFailed:
            return JSONResponse(failure(event), 502)
        status = int(answer["statusCode"])
        return None if status == 200 else Response(answer.get("body") or "", status)  # noqa: PLR2004

    async def _hold(self, socket: _Socket) -> tuple[int, str]:
        """Receive until either side closes, and return code and reason.

        Raises TimeoutError if the client does not acknowledge the end.
        """
        writing = asyncio.create_task(socket.write())
        try:
            async with socket.deadline:
                self._open[socket.caller.id] = socket
                self._touch(socket)
                while (said := await socket.websocket.receive())["type"] == "websocket.receive":
                    self._touch(socket)
                    self._spawn(socket, said)
                return int(said["code"]), said.get("reason") or ""
        finally:
            self._forget(socket)
            writing.cancel()

    def _spawn(self, socket: _Socket, said: Mapping[str, Any]) -> None:
        text = said.get("text")
        body = said["bytes"].decode(errors="replace") if text is None else text
        late_ms = self._late_ms.popleft() if self._late_ms else 0
        task = asyncio.create_task(self._deliver(socket, socket.caller.message(body), late_ms))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _deliver(self, socket: _Socket, event: dict[str, Any], late_ms: int) -> None:
        try:
            await asyncio.sleep(late_ms / 1000)
            await self._run("websocket_message", event)
        except FunctionFailed:
            self._send(socket, json.dumps(failure(event)))

    async def _run(self, name: str, event: dict[str, Any]) -> Any:
        return await to_thread.run_sync(self.invoke, name, event, abandon_on_cancel=True, limiter=self._threads)

    def _send(self, socket: _Socket, text: str) -> None:
        if socket.caller.id in self._open:
            socket.outbox.put_nowait(text)
            self._touch(socket)

    def _touch(self, socket: _Socket) -> None:
        """Record activity in either direction, and restart the idle timer."""
        if socket.caller.id not in self._open:
            return
        socket.active_at = time.time()
        if socket.timer:
            socket.timer.cancel()
        loop = asyncio.get_running_loop()
        until = min(loop.time() + self._idle_s, socket.ends_at)
        socket.timer = loop.call_at(until, self._close, socket, _GOING_AWAY)

    def _close(self, socket: _Socket, code: int) -> None:
        self._forget(socket)
        socket.outbox.put_nowait(code)
        socket.deadline.reschedule(asyncio.get_running_loop().time() + _PATIENCE_S)

    def _forget(self, socket: _Socket) -> None:
        self._open.pop(socket.caller.id, None)
        if socket.timer:
            socket.timer.cancel()

    def _find(self, request: Request) -> _Socket | None:
        return self._open.get(request.path_params["id"])


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _error(status: int, name: str) -> Response:
    return JSONResponse({"message": name}, status, {"x-amzn-errortype": name})
