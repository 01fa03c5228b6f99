"""Starts a demo to measure, and chats with it over a WebSocket."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click
import httpx2
from websockets.asyncio.client import ClientConnection, connect

from scripts.simulator.aws import free_port
from scripts.stage.environment import ROOT

_END_S = 5.0


@dataclass(frozen=True)
class Demo:
    """A running demo."""

    http: httpx2.Client
    facts: Mapping[str, Any]

    def behave(self, **behaviour: Any) -> None:
        """Set how the fake model responds from now on."""
        self.http.put("/world/model/behaviour", json=behaviour).raise_for_status()

    def first_tokens(self) -> Sequence[int]:
        """Return when the model sent the first words of each answer, in milliseconds since 1970."""
        return [call["first_token_at"] for call in self.http.get("/world/model/calls").raise_for_status().json()]


@contextmanager
def running_demo(*options: str) -> Iterator[Demo]:
    """Start a demo on a free port, and end it with the block."""
    command = [sys.executable, "-m", "scripts.simulator", "--headless", "--port", str(free_port()), *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (our own module)
        try:
            said = process.stdout.readline().split() if process.stdout else []
            if len(said) != 2:  # noqa: PLR2004 ("ready", and where)
                raise click.ClickException("the demo did not start")
            with httpx2.Client(base_url=said[1], timeout=60, trust_env=False) as http:
                yield Demo(http, http.get("/world").json())
        finally:
            process.terminate()
            process.wait(_END_S)


@dataclass
class ChatClient:
    """A client of the web chat that is connected and authenticated."""

    socket: ClientConnection
    asked: int = 0

    @classmethod
    async def enter(cls, demo: Demo, name: str, *, room: str = "") -> "ChatClient":
        """Connect, authenticate with the demo's key as visitor `name`, and join a room if one is given."""
        client = cls(await connect(demo.facts["websocket_url"], proxy=None, ping_interval=None))
        await client.say("authenticate", apiKey=demo.facts["api_key"], visitor=name)
        await client.until(lambda frame: frame["type"] == "ready")
        if room:
            await client.say("join", room=room)
            await client.until(lambda frame: frame.get("room") == room)
        return client

    async def ask(self, question: str) -> None:
        """Send a question with its number, as the chat page does."""
        self.asked += 1
        await self.say("send_message", message=question, n=self.asked)

    async def say(self, action: str, **fields: str | int) -> None:
        """Send a frame."""
        await self.socket.send(json.dumps({"action": action, **fields}))

    async def until(self, holds: Callable[[Mapping[str, Any]], bool]) -> Sequence[tuple[float, Mapping[str, Any]]]:
        """Receive frames until one fulfils a condition; returns each with its time in milliseconds since 1970."""
        received: list[tuple[float, Mapping[str, Any]]] = []
        while not received or not holds(received[-1][1]):
            frame = json.loads(await self.socket.recv())
            if frame["type"] == "error":
                raise click.ClickException(f"the bot sent {frame}")
            received.append((time.time() * 1000, frame))
        return received

    async def answer(self) -> Sequence[tuple[float, Mapping[str, Any]]]:
        """Receive the frames up to the end of a turn."""
        return await self.until(lambda frame: frame["type"] == "completed")


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of all values, from 0 to 1, does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
