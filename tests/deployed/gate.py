"""A proxy in front of the emulator that refuses single calls as IAM does; the emulator has no permissions."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scripts.simulator.aws import free_port, wait_for
from scripts.simulator.sockets import KEPT_S

_SERVICE: Final = re.compile(r"Credential=[^/]+/\d+/[^/]+/([a-z0-9-]+)/")
_NOT_FORWARDED: Final = frozenset({"host", "content-length", "transfer-encoding", "connection", "content-encoding"})
_ANY: Final = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"]


class Gate:
    """Forwards requests to `target`, except those of the `forbidden` action, such as `lambda:CreateFunction`."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._client = httpx2.AsyncClient(timeout=60, trust_env=False)
        self.forbidden = ""

    async def close(self) -> None:
        """Stop forwarding."""
        await self._client.aclose()

    async def serve(self, request: Request) -> Response:
        body = await request.body()
        if self.forbidden and _action(request, body) == self.forbidden:
            return _refusal(request, self.forbidden)
        headers = {name: value for name, value in request.headers.items() if name not in _NOT_FORWARDED}
        url = f"{self._target}{request.url.path}?{request.url.query}"
        answer = await self._client.request(request.method, url, headers=headers, content=body)
        kept = {name: value for name, value in answer.headers.items() if name not in _NOT_FORWARDED}
        return Response(answer.content, answer.status_code, kept)


def _action(request: Request, body: bytes) -> str:
    """Return the action of a request as policies name it: from its target, its form, or Lambda's path."""
    service = _SERVICE.search(request.headers.get("authorization", ""))
    name = service[1] if service else ""
    if target := request.headers.get("x-amz-target"):
        return f"{name}:{target.rpartition('.')[2]}"
    if form := re.search(rb"(?:^|&)Action=(\w+)", body):
        return f"{name}:{form[1].decode()}"
    creates = request.method == "POST" and request.url.path.rstrip("/").endswith("/functions")
    return f"{name}:CreateFunction" if creates else name


def _refusal(request: Request, action: str) -> Response:
    message = f"User: arn:aws:iam::000000000000:user/owner is not authorized to perform: {action} on resource: *"
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        error = f"<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{message}</Message></Error>"
        return Response(f"<ErrorResponse>{error}</ErrorResponse>", 403, media_type="text/xml")
    body = f'{{"__type":"AccessDeniedException","message":"{message}"}}'
    return Response(body, 403, {"x-amzn-errortype": "AccessDeniedException"}, media_type="application/json")


@contextmanager
def gate(target: str) -> Iterator[tuple[str, Gate]]:
    """Start a gate in a thread; yields its address and the gate."""
    port, door = free_port(), Gate(target)
    app = Starlette(routes=[Route("/{path:path}", door.serve, methods=_ANY)])
    config = uvicorn.Config(app, port=port, log_level="error", lifespan="off", timeout_keep_alive=KEPT_S)
    server = uvicorn.Server(config)

    async def serve() -> None:
        await server.serve()
        await door.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        wait_for(f"http://127.0.0.1:{port}/_ministack/health", seconds=120)
        yield f"http://127.0.0.1:{port}", door
    finally:
        server.should_exit = True
        thread.join()
