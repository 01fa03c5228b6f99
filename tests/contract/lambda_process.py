"""A worker in a process of its own, as Lambda has it, and servers that count the connections that it opens."""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any, ClassVar, Final

from scripts.bench.dynamodb_proxy import Forward, forwarding

ROOT: Final = Path(__file__).parents[2]
PATIENCE_S: Final = 120
HANDSHAKE_S: Final = 0.1
"""What each connection is charged before its first request is read: about two round trips over an ocean."""
OPENAI: Final = "eu.api.openai.com"
"""A host of OpenAI's, whose name this machine's processes resolve to itself."""
PROGRAM: Final = """
import json, os, socket, sys, time

resolve, monotonic, late = socket.getaddrinfo, time.monotonic, 0.0
def here(host, *rest, **more):
    name = host.decode() if isinstance(host, bytes) else host
    return resolve("127.0.0.1" if name == os.environ["HERE"] else host, *rest, **more)
socket.getaddrinfo = here
time.monotonic = lambda: monotonic() + late

import app

class Context:
    aws_request_id = "1"
    def get_remaining_time_in_millis(self):
        return 300_000

handler = getattr(app, os.environ["HANDLER"])
for line in sys.stdin:
    order = json.loads(line)
    late += order["after_s"]
    before = set(sys.modules)
    result = handler(order["event"], Context())
    print(json.dumps({"result": result, "imported": sorted(set(sys.modules) - before)}), file=sys.stderr, flush=True)
"""
"""Runs one event a line; `after_s` is for how long nothing has happened before it, by the clock of idle connections."""


@dataclass
class Servers:
    """What a worker speaks to, by name: `aws`, `model`, `graph` and `gateway`."""

    url: dict[str, str] = field(default_factory=dict)
    opened: "Counter[str]" = field(default_factory=Counter)
    """Connections, by name of the server."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    """The server, and the request's method and path; for DynamoDB and SSM the operation."""
    first_words_at: float = 0.0
    """When somebody first saw a word of an answer, on the monotonic clock."""
    handshake_s: float = 0.0
    silent: set[str] = field(default_factory=set)
    """The servers that accept connections and requests, and respond to none."""
    forgetful: set[str] = field(default_factory=set)
    """The servers that close each connection after its first response, without saying so in the response."""


@contextmanager
def serving(emulator_url: str, *, handshake_s: float = 0.0) -> Iterator[Servers]:
    """Serve all four until the block ends; `aws` is an emulator behind a server that counts."""
    servers = Servers(handshake_s=handshake_s)
    running = []
    with forwarding(emulator_url) as forward:
        for name in ("aws", "model", "graph", "gateway"):
            server = _server(name, servers, forward)
            servers.url[name] = f"http://127.0.0.1:{server.server_port}"
            running.append(server)
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield servers
        finally:
            for server in running:
                server.shutdown()
                server.server_close()


def _server(name: str, servers: Servers, forward: Forward) -> ThreadingHTTPServer:
    class Handler(_Handler):
        pass

    Handler.name, Handler.servers, Handler.emulator = name, servers, [forward]

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 50  # with the default of 5, some of many connections at once are reset

    return Server(("127.0.0.1", 0), Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    name: ClassVar[str]
    servers: ClassVar[Servers]
    emulator: ClassVar[list[Forward]]
    """One function, which is no method here."""

    def setup(self) -> None:
        super().setup()
        self.servers.opened[self.name] += 1
        time.sleep(self.servers.handshake_s)

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        operation = self.headers.get("x-amz-target", "").partition(".")[2]
        self.servers.requests.append((self.name, operation or f"{self.command} {self.path.partition('?')[0]}"))
        while self.name in self.servers.silent:
            time.sleep(0.05)
        match self.name, self.command:
            case "aws", _:
                headers = {name.lower(): value for name, value in self.headers.items()}
                self._answer(*self.emulator[0](body, headers), "application/x-amz-json-1.0")
            case "model", "POST":
                self._answer(200, _ANSWER.encode(), "text/event-stream")
            case "model", _:
                self._answer(200, json.dumps({"id": "gpt-6-luna", "object": "model"}).encode(), "application/json")
            case "gateway", "DELETE":
                self._answer(410, b"{}", "application/json")
            case _:
                if not self.servers.first_words_at and (b'"delta"' in body or b'"text"' in body):
                    self.servers.first_words_at = time.monotonic()
                self._answer(200, b"{}", "application/json")

    do_GET = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815 (the names that http.server looks for)

    def _answer(self, status: int, content: bytes, kind: str) -> None:
        self.close_connection |= self.name in self.servers.forgetful
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def _events() -> Iterator[dict[str, Any]]:
    yield {"type": "response.output_text.delta", "delta": "Rain."}
    usage = {"input_tokens": 10, "output_tokens": 2}
    yield {"type": "response.completed", "response": {"id": "r", "status": "completed", "usage": usage}}


_ANSWER: Final = "".join(f"data: {json.dumps(event)}\n\n" for event in _events())


@dataclass
class Process:
    """One execution environment; `run` gives it an event."""

    stdin: IO[str]
    stderr: IO[str]

    def run(self, event: dict[str, Any], *, after_s: float = 0) -> dict[str, Any]:
        """Return the `result` and the modules that the event `imported`."""
        self.stdin.write(json.dumps({"event": event, "after_s": after_s}) + "\n")
        self.stdin.flush()
        said: list[str] = []
        while line := self.stderr.readline():
            if line.startswith('{"result"'):
                done: dict[str, Any] = json.loads(line)
                return done
            said.append(line)
        raise AssertionError("".join(said))


@contextmanager
def started(servers: Servers, *, handler: str, function: str, **settings: str) -> Iterator[Process]:
    """Start a function of the stage `dev`, as Lambda does before the first event."""
    port = servers.url["model"].rpartition(":")[2]
    environment = {
        "PATH": os.environ["PATH"],
        "HERE": OPENAI,
        "HANDLER": handler,
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": servers.url["aws"],
        "OPENAI_BASE_URL": f"http://{OPENAI}:{port}/v1",
        "PARLEY_GRAPH_URL": f"{servers.url['graph']}/v25.0",
        "PARLEY_CONNECTIONS_URL": f"{servers.url['gateway']}/{{api}}/{{stage}}",
        **settings,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stderr
    try:
        yield Process(process.stdin, process.stderr)
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)
