"""People at their browsers in the simulation: a page sends what they say until it is accepted, and connects again."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from chalicelib.channels.web.handler import WebSocketHandler
from chalicelib.ids import ConnectionId, KeyId
from tests.client import Client, Shown, room_field
from tests.faults.simulation import Simulation
from tests.faults.wires import ENDPOINT, Frame, Wires
from tests.flow.chat import key_text, ulid

LATE_S: Final = (0, 0, 0, 0.02, 0.3, 1.5)
"""How late the handler of a frame starts."""
AGAIN_S: Final = 6
"""After so long a page sends again what was not accepted."""
PATIENCE_S: Final = 20
"""After so long a page asks for the rest of an answer of which nothing comes."""
TRIES: Final = 12
FINAL: Final = frozenset(
    {"auth_failed", "key_revoked", "blocked", "wrong_room", "wrong_origin", "too_many_connections"}
)
"""Errors after which a page does not connect again."""
LATER: Final = frozenset({"try_again", "too_many_open", "crowded", "slow_down", "too_fast"})
"""Errors after which a page sends a message again."""
Reacts = Callable[["Browser", Frame], object]


@dataclass
class Message:
    """What somebody has said, until it is accepted."""

    frame: Frame
    tries: int = 0


@dataclass(eq=False)
class Browser:
    """A page of one person."""

    simulation: Simulation
    handler: WebSocketHandler
    wires: Wires
    random: Random
    key: KeyId
    visitor: str | None
    """None for a visitor of an open key, who has no name."""
    reacts: Reacts = lambda *_: None
    """What the person does when a frame comes."""
    numbered: bool = True
    """Whether the page numbers its frames."""
    socket: ConnectionId | None = None
    room: str | None = None
    """The one that the person is in; None for their own conversation."""
    clients: dict[str | None, Client] = field(default_factory=dict)
    """What is on the screen, by room."""
    outbox: dict[str, Message] = field(default_factory=dict)
    code: str = ""
    """Of the last error."""
    ended: bool = False
    was_away: bool = False
    """Whether it has left a room since it got its own conversation: `left` brings nothing of what was said there."""
    opened: int = 0
    _number: int = 0
    _patient: int = 0

    def __post_init__(self) -> None:
        self.key_lets_in = self.visitor is None
        """Whether the first frame, a question, is what lets the page in; so it names its room itself."""

    @property
    def is_there(self) -> bool:
        """Whether the page is connected, and let in."""
        client = self.clients.get(None)
        return self.socket is not None and self.socket not in self.wires.gone and bool(client and client.is_ready)

    # What the person does.

    def opens(self) -> None:
        """Connect, and say who it is."""
        if self.ended or self.opened >= TRIES:
            return
        self.opened += 1
        self.socket, self._number = ConnectionId(f"socket-{next(self.simulation.ids)}"), 0
        for client in self.clients.values():
            client.lost()
        socket, query = self.socket, {} if self.visitor else {"config": self.key}

        def refused() -> None:
            self.wires.gone.add(socket)

        def connect() -> None:
            if self.handler.connect(socket, endpoint=ENDPOINT, origin="", query=query) != 200:
                refused()
            else:
                self.simulation.after(0, self._enters)

        self.simulation.start_process("connect", connect, refused)  # API Gateway refuses where the function dies
        self.simulation.after(AGAIN_S, lambda: self._gives_up(socket))

    def says(self, text: str, *, room: str | None = None) -> str:
        """Ask something; the client's id of the message."""
        mine = ulid(self.simulation.clock(), number=next(self.simulation.ids))
        there = room or (self.room if self.key_lets_in else None)
        frame = {"action": "send_message", "message": text, "id": mine} | room_field(there)
        return self._asks(mine, frame)

    def asks_again(self, turn: str, text: str | None) -> str:
        """Have the question of a turn answered again, or another one in its place."""
        mine = ulid(self.simulation.clock(), number=next(self.simulation.ids))
        return self._asks(
            mine, {"action": "regenerate", "turn": turn, "id": mine} | ({"message": text} if text else {})
        )

    def sends(self, action: str, **fields: str) -> None:
        """Send a frame once."""
        self._sends({"action": action, **fields}, numbered=action in ("join", "follow", "leave"))

    def loses_the_connection(self, *, notices_after: float) -> None:
        """The socket is gone; API Gateway may say so, and the page notices later."""
        socket = self.socket
        if socket is None or socket in self.wires.gone:
            return
        self.wires.gone.add(socket)
        if self.random.random() < 0.7:
            self.simulation.start_process("disconnect", lambda: self.handler.disconnect(socket))
        self.simulation.after(notices_after, lambda: self._comes_back(socket))

    # What comes.

    def receives(self, frame: Frame) -> None:
        """A frame has come on the page's socket."""
        room = frame.get("room")
        client = self.clients.setdefault(room, Client())
        requests = client.receive(frame)
        self._check(client.turns.get(frame.get("turn", "")))
        if frame["type"] == "ready":
            self.visitor, self.opened = frame.get("visitor", self.visitor), 0
            self.was_away = self.was_away and room is not None
            self._is_in(room)
        if frame["type"] == "left":
            self.was_away = True
        if frame["type"] == "accepted":
            self.outbox.pop(frame.get("id", ""), None)
        if frame["type"] == "error":
            self._is_refused(frame)
        for request in requests:
            self._sends(request)
        self.reacts(self, frame)
        self._patient += 1
        if any(not shown.is_over for each in self.clients.values() for shown in each.turns.values()):
            self._waits(self._patient, tries=3)

    def _check(self, shown: Shown | None) -> None:
        """At no moment does the page show words that are missing or come twice, unless two workers speak at once."""
        if self.simulation.zombies:
            return
        shows_dropped = shown is not None and shown.state == "dropped" and bool(shown.text)
        self.simulation.ledger.require("a page shows no word of a turn that was dropped", kept=not shows_dropped)
        is_by_model = shown is not None and bool(shown.text and not shown.code and shown.question)
        kept = not is_by_model or f"answer to {shown.question}".startswith(shown.text)  # type: ignore[union-attr]
        self.simulation.ledger.require("a page shows the beginning of an answer at every moment", kept=kept)

    def was_closed(self) -> None:
        """The bot has closed the page's socket."""
        self.ended = self.ended or self.code in FINAL
        socket = self.socket
        self.simulation.after(2, lambda: self._comes_back(socket))

    def _enters(self) -> None:
        if self.visitor:
            self._sends(
                {"action": "authenticate", "apiKey": key_text(self.key), "visitor": self.visitor}, numbered=True
            )
        else:
            self._sends_all()

    def _is_in(self, room: str | None) -> None:
        if room == self.room or self.key_lets_in:
            self._sends_all()
        elif room is None:
            self._joins(tries=3)

    def _joins(self, *, tries: int) -> None:
        """Until the page is in its room."""
        here, socket = self.clients.get(self.room), self.socket
        if self.room and tries and self.is_there and not (here and here.is_ready):
            self._sends({"action": "join", "room": self.room}, numbered=True)
            self.simulation.after(AGAIN_S, lambda: self._joins(tries=tries - 1) if self.socket is socket else None)

    def _sends_all(self) -> None:
        for mine in list(self.outbox):
            self._sends_message(mine)

    def _is_refused(self, frame: Frame) -> None:
        self.code, mine = frame["code"], frame.get("id")
        if mine in self.outbox and frame["code"] not in LATER:
            del self.outbox[mine]

    def _comes_back(self, socket: ConnectionId | None) -> None:
        """Connect again, unless the page has done so already."""
        if self.socket is socket:
            self.opens()

    def _gives_up(self, socket: ConnectionId) -> None:
        """A page that was not let in tries once more; one of an open key that has not asked yet only waits."""
        says_nothing = self.visitor is None and not self.outbox and socket not in self.wires.gone
        if self.socket is socket and not self.is_there and not says_nothing:
            self.wires.gone.add(socket)
            self.opens()

    def _waits(self, since: int, *, tries: int) -> None:
        """While nothing comes of an answer, the page asks for it."""

        def asks() -> None:
            if since != self._patient or not tries or not self.is_there:
                return
            for room, client in self.clients.items():
                for shown in client.turns.values():
                    if not shown.is_over:
                        self._sends({"action": "resume", "turn": shown.turn} | room_field(room))
            self._waits(since, tries=tries - 1)

        self.simulation.after(PATIENCE_S, asks)

    # What goes out.

    def _asks(self, mine: str, frame: Frame) -> str:
        self.outbox[mine] = Message(frame)
        if self.is_there or (self.socket and not self.visitor):
            self._sends_message(mine)
        return mine

    def _sends_message(self, mine: str) -> None:
        """Until it is accepted or refused."""
        message = self.outbox.get(mine)
        if message is None or message.tries >= TRIES:
            return
        message.tries += 1
        self._sends(message.frame, numbered=True)
        tries, socket = message.tries, self.socket

        def again() -> None:
            still = self.outbox.get(mine)
            if still and still.tries == tries and self.is_there:
                self._sends_message(mine)
            elif still and socket:
                self._gives_up(socket)

        self.simulation.after(AGAIN_S * tries, again)

    def _sends(self, frame: Frame, *, numbered: bool = False) -> None:
        socket, at = self.socket, self.simulation.clock()
        if socket is None or socket in self.wires.gone:
            return
        if numbered and self.numbered:
            self._number += 1
            frame = {**frame, "n": self._number}
        text = json.dumps(frame)

        def arrives() -> None:
            self.simulation.start_process("door", lambda: self.handler.receive(socket, text, at=at))

        self.simulation.after(self.random.choice(LATE_S), arrives)
