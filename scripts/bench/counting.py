"""Counts requests to DynamoDB: a proxy in front of its own emulator."""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import httpx2

from scripts.simulator.aws import Emulator

WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
READS: Final = frozenset({"GetItem", "Query", "BatchGetItem"})
_FORWARDED_HEADERS: Final = ("content-type", "x-amz-target", "authorization", "x-amz-date")


@dataclass
class Count:
    """The requests that were sent to DynamoDB."""

    url: str
    """The endpoint for the process to measure."""
    calls: Counter[str] = field(default_factory=Counter)
    """Requests by operation; `transacted` counts the items that transactions write."""

    @property
    def writes(self) -> int:
        """The number of items written; DynamoDB charges twice for those in transactions."""
        return sum(self.calls[name] for name in WRITES) + self.calls["transacted"]

    @property
    def reads(self) -> int:
        """The number of requests that read."""
        return sum(self.calls[name] for name in READS)

    def note(self, target: str, body: bytes) -> None:
        """Count a request before it is forwarded."""
        name = target.partition(".")[2]
        self.calls[name] += 1
        if name == "TransactWriteItems":
            parts: list[Mapping[str, Any]] = json.loads(body)["TransactItems"]
            self.calls["transacted"] += sum("ConditionCheck" not in part for part in parts)


@contextmanager
def counted_dynamodb() -> Iterator[Count]:
    """Start an emulator and a proxy, and stop them at the end of the block."""
    emulator = Emulator()
    emulator.start()
    try:
        with _proxy(emulator.url) as count:
            yield count
    finally:
        emulator.stop()


@contextmanager
def _proxy(behind: str) -> Iterator[Count]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            count.note(self.headers.get("X-Amz-Target", ""), body)
            headers = {name: self.headers[name] for name in _FORWARDED_HEADERS if name in self.headers}
            answer = client.post(self.path, content=body, headers=headers)
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256
        """With the default, a client among many waits a second for its next try to connect."""

    with (
        Server(("127.0.0.1", 0), Handler) as server,
        httpx2.Client(base_url=behind, timeout=60, trust_env=False) as client,
    ):
        count = Count(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield count
        finally:
            server.shutdown()
            thread.join()
