"""Serves a proxy in front of an emulator of DynamoDB: for a program that counts requests, or refuses some."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import httpx2

_FORWARDED: Final = ("content-type", "x-amz-target", "authorization", "x-amz-date")

Headers = Mapping[str, str]
Response = tuple[int, bytes]
"""Status and body."""
Answer = Callable[[str, bytes, Headers], Response]
"""Gets the operation, such as `PutItem`, the body, and the headers by their names in small letters, with `:path`."""
Forward = Callable[[bytes, Headers], Response]


@contextmanager
def forwarding(backend: str) -> Iterator[Forward]:
    """Yield the function that passes a request on to the emulator at `backend`, in any thread."""
    limits = httpx2.Limits(max_connections=100)
    with httpx2.Client(base_url=backend, timeout=60, trust_env=False, limits=limits) as client:

        def forward(body: bytes, headers: Headers) -> Response:
            kept = {name: headers[name] for name in _FORWARDED if name in headers}
            response = client.post("/", content=body, headers=kept)
            return response.status_code, response.content

        yield forward


@contextmanager
def served(answer: Answer) -> Iterator[str]:
    """Serve on a free port of this machine until the block ends; yield the address. `answer` runs in many threads."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            headers = {":path": self.path, **{name.lower(): value for name, value in self.headers.items()}}
            body = self.rfile.read(int(headers["content-length"]))
            status, content = answer(headers.get("x-amz-target", "").partition(".")[2], body, headers)
            self.send_response(status)
            self.send_header("content-type", "application/x-amz-json-1.0")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256
        """With the default, a client among many waits a second for its next try to connect."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
