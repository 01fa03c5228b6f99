"""MCP servers on loopback: the real server package in both generations of the protocol, and one that misbehaves."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import uvicorn
from mcp.server.mcpserver import MCPServer
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from scripts.simulator.sockets import KEPT_S

TOKEN: Final = "open-sesame"
MODERN_HEADER: Final = b"mcp-method"


def real_server(over: threading.Event) -> MCPServer:
    """A server with the package's own parsing, validation and protocol; `over` ends its slow tool."""
    server = MCPServer("ideas")

    @server.tool()
    def search(words: str, most: int = 3) -> str:
        """Search gift ideas."""
        return f"{most} ideas for {words}: ein Schlitten, 장갑"

    @server.tool()
    def boom() -> str:
        """Fail."""
        raise ValueError("a secret of the server")

    @server.tool()
    def slow() -> str:
        """Take long."""
        over.wait(60)
        return "done"

    return server


@contextmanager
def serving(kind: str) -> Iterator[str]:
    """Serve it; yields the address. `older` refuses what only the modern protocol has, as mcp 1.30 does."""
    over = threading.Event()
    app: ASGIApp = real_server(over).streamable_http_app(json_response=kind == "json")
    app = Gate(app, refuses_modern=kind == "older", wants_token=kind == "token")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on", timeout_keep_alive=KEPT_S))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        finally:
            over.set()
            server.should_exit = server.force_exit = True
            thread.join(10)


class Gate:
    """Refuses requests before the server sees them."""

    def __init__(self, app: ASGIApp, *, refuses_modern: bool, wants_token: bool) -> None:
        self.app, self.refuses_modern, self.wants_token = app, refuses_modern, wants_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", []))
        if self.refuses_modern and MODERN_HEADER in headers:
            error = {"code": -32600, "message": "Bad Request: Missing session ID"}
            refused = JSONResponse({"jsonrpc": "2.0", "id": "server-error", "error": error}, HTTP_400)
            await refused(scope, receive, send)
        elif self.wants_token and scope["type"] == "http" and headers.get(b"authorization") != b"Bearer open-sesame":
            await JSONResponse({}, HTTP_401)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


HTTP_400: Final = 400
HTTP_401: Final = 401


@contextmanager
def misbehaving(answer: Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]) -> Iterator[str]:
    """Serve whatever `answer` writes; it gets the request and the message in it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # (the base class's name)
            length = int(self.headers.get("Content-Length", 0))
            answer(self, json.loads(self.rfile.read(length)))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/mcp"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
