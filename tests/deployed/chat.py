"""The deployed web chat in the hands of any WebSocket client: a key for it, a connection, and the frames on it."""

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
    """One WebSocket, and all that came on it."""

    connection: ClientConnection
    frames: list[Frame] = field(default_factory=list)

    def send(self, **frame: Any) -> None:
        """One JSON frame."""
        self.connection.send(json.dumps(frame))

    def authenticate(self, **proof: str) -> Frame:
        """Say who it is; what it is told then."""
        self.send(action="authenticate", **proof)
        return self.hear(lambda frame: frame["type"] in {"ready", "error"})

    def hear(self, awaited: Callable[[Frame], bool], *, seconds: float = 60) -> Frame:
        """The next frame that is awaited; those before it are in `frames` as well. Raises TimeoutError."""
        while True:
            frame: Frame = json.loads(self.connection.recv(timeout=seconds))
            self.frames.append(frame)
            if awaited(frame):
                return frame

    def is_over(self, *, seconds: float = 60) -> bool:
        """Wait until the other side closes it; what came before is in `frames`. Raises TimeoutError."""
        try:
            self.hear(lambda _: False, seconds=seconds)
        except ConnectionClosed:
            return True
        return False


@contextmanager
def connected(deployment: Deployment, *, origin: str = "") -> Iterator[Chat]:
    """A client at the address that `parley deploy` has stored; as a browser's page at `origin` if there is one."""
    with connect(address(deployment), origin=Origin(origin) if origin else None, proxy=None) as connection:
        yield Chat(connection)


def address(deployment: Deployment) -> str:
    """Where the web chat is."""
    found = deployment.client("ssm").get_parameter(Name=f"/parley/{STAGE}/websocket-url")
    return str(found["Parameter"]["Value"])


def new_key(deployment: Deployment, name: str, *options: str) -> Frame:
    """A key as the owner makes it, shown once as `key`; what else it is stands beside it."""
    made = deployment.parley("keys", "create", name, "--json", *options)
    assert made.returncode == 0, made.stderr
    key: Frame = json.loads(made.stdout)
    return key
