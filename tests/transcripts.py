"""Plays a written conversation with the command line client of `websockets`, against a bot wherever it runs.

A transcript is a text file, read line by line; lines that begin with # are for people. Each line is about one or more:

    anna connects                                    a client is started for her, as by `python -m websockets <url>`
    anna connects ?config=<id>                       the same, with this at the end of the address
    anna is refused 401 ?config=none                 the same, but the handshake is answered with this status
    anna > {"action": "ping"}                        she types this line
    anna < {"type": "pong"}                          next she reads this
    anna << You wrote “Hello” <*>                    next she reads this in deltas, put together
    anna leaves                                      she closes with Ctrl+D
    anna is sent away                                the bot has closed
    owner > POST /keys {"name": "Shop"}              asked over HTTP; of the owner it is signed
    owner < 201 {"key": "<key>"}                     answered over HTTP

Of what is read, only the fields that a line names are looked at; null says that the field is left out. `<key>` is
whatever stands there at first and must be the same afterwards; `<*>` is anything. What tells of turns may be in the
simple shape, without a `type`. What answers a frame (`ready`, `left`,
`accepted`, `error`, `pong`) is one row and what tells of turns another one: each has its order, and there is none
between them. At the end, nothing may have been said to anybody that the transcript leaves out.
"""

import json
import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final

import httpx2
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from scripts.simulator.aws import CREDENTIALS, REGION
from tests.frame_schema import check

FOLDER: Final = Path(__file__).parent / "simulator" / "transcripts"
OWNER: Final = "owner"
_PATIENCE_S: Final = 100
_LINE: Final = re.compile(
    r"(?P<who>\w+(?:, \w+)*) (?P<verb>>|<<|<|connects?|leaves?|(?:is|are) (?:sent away|refused))(?: (?P<what>.*))?"
)
_HTTP: Final = re.compile(r"(GET|POST|DELETE) (\S+) ?(.*)")
_NAME: Final = re.compile(r"<(\w+|\*)>")
_FRAME: Final = re.compile(r"< (\{.*\})\n?")
_REFUSED: Final = re.compile(r"rejected WebSocket connection: HTTP (\d+)")
_CLOSED: Final = re.compile(r"Connection closed: (\d+)")
_ANSWERS: Final = frozenset({"ready", "left", "accepted", "error", "pong"})
_WORDS: Final = frozenset({"delta", "snapshot"})

