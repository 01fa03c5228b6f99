"""API Gateway in the simulation: sockets over which frames arrive at browsers, and which fail as chance has it."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.conversation.connection import Connection
from chalicelib.errors import ConnectionGone, DeliveryError
from chalicelib.ids import ConnectionId
from tests.frame_schema import check

ENDPOINT: Final = "https://sockets.example/prod"
_OVER: Final = 10**9
Frame = dict[str, Any]


@dataclass
class Wires:
    """`conversation.connection_ports.ConnectionApi`."""

    fails: Callable[[], DeliveryError | None] = lambda: None
    fails_late: Callable[[], DeliveryError | None] = lambda: None
    """The frame was sent, but the call failed."""
    came: Callable[[ConnectionId, Frame], object] = lambda *_: None
    """What a frame does where it arrives."""
    was_closed: Callable[[ConnectionId], object] = lambda _: None
    gone: set[ConnectionId] = field(default_factory=set)
    sent: dict[ConnectionId, list[Frame]] = field(default_factory=lambda: defaultdict(list))

    def send(self, connection: Connection, frame: str) -> None:
        if connection.id in self.gone:
            raise ConnectionGone("the socket is closed")
        if error := self.fails():
            raise error
        read = json.loads(frame)
        check(read)
        self.sent[connection.id].append(read)
        self.came(connection.id, read)
        if error := self.fails_late():
            raise error

    def close(self, connection: Connection) -> None:
        if error := self.fails():
            raise error
        if connection.id not in self.gone:
            self.gone.add(connection.id)
            self.was_closed(connection.id)


def gaps_in(frames: list[Frame]) -> int:
    """Deltas on one socket whose number is not the next one, or one that has come before.

    Those that have come before are no gap: a page that sends `resume` may get the end of a turn twice. After a turn was
    dropped none is missing, whatever its worker still says.
    """
    last, gaps = dict[str, int](), 0
    for frame in frames:
        turn = frame.get("turn", "")
        match frame["type"]:
            case "question":
                last.setdefault(turn, 0)
            case "snapshot":
                last[turn] = frame["seq"]
            case "completed" if frame["state"] == "dropped":
                last[turn] = _OVER
            case "delta":
                gaps += frame["seq"] > last.get(turn, 0) + 1
                last[turn] = max(last.get(turn, 0), frame["seq"])
    return gaps
