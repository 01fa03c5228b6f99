"""People who chat over real WebSockets with a demo, each seeing what `tests.client` makes of the frames."""

import json
import socket
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import boto3
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from chalicelib import identity
from chalicelib.messages import Turn
from chalicelib.messages_web import KeyId
from chalicelib.store.table import Table
from chalicelib.store.transcript import DynamoTranscript
from scripts.world.aws import CREDENTIALS
from tests.client import Client, Frame
from tests.world.conftest import Demo

ABOUT_TURNS = frozenset({"question", "delta", "snapshot", "notice", "completed"})
_ABORT = struct.pack("ii", 1, 0)


class Tab:
    """One place where somebody chats; it has one WebSocket at a time, and sees on where the last one broke off."""

    def __init__(self, demo: Demo, **proof: str) -> None:
        self.client = Client()
        self.frames: list[Frame] = []
        """All that came, over whichever socket."""
        self._url = demo.facts["websocket_url"]
        self._proof = proof or {"apiKey": demo.facts["api_key"]}
        self._socket: ClientConnection | None = None

    @property
    def socket(self) -> ClientConnection:
        assert self._socket, "not connected"
        return self._socket

    @property
    def about_turns(self) -> Sequence[Frame]:
        """The frames that everybody in a conversation gets."""
        return [frame for frame in self.frames if frame["type"] in ABOUT_TURNS]

    async def open(self, **options: Any) -> "Tab":
        """Connect, without a word."""
        self._socket = await connect(self._url, proxy=None, **options)
        return self

    async def enter(self, **options: Any) -> Frame:
        """Connect and authenticate; what was answered."""
        await self.open(**options)
        await self.send("authenticate", **self._proof)
        return await self.until(lambda frame: frame["type"] in ("ready", "error"))

    async def send(self, action: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"action": action, **fields}))

    async def ask(self, text: str, **fields: Any) -> str:
        """Send a message that is accepted; its turn."""
        await self.send("send_message", message=text, **fields)
        return str((await self.until(lambda frame: frame["type"] == "accepted"))["turn"])

    async def hear(self) -> Frame:
        """The next frame; what the client wants to say to it is sent. Raises ConnectionClosed."""
        frame: Frame = json.loads(await self.socket.recv())
        self.frames.append(frame)
        for wanted in self.client.hear(frame):
            await self.socket.send(json.dumps(wanted))
        return frame

    async def until(self, holds: Callable[[Frame], bool]) -> Frame:
        """Listen up to such a frame."""
        while not holds(frame := await self.hear()):
            pass
        return frame

    async def until_over(self, turn: str) -> None:
        """Listen until the turn has ended."""
        while turn not in self.client.turns or not self.client.turns[turn].is_over:
            await self.hear()

    async def until_closed(self) -> int:
        """Listen until the bot closes; with what code."""
        with suppress(ConnectionClosed):
            while True:
                await self.hear()
        return int(self.socket.close_code or 0)

    async def catch_up(self) -> None:
        """Listen to all that was said so far."""
        await self.send("ping")
        await self.until(lambda frame: frame["type"] == "pong")

    def cut(self) -> None:
        """The line is dead at once: no closing handshake, and what is on its way is lost."""
        raw: socket.socket = self.socket.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        self.socket.transport.abort()
        self.client.lost()

    async def leave(self) -> None:
        await self.socket.close()


def visitor(demo: Demo, name: str, *, key: str | None = None) -> Tab:
    """Somebody for whom an API key vouches: the demo's own, unless another one is given."""
    return Tab(demo, apiKey=key or demo.facts["api_key"], visitor=name)


def dynamo(demo: Demo) -> Any:
    """The demo's own table, as a client."""
    return boto3.client(
        "dynamodb",
        endpoint_url=demo.facts["aws_endpoint_url"],
        region_name=demo.facts["aws_region"],
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )


def kept(demo: Demo, name: str, *, room: bool = False) -> Mapping[str, Turn]:
    """The turns of a visitor of the demo's own key, or of one of its rooms, as they stand in the table."""
    somebody = identity.visitor(KeyId(demo.facts["config_id"]), name)
    conversation = identity.room(somebody, name) if room else identity.conversation_of(somebody)
    transcript = DynamoTranscript(Table(dynamo(demo), demo.facts["table"]))
    return {turn.id: turn for turn in transcript.turns(conversation, now=time.time_ns() // 1_000_000)}
