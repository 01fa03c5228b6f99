"""Connects to the deployed web chat with a plain WebSocket client, and creates keys for it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.deployed.conftest import Deployment
from tests.deployed.running import STAGE

Frame = dict[str, Any]


@dataclass
class Chat:
    """A WebSocket connection and the frames that it received."""

    connection: ClientConnection
    frames: list[Frame] = field(default_factory=list)

    def send(self, **frame: Any) -> None:
        """Send a frame as JSON."""
        self.connection.send(json.dumps(frame))

    def authenticate(self, **proof: str) -> Frame:
        """Authenticate; returns the response."""
        self.send(action="authenticate", **proof)
        return self.receive(lambda frame: frame["type"] in {"ready", "error"})

    def receive(self, awaited: Callable[[Frame], bool], *, seconds: float = 60) -> Frame:
        """Receive until a frame of the awaited type; all are kept in `frames`. Raises TimeoutError."""
        while True:
            frame: Frame = json.loads(self.connection.recv(timeout=seconds))
            self.frames.append(frame)
            if awaited(frame):
                return frame

    def is_over(self, *, seconds: float = 60) -> bool:
        """Wait until the server closes the connection; received frames are kept in `frames`. Raises TimeoutError."""
        try:
            self.receive(lambda _: False, seconds=seconds)
        except ConnectionClosed:
            return True
        return False


@contextmanager
def connected(deployment: Deployment, *, origin: str = "") -> Iterator[Chat]:
    """Connect to the address that `parley deploy` stored, with an `Origin` header if one is given."""
    with connect(
        address(deployment), origin=Origin(origin) if origin else None, open_timeout=60, proxy=None
    ) as connection:
        yield Chat(connection)


def address(deployment: Deployment) -> str:
    """Return the address of the web chat."""
    found = deployment.client("ssm").get_parameter(Name=f"/parley/{STAGE}/websocket-url")
    return str(found["Parameter"]["Value"])


def new_key(deployment: Deployment, name: str, *options: str) -> Frame:
    """Create a key with the command line; returns its JSON with the secret in `key`."""
    made = deployment.parley("keys", "create", name, "--json", *options)
    assert made.returncode == 0, made.stderr
    key: Frame = json.loads(made.stdout)
    return key
