"""A fake of the Graph API below `requests`: responds by a script, then with success, and records the requests."""

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import requests
from requests.adapters import BaseAdapter

from chalicelib.channels.messenger.sender import MessengerSender
from chalicelib.channels.meta.graph import Graph

TOKEN: Final = "page-token-secret"
APP_SECRET: Final = "app secret"
STILL_WRITING: Final = "This takes longer."
PATIENCE_S: Final = 30.0
Response = tuple[int, Any] | Exception
SUCCESS: Final[Response] = (200, {"message_id": "m"})


def refusal(code: int, subcode: int = 0, *, status: int = 400, kind: str = "OAuthException") -> Response:
    """An error response with Meta's code and subcode."""
    return status, {"error": {"code": code, "error_subcode": subcode, "type": kind, "message": "no"}}


class ScriptedGraph(BaseAdapter):
    """Takes the next response of the script for each request; `afterwards` is the response when none is left."""

    def __init__(self, *script: Response) -> None:
        super().__init__()
        self.script = list(script)
        self.afterwards: Response = SUCCESS
        self.bodies: list[Any] = []
        """The body of each request."""
        self.accepted: list[Any] = []
        """The bodies of the requests that succeeded."""
        self.queries: list[Mapping[str, list[str]]] = []
        self.second_call = threading.Event()
        self.third_call = threading.Event()
        self._came = threading.Condition()
        self._held: tuple[threading.Event, threading.Event] | None = None

    def hold_next(self) -> tuple[threading.Event, threading.Event]:
        """Hold the next request; the first event is set when it has come, and the response waits for the second."""
        self._held = threading.Event(), threading.Event()
        return self._held

    def wait_for(self, condition: Callable[[], bool]) -> bool:
        """Whether the requests fulfil a condition; waits until they do."""
        with self._came:
            return self._came.wait_for(condition, PATIENCE_S)

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        with self._came:
            self.bodies.append(json.loads(request.body or b"null"))
            self._came.notify_all()
        self.queries.append(parse_qs(urlsplit(str(request.url)).query))
        held, self._held = self._held, None
        if held:
            held[0].set()
            assert held[1].wait(PATIENCE_S)
        if len(self.bodies) == 2:
            self.second_call.set()
        if len(self.bodies) == 3:
            self.third_call.set()
        scripted = self.script.pop(0) if self.script else self.afterwards
        if isinstance(scripted, Exception):
            raise scripted
        if scripted == SUCCESS:
            self.accepted.append(self.bodies[-1])
        response = requests.Response()
        response.status_code = scripted[0]
        said = scripted[1]
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        response._content = body  # noqa: SLF001 (how requests' own tests make one)
        return response

    def close(self) -> None:
        """Nothing is open."""

    @property
    def texts(self) -> list[str]:
        """The text of each message, sent or not."""
        return [body["message"]["text"] for body in self.bodies]

    def sender(self, **options: Any) -> MessengerSender:
        """Return a sender that calls this fake and does not sleep."""
        session = requests.Session()
        session.mount("https://", self)
        graph = Graph("https://graph/v25.0", token=lambda: TOKEN, app_secret=lambda: APP_SECRET, session=session)
        return MessengerSender(graph, lambda _: STILL_WRITING, **{"sleep": lambda _: None, **options})
