"""A bot that a test controls frame by frame: it serves the chat page's files and the protocol of docs/websocket.md.

All its paths begin with `/prod`, as behind API Gateway. By itself it only issues tickets and sends `ready` and `pong`;
`hold` prevents that.
"""

import json
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from socket import SHUT_RDWR
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from chalicelib.content import assets, joined, scripts
from chalicelib.content.assets import Asset

STAGE: Final = "/prod"
SOCKET: Final = f"{STAGE}/socket"
YOU, OTHER = "a1b2c3d4", "0f0f0f0f"
PERSONA: Final = {"name": "Aunt Mary", "opening": "Hello dear! What would you like to know?"}
SHOP: Final = "<h1>Shop</h1><p>Everything for the garden.</p><button>Buy</button>"
PATIENCE_S: Final = 60

Frame = Mapping[str, Any]


class ChatServer:
    """The server as a test uses it.

    `facts` are the contents of `ready` and `/config`, `shop` is the HTML of the other site's page; a test may change
    them.
    """

    def __init__(self) -> None:
        self.port = 0
        self.begin()

    def begin(self) -> None:
        """Restore the initial state."""
        self.facts: dict[str, Any] = {"persona": PERSONA, "limit": None, "remaining": None, "history": []}
        self.config_status = 200
        self.ticket_seconds = 300
        self.framed_by: tuple[str, ...] = ()
        self.sign_in = False
        self.shop = f"<title>Shop</title>{SHOP}{self.embed()}"
        self.shop_headers: dict[str, str] = {}
        self.held: set[str] = set()
        self.tickets: list[str | None] = []
        self.signed: list[str | None] = []
        self.socket: ServerConnection | None = None
        self._heard: queue.Queue[Frame] = queue.Queue()
        self._turns = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{STAGE}"

    def embed(self, attributes: str = 'data-config="k1"', *, query: str = "") -> str:
        """Return the tag that adds the widget to a page."""
        return f'<script src="{self.url}/widget.js{query}" {attributes}></script>'

    @property
    def elsewhere(self) -> str:
        """The address of another site, whose page has the widget."""
        return f"http://localhost:{self.port}"

    # What a test does

    def hold(self, *actions: str) -> None:
        """Do not respond to these actions from now on."""
        self.held.update(actions)

    def heard(self, action: str) -> Frame:
        """Receive the next frame of an action, and skip others before it."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            frame = self._heard.get(timeout=max(0.01, deadline - time.monotonic()))
            if frame["action"] == action:
                return frame

    def heard_no_more(self, action: str) -> bool:
        """Check that no frame of an action was received."""
        with self._heard.mutex:
            return all(frame["action"] != action for frame in self._heard.queue)

    def tell(self, kind: str, **fields: Any) -> None:
        """Send a frame to the page."""
        assert self.socket is not None
        said = {name: value for name, value in fields.items() if value is not None}
        self.socket.send(json.dumps({"type": kind, **said}))

    def ask(self, *, accept: bool = True) -> str:
        """Accept the page's next message as a turn."""
        frame = self.heard("send_message")
        turn = self.next_turn()
        if accept:
            self.tell("accepted", turn=turn, id=frame["id"])
        self.tell("question", turn=turn, **{"from": YOU}, text=frame["message"], at=now())
        return turn

    def next_turn(self) -> str:
        self._turns += 1
        return f"{now()}#{self._turns}"

    def say(self, turn: str, *words: str, seq: int = 1) -> None:
        """Send deltas, numbered from `seq`."""
        for place, text in enumerate(words):
            self.tell("delta", turn=turn, seq=seq + place, text=text)

    def complete(self, turn: str, seq: int, **fields: Any) -> None:
        self.tell("completed", turn=turn, seq=seq, **{"state": "done", **fields})

    def answer(self, *words: str, **fields: Any) -> str:
        """Answer the page's next message."""
        turn = self.ask()
        self.say(turn, *words)
        self.complete(turn, len(words), **fields)
        return turn

    def break_off(self) -> None:
        """Drop the connection without a closing handshake; who has authenticated so far is `heard` no more."""
        assert self.socket is not None
        with self._heard.mutex:
            waiting = [frame for frame in self._heard.queue if frame["action"] != "authenticate"]
            self._heard.queue.clear()
            self._heard.queue.extend(waiting)
        self.socket.socket.shutdown(SHUT_RDWR)

    # What it does

    def http(self, connection: ServerConnection, request: Request) -> Response | None:
        """Handle HTTP requests other than the WebSocket handshake."""
        address = urlsplit(request.path)
        if address.path == SOCKET:
            return None
        asset = self._asset(address.path, parse_qs(address.query), request.headers)
        headers = Headers({**asset.headers, "Content-Length": str(len(asset.content.encode())), "Connection": "close"})
        return Response(asset.status, HTTPStatus(asset.status).phrase, headers, asset.content.encode())

    def _asset(self, path: str, query: Mapping[str, list[str]], headers: Headers) -> Asset:
        if path == "/":
            html = f"<!doctype html>{self.shop}"
            return Asset(html, {"Content-Type": "text/html; charset=utf-8", **self.shop_headers})
        if path.endswith("/left"):
            return Asset(self._left(path), {"Content-Type": "text/html; charset=utf-8"})
        if path == f"{STAGE}/chat":
            return assets.page(
                websocket_url=f"ws://127.0.0.1:{self.port}{SOCKET}",
                frame_ancestors=self.framed_by,
                sign_in=self.sign_in,
                languages=headers.get("Accept-Language", ""),
            )
        if path == f"{STAGE}/widget.js":
            return assets.widget(known=headers.get("If-None-Match"))
        if path.startswith(f"{STAGE}/config/"):
            self.signed.append(headers.get("Parley-Visitor"))
            return self._config(headers.get("Authorization"))
        if path.startswith(f"{STAGE}/source/"):
            return self._source(path.removeprefix(f"{STAGE}/source/"))
        return assets.file(path.removeprefix(f"{STAGE}/chat/"), known=headers.get("If-None-Match"))

    def _left(self, path: str) -> str:
        """Return a page that empties the storage of its site, and one of the other site that does so for both."""
        frame = "" if path.startswith(STAGE) else f'<iframe src="{self.url}/left"></iframe>'
        return f"<!doctype html><script>localStorage.clear(); sessionStorage.clear()</script>{frame}"

    def _source(self, name: str) -> Asset:
        """Return a module of the page by itself, for a test of that module; modules of others are the page's."""
        own = scripts.modules().get(name)
        if own is None:
            return assets.file(name)
        for other in set(joined.imported(own)) - scripts.modules().keys():
            own = own.replace(f'"./{other}"', f'"../chat/{other}"')
        return Asset(own, {"Content-Type": "text/javascript"})

    def _config(self, authorization: str | None) -> Asset:
        self.tickets.append(authorization and authorization.removeprefix("Bearer "))
        body = {
            "websocket_url": f"ws://127.0.0.1:{self.port}{SOCKET}",
            "ticket": f"ticket-{len(self.tickets)}",
            "expires_in": self.ticket_seconds,
            "persona": self.facts["persona"],
            "limit": self.facts["limit"],
        }
        return Asset(json.dumps(body), {"Content-Type": "application/json"}, self.config_status)

    def talk(self, socket: ServerConnection) -> None:
        """Serve a connection until it ends."""
        self.socket, heard = socket, self._heard  # a page that is left may still be heard, but by its own test
        try:
            for text in socket:
                frame = json.loads(text)
                if frame["action"] not in self.held:
                    self._by_itself(frame)
                heard.put(frame)
        except ConnectionClosed:
            pass

    def _by_itself(self, frame: Frame) -> None:
        match frame["action"]:
            case "authenticate":
                self.ready()
            case "join":
                self.ready(room=frame["room"])
            case "ping":
                self.tell("pong")

    def ready(self, **fields: Any) -> None:
        self.tell("ready", you=YOU, now=now(), **{**self.facts, **fields})


def now() -> int:
    return time.time_ns() // 1_000_000


@contextmanager
def chat_server() -> Iterator[ChatServer]:
    """Start a server on a free port."""
    server = ChatServer()
    with serve(server.talk, "127.0.0.1", 0, process_request=server.http) as listening:
        server.port = listening.socket.getsockname()[1]
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield server
        listening.shutdown()
        thread.join()
