"""Serves a WebSocket API with a small app, whose handlers a test controls, on its own port."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from chalice.app import Chalice, Response, WebsocketEvent
from websockets.sync.client import ClientConnection, connect

from scripts.simulator.aws import CREDENTIALS, REGION
from scripts.simulator.sockets import WebSocketApi
from tests.simulator.served import served

WAIT_S = 20.0


class Heard:
    """The events that the handlers received; also lets two parallel messages wait for each other."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.both = threading.Barrier(2)
        self.news = threading.Condition()

    def __call__(self, event: WebsocketEvent) -> dict[str, Any]:
        happened: dict[str, Any] = event.to_dict()
        with self.news:
            self.events.append(happened)
            self.news.notify_all()
        return happened

    def of(self, kind: str, n: int = 1) -> list[dict[str, Any]]:
        """Wait for a number of events of a type and return them."""

        def found() -> list[dict[str, Any]]:
            return [event for event in self.events if event["requestContext"]["eventType"] == kind]

        with self.news:
            assert self.news.wait_for(lambda: len(found()) >= n, WAIT_S), f"only {len(found())} of {kind}"
            return found()


class Gateway:
    """The address, and the received events."""

    def __init__(self, url: str, heard: Heard, api: WebSocketApi) -> None:
        self.url = url
        self.heard = heard
        self.api = api
        self.connections = boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=f"{self.url}/connections",
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )

    def connect(self, query: str = "", **options: Any) -> ClientConnection:
        """Connect a client."""
        client: ClientConnection = connect(f"ws{self.url[4:]}/ws{query}", proxy=None, open_timeout=60, **options)
        return client

    def last_id(self) -> str:
        """Return the connection id of the last client."""
        return str(self.heard.of("CONNECT")[-1]["requestContext"]["connectionId"])


@contextmanager
def serving(**limits: float) -> Iterator[Gateway]:
    """Serve the API on a free port."""
    heard = Heard()
    api = WebSocketApi(tiny_app(heard), **limits)
    with served(api.routes()) as url:
        yield Gateway(url, heard, api)


def tiny_app(heard: Heard) -> Chalice:
    """Return an app with handlers like those of `app.py`."""
    app = Chalice("tiny", configure_logs=False)
    app.websocket_api.configure("127.0.0.1", "api")

    @app.on_ws_connect(name="websocket_connect")
    def websocket_connect(event: WebsocketEvent) -> Response | None:
        status = (heard(event).get("queryStringParameters") or {}).get("answer")
        if status == "raise":
            raise ValueError
        return Response("no", status_code=int(status)) if status else None

    @app.on_ws_message(name="websocket_message")
    def websocket_message(event: WebsocketEvent) -> None:
        match heard(event)["body"]:
            case "raise":
                raise ValueError
            case "wait for another":
                heard.both.wait(WAIT_S)

    @app.on_ws_disconnect(name="websocket_disconnect")
    def websocket_disconnect(event: WebsocketEvent) -> None:
        heard(event)

    return app


def error(frame: str | bytes) -> dict[str, Any]:
    """Parse an error frame that API Gateway itself sent."""
    said: dict[str, Any] = json.loads(frame)
    return said