Frame = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a bot can be reached, and what is known there from the beginning."""

    websocket_url: str
    http: httpx2.Client
    """With the base URL of the bot's routes."""
    known: Mapping[str, Any] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: str, *, sign: bool) -> httpx2.Response:
        """One HTTP request."""
        url = f"{str(self.http.base_url).rstrip('/')}{path}"
        request = AWSRequest(method, url, {"Content-Type": "application/json"}, body.encode())
        if sign:
            credentials = Credentials(CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"])
            SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
        return self.http.request(method, url, content=body.encode(), headers=dict(request.headers))


def play(name: str, place: Place) -> Mapping[str, Sequence[Frame]]:
    """Play the transcript of that name; what each client was told. AssertionError names the line that did not hold."""
    stage = _Stage(place)
    try:
        for number, line in enumerate(FOLDER.joinpath(f"{name}.txt").read_text("utf-8").splitlines(), start=1):
            if line.strip() and not line.startswith("#"):
                try:
                    stage.perform(line)
                except (AssertionError, queue.Empty) as exc:
                    raise AssertionError(f"{name}.txt:{number}: {line}\n{str(exc) or 'nothing more came'}") from exc
        stage.nothing_is_left()
    finally:
        for client in stage.clients.values():
            client.end()
    told = {who: client.told for who, client in stage.clients.items()}
    for frame in chain.from_iterable(told.values()):
        if "type" in frame:
            check(frame)
        else:
            assert {"message"} <= frame.keys() <= {"message", "conversationId"}, f"this is not simple: {frame}"
    return told


class _Stage:
    def __init__(self, place: Place) -> None:
        self.clients: dict[str, Client] = {}
        self._place = place
        self._known = dict(place.known)
        self._answered: httpx2.Response | None = None

    def perform(self, line: str) -> None:
        parsed = _LINE.fullmatch(line)
        assert parsed, "this is no line of a transcript"
        everybody, verb, what = parsed["who"].split(", "), parsed["verb"], parsed["what"] or ""
        if verb.startswith("connect"):
            url = self._place.websocket_url + self._filled(what)
            self.clients |= {who: Client(url) for who in everybody}
        if verb.endswith("refused"):
            status, _, address = what.partition(" ")
            self.clients |= {who: Client(self._place.websocket_url + self._filled(address)) for who in everybody}
            what = status
        for who in everybody:
            self._do(who, verb, what)

    def nothing_is_left(self) -> None:
        """A pong comes after all that was said before; clients of the simple shape get none."""
        for who, client in self.clients.items():
            if client.is_simple and not client.is_closed:
                client.leave()
            if not client.is_closed:
                client.type('{"action": "ping"}')
                assert client.answers.get(timeout=_PATIENCE_S) == {"type": "pong"}, f"{who} had more answers"
                client.leave()
            left = [*client.answers.queue, *client.turns.queue]
            assert not left, f"{who} was told more: {left}"

    def _do(self, who: str, verb: str, what: str) -> None:
        asked, client = _HTTP.fullmatch(what), self.clients.get(who)
        if verb == ">" and asked:
            method, path, body = (self._filled(part) for part in asked.groups())
            self._answered = self._place.ask(method, path, body, sign=who == OWNER)
        elif client is None:
            assert self._answered, "nothing was asked"
            status, _, body = what.partition(" ")
            self._expect(int(status), self._answered.status_code)
            self._expect(json.loads(body or "{}"), self._answered.json())
        else:
            self._converse(client, verb, what)

    def _converse(self, client: "Client", verb: str, what: str) -> None:
        match verb:
            case "connect" | "connects":
                client.connected.get(timeout=_PATIENCE_S)
            case ">":
                client.type(self._filled(what))
            case "<":
                frame = json.loads(what)
                row = client.answers if frame.get("type") in _ANSWERS else client.turns
                self._expect(frame, row.get(timeout=_PATIENCE_S))
            case "<<":
                self._expect(what, client.words())
            case "leave" | "leaves":
                client.leave()
            case "is refused" | "are refused":
                self._expect(int(what), client.refused.get(timeout=_PATIENCE_S))
                client.is_closed = True
            case _:
                client.closed.get(timeout=_PATIENCE_S)
                client.is_closed = True

    def _filled(self, text: str) -> str:
        return _NAME.sub(lambda found: str(self._known[found[1]]), text)

    def _expect(self, expected: Any, found: Any) -> None:
        assert self._fits(expected, found), f"but it was {found}"

    def _fits(self, expected: Any, found: Any) -> bool:
        match expected:
            case "<*>":
                return found is not None
            case dict():
                return isinstance(found, dict) and all(self._fits(expected[key], found.get(key)) for key in expected)
            case list():
                return (
                    isinstance(found, list)
                    and len(found) == len(expected)
                    and all(self._fits(one, other) for one, other in zip(expected, found, strict=True))
                )
            case str() if whole := _NAME.fullmatch(expected):
                return found is not None and bool(self._known.setdefault(whole[1], found) == found)
            case str():
                return isinstance(found, str) and bool(re.fullmatch(self._pattern(expected), found, re.DOTALL))
        return bool(expected == found)

    def _pattern(self, text: str) -> str:
        parts = _NAME.split(text)
        names = [".*" if name == "*" else re.escape(str(self._known[name])) for name in parts[1::2]]
        return "".join(re.escape(fixed) + name for fixed, name in zip(parts[::2], [*names, ""], strict=True))


class Client:
    """The command line client, with pipes in place of a terminal."""

    def __init__(self, url: str) -> None:
        self.connected: queue.Queue[bool] = queue.Queue()
        self.refused: queue.Queue[int] = queue.Queue()
        """The status of its handshake."""
        self.closed: queue.Queue[int] = queue.Queue()
        """The code that it was closed with."""
        self.answers: queue.Queue[Frame] = queue.Queue()
        self.turns: queue.Queue[Frame] = queue.Queue()
        self.told: list[Frame] = []
        self.is_closed = False
        env = {**os.environ, "PYTHONUTF8": "1", "NO_PROXY": "127.0.0.1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "websockets", url],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    @property
    def is_simple(self) -> bool:
        """Whether it was told of turns in the simple shape."""
        return any("type" not in frame for frame in self.told)

    def type(self, line: str) -> None:
        """Type a line and press return."""
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def words(self) -> str:
        """What is streamed from here on to the next frame of another type, put together."""
        said, seq = "", 0
        while (frame := self._next_turn())["type"] in _WORDS:
            self.turns.get()
            if frame["type"] == "delta":
                assert frame["seq"] == seq + 1, f"after {seq} came {frame}"
            said, seq = (said if frame["type"] == "delta" else "") + frame.get("text", ""), frame["seq"]
        assert seq, "nothing was streamed"
        return said

    def leave(self) -> None:
        """Press Ctrl+D."""
        assert self._process.stdin
        self._process.stdin.close()
        assert self.closed.get(timeout=_PATIENCE_S) == 1000
        self.is_closed = True

    def end(self) -> None:
        """Whatever happened: nothing is left running."""
        self._process.kill()
        self._process.wait()
        self._reading.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            pipe.close()

    def _next_turn(self) -> Frame:
        """The next one, which stays in its row."""
        with self.turns.not_empty:
            assert self.turns.not_empty.wait_for(lambda: bool(self.turns.queue), _PATIENCE_S), "nothing more came"
            frame: Frame = self.turns.queue[0]
            return frame

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("Connected to"):
                self.connected.put(True)
            if refused := _REFUSED.search(line):
                self.refused.put(int(refused[1]))
            if found := _FRAME.search(line):
                frame = json.loads(found[1])
                self.told.append(frame)
                (self.answers if frame.get("type") in _ANSWERS else self.turns).put(frame)
            if closed := _CLOSED.search(line):
                self.closed.put(int(closed[1]))
