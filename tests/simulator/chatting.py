"""Chats with a demo over real WebSockets; each client assembles its frames with `tests.client`."""

import asyncio
import json
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import boto3
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from chalicelib.access import identity
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.transcript import DynamoTranscript
from chalicelib.conversation.turn import Turn
from chalicelib.ids import KeyId
from scripts.simulator.aws import CREDENTIALS
from tests.client import Client, Frame
from tests.frame_schema import check
from tests.simulator.conftest import Demo
from tests.threads import run
from tests.transcripts import Place

ABOUT_TURNS = frozenset({"question", "delta", "snapshot", "notice", "completed"})
SILENCE_S = 20
"""After which a client asks again."""
PATIENCE_S = 150
T = TypeVar("T")
_ABORT = struct.pack("ii", 1, 0)


class Tab:
    """A client with one WebSocket at a time, which resumes where the last one ended."""

    def __init__(self, url: str, **proof: str) -> None:
        self.client = Client()
        self.frames: list[Frame] = []
        """The frames received over all its connections."""
        self._url = url
        self._proof = proof
        self._socket: ClientConnection | None = None
        self._asked = 0
        """Questions sent over this connection: each has its number, as those of the chat page."""

    @property
    def socket(self) -> ClientConnection:
        assert self._socket, "not connected"
        return self._socket

    @property
    def about_turns(self) -> Sequence[Frame]:
        """The frames that all members of a conversation receive."""
        return [frame for frame in self.frames if frame["type"] in ABOUT_TURNS]

    async def open(self, **options: Any) -> "Tab":
        """Connect without authenticating."""
        self._socket = await connect(self._url, proxy=None, ping_interval=None, open_timeout=PATIENCE_S, **options)
        self._asked = 0
        return self

    async def enter(self, **options: Any) -> Frame:
        """Connect and authenticate; returns the response."""
        await self.open(**options)
        await self.send("authenticate", **self._proof)
        return await self.until(lambda frame: frame["type"] in ("ready", "error"))

    async def send(self, action: str, **fields: Any) -> None:
        if action in ("send_message", "regenerate"):
            self._asked += 1
            fields = {"n": self._asked, **fields}
        await self.socket.send(json.dumps({"action": action, **fields}))

    async def ask(self, text: str, **fields: Any) -> str:
        """Send a message that is accepted; returns its turn."""
        await self.send("send_message", message=text, **fields)
        return str((await self.until(lambda frame: frame["type"] == "accepted"))["turn"])

    async def receive(self) -> Frame:
        """Receive the next frame, and send the client's reaction to it. Raises ConnectionClosed.

        As the chat page does, ask for open turns after silence: on a busy machine the demo loses frames.
        """
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(SILENCE_S):
                    frame: Frame = json.loads(await self.socket.recv())
                    break
            for turn in [turn for turn, known in self.client.turns.items() if not known.is_over]:
                await self.send("resume", turn=turn)
        check(frame)
        self.frames.append(frame)
        for wanted in self.client.receive(frame):
            await self.socket.send(json.dumps(wanted))
        return frame

    async def until(self, holds: Callable[[Frame], bool]) -> Frame:
        """Receive up to a frame that fulfils a condition."""
        while not holds(frame := await self.receive()):
            pass
        return frame

    async def until_over(self, turn: str) -> None:
        """Receive until the turn has ended."""
        while turn not in self.client.turns or not self.client.turns[turn].is_over:
            await self.receive()

    async def until_closed(self) -> int:
        """Receive until the bot closes the connection; returns the close code."""
        with suppress(ConnectionClosed):
            while True:
                await self.receive()
        return int(self.socket.close_code or 0)

    async def catch_up(self) -> None:
        """Receive everything that was sent so far."""
        await self.send("ping")
        await self.until(lambda frame: frame["type"] == "pong")

    def cut(self) -> None:
        """Drop the connection without a closing handshake; data in transit are lost."""
        raw: socket.socket = self.socket.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        self.socket.transport.abort()
        self.client.lost()

    async def leave(self) -> None:
        """Close the connection, if there is one."""
        if self._socket:
            await self._socket.close()


@dataclass
class Chat:
    """All clients of a test."""

    demo: Demo
    tabs: list[Tab] = field(default_factory=list)

    def tab(self, **proof: str) -> Tab:
        """Add a client with these credentials."""
        tab = Tab(self.demo.facts["websocket_url"], **proof)
        self.tabs.append(tab)
        return tab

    def visitor(self, name: str, *, key: str | None = None) -> Tab:
        """Add a visitor who authenticates with an API key; the demo's key by default."""
        return self.tab(apiKey=key or self.demo.facts["api_key"], visitor=name)


def chat(demo: Demo, story: Callable[[Chat], Awaitable[T]]) -> T:
    """Run a story to its end or its timeout, and close all connections."""

    async def play() -> T:
        everybody = Chat(demo)
        async with asyncio.timeout(PATIENCE_S):
            try:
                return await story(everybody)
            finally:
                await asyncio.gather(*(tab.leave() for tab in everybody.tabs))

    return run(play())


def new_key(demo: Demo, **wish: Any) -> Mapping[str, Any]:
    """Create an API key; returns its JSON with `id` and the secret `key`."""
    made = Place(demo.facts["websocket_url"], demo.http).ask(
        "POST", "/keys", json.dumps({"name": "test", **wish}), sign=True
    )
    assert made.status_code == 201, made.text
    key: Mapping[str, Any] = made.json()
    return key


def revoke(demo: Demo, key: Mapping[str, Any]) -> None:
    """Revoke an API key."""
    done = Place(demo.facts["websocket_url"], demo.http).ask("DELETE", f"/keys/{key['id']}", "", sign=True)
    assert done.status_code == 200, done.text


def dynamo(demo: Demo, url: str = "") -> Any:
    """Connect to the demo's table, or to the one at another URL."""
    return boto3.client(
        "dynamodb",
        endpoint_url=url or demo.facts["aws_endpoint_url"],
        region_name=demo.facts["aws_region"],
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )


def kept(demo: Demo, name: str, *, room: bool = False, url: str = "") -> Mapping[str, Turn]:
    """Load the stored turns of a visitor of the demo's key, or of one of its rooms."""
    somebody = identity.visitor(KeyId(demo.facts["config_id"]), name)
    conversation = identity.room(somebody, name) if room else identity.conversation_of(somebody)
    transcript = DynamoTranscript(Table(dynamo(demo, url), demo.facts["table"]))
    return {turn.id: turn for turn in transcript.turns(conversation, now=time.time_ns() // 1_000_000)}
