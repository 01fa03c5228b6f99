"""A stand-in of Bedrock that speaks ConverseStream's frames over HTTP, and its model in each situation of the contract.

It refuses what AWS refuses, in AWS's words. A test says what each answer is: frames, faults between them, or a refusal.
"""

import json
import socket
import struct
import threading
from binascii import crc32
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any, Final

import boto3
from botocore.config import Config

from chalicelib.access.budget import Price
from chalicelib.conversation.tool import ToolCall
from chalicelib.llm.converse import ConverseModel
from chalicelib.llm.converse_request import Guardrail
from chalicelib.llm.prices import FREE
from tests.contract.models import WORDS, Situation
from tests.contract.tool_situations import CALLS, MALFORMED, SAID_FIRST, ToolSituation

NOVA: Final = "eu.amazon.nova-lite-v1:0"
USED: Final = {"inputTokens": 6, "outputTokens": 5, "totalTokens": 15, "cacheReadInputTokens": 4}
_PREFIX: Final = "/answers/"


def frame(kind: str, value: Any, *, message: str = "event") -> bytes:
    """One frame: lengths, their checksum, headers, the payload, and the checksum of all of it."""
    headers = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(said)) + said.encode()
        for name, said in [
            (":message-type", message),
            (f":{message}-type", kind),
            (":content-type", "application/json"),
        ]
    )
    payload = json.dumps(value).encode()
    start = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    whole = start + struct.pack(">I", crc32(start)) + headers + payload
    return whole + struct.pack(">I", crc32(whole))


def error_frame(code: str, text: str) -> bytes:
    """A frame with an error that is not modelled."""
    said = [(":message-type", "error"), (":error-code", code), (":error-message", text)]
    headers = b"".join(bytes([len(n)]) + n.encode() + b"\x07" + struct.pack(">H", len(v)) + v.encode() for n, v in said)
    start = struct.pack(">II", 16 + len(headers), len(headers))
    whole = start + struct.pack(">I", crc32(start)) + headers
    return whole + struct.pack(">I", crc32(whole))


def delta(value: Any, index: int = 0) -> bytes:
    return frame("contentBlockDelta", {"contentBlockIndex": index, "delta": value, "p": "abcdefgh"})


def text(*words: str, index: int = 0) -> list[bytes]:
    return [*(delta({"text": word}, index) for word in words), block_stop(index)]


def block_stop(index: int = 0) -> bytes:
    return frame("contentBlockStop", {"contentBlockIndex": index})


def tool_use(call: str, name: str, *parts: str, index: int = 1) -> list[bytes]:
    """A call of a tool, its arguments in these parts."""
    start = {"contentBlockIndex": index, "start": {"toolUse": {"toolUseId": call, "name": name}}}
    return [
        frame("contentBlockStart", start),
        *(delta({"toolUse": {"input": part}}, index) for part in ("", *parts)),
        block_stop(index),
    ]


def stop(reason: str = "end_turn") -> bytes:
    return frame("messageStop", {"stopReason": reason})


def metadata(**used: Any) -> bytes:
    return frame("metadata", {"usage": used or USED, "metrics": {"latencyMs": 1}})


def whole(*frames: bytes, reason: str = "end_turn") -> list[bytes]:
    return [frame("messageStart", {"role": "assistant"}), *frames, stop(reason), metadata()]


@dataclass(frozen=True)
class Refusal:
    """A response instead of a stream."""

    status: int
    code: str
    message: str = "no"


@dataclass(frozen=True)
class Wait:
    """A silence within a stream."""

    seconds: float


class Reset:
    """The end of the connection by a reset."""


class HalfFrame:
    """The first half of a frame."""


class Damage:
    """A frame whose checksum is wrong."""


Step = bytes | Wait | Reset | HalfFrame | Damage
Answer = Refusal | Sequence[Step]


def thinking() -> Sequence[Step]:
    """Thoughts, five a second for a minute."""
    return [delta({"reasoningContent": {"text": "Hm. "}}), Wait(0.2)] * 300


@dataclass
class Script:
    """What one model is answered, in turn, and what it was asked."""

    answers: list[Answer]
    asked: list[dict[str, Any]] = field(default_factory=list)
    connections: set[int] = field(default_factory=set)
    """The client's ports."""
    gone: threading.Event = field(default_factory=threading.Event)
    """Set when the client has closed its connection during a silence."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    scripts: dict[str, Script]

    def do_POST(self) -> None:
        name, _, model = self.path.removeprefix(_PREFIX).partition("/model/")
        script = self.scripts[name]
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        script.connections.add(self.client_address[1])
        script.asked.append({"model": model.removesuffix("/converse-stream").replace("%3A", ":"), **body})
        answer = refusal(body) or script.answers.pop(0)
        if isinstance(answer, Refusal):
            self._refuse(answer)
            return
        steps = list(answer)
        while steps and isinstance(steps[0], Wait):
            self._wait(script, steps.pop(0))
        self.send_response(200)
        self.send_header("content-type", "application/vnd.amazon.eventstream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for step in steps:
            if not self._do(script, step):
                self.close_connection = True
                return
        self.wfile.write(b"0\r\n\r\n")

    def _refuse(self, answer: Refusal) -> None:
        said = json.dumps({"message": answer.message}).encode()
        self.send_response(answer.status)
        self.send_header("x-amzn-errortype", f"{answer.code}:http://internal.amazon.com/")
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def _do(self, script: Script, step: object) -> bool:
        """Do one step; False if nothing can follow."""
        match step:
            case bytes():
                self._send(step)
            case Damage():
                good = delta({"text": "damaged"})
                self._send(good[:-1] + bytes([good[-1] ^ 1]))
            case HalfFrame():
                self._send(delta({"text": "half a frame"})[:40])
            case Wait():
                return self._wait(script, step)
            case Reset():
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.rfile.close()
                self.wfile.close()
                self.connection.close()
                return False
        return True

    def _send(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _wait(self, script: Script, step: object) -> bool:
        """Be silent; False if the client has gone meanwhile."""
        assert isinstance(step, Wait)
        self.connection.settimeout(step.seconds)
        try:
            is_gone = not self.connection.recv(1)
        except TimeoutError:
            is_gone = False
        except OSError:
            is_gone = True
        self.connection.settimeout(None)
        if is_gone:
            script.gone.set()
        return not is_gone

    def log_message(self, *_: object) -> None:
        pass


def refusal(body: dict[str, Any]) -> Refusal | None:
    """What AWS refuses whatever the model is."""
    messages = body["messages"]
    roles = [message["role"] for message in messages]
    blocks = [block for message in messages for block in message["content"]]
    system = body.get("system", [])
    why = None
    if roles[:1] != ["user"]:
        why = "A conversation must start with a user message."
    elif any(one == other for one, other in pairwise(roles)):
        why = "A conversation must alternate between user and assistant roles."
    elif any(not message["content"] for message in messages):
        why = "The content field in the Message object is empty."
    elif any("text" in block and not block["text"].strip() for block in [*blocks, *system]):
        why = "The text field in the ContentBlock object is blank. Add text to the text field, and try again."
    elif any({"toolUse", "toolResult"} & block.keys() for block in blocks) and not body.get("toolConfig"):
        why = "The toolConfig field must be defined when using toolUse and toolResult content blocks."
    elif any(not result["toolResult"]["content"] for result in blocks if "toolResult" in result):
        why = "The content field in the ToolResultBlock object is empty."
    else:
        why = _unpaired(messages)
    if why is None and body["inferenceConfig"].get("temperature", 0) > 1:
        why = "1 validation error detected: Value at 'inferenceConfig.temperature' failed to satisfy constraint: <= 1"
    return Refusal(400, "ValidationException", why) if why else None


def _unpaired(messages: list[dict[str, Any]]) -> str | None:
    """Why the calls of tools and their results do not belong together."""
    for before, after in zip([{"content": []}, *messages], [*messages, {"content": []}], strict=True):
        uses = [block["toolUse"]["toolUseId"] for block in before["content"] if "toolUse" in block]
        results = [block["toolResult"]["toolUseId"] for block in after["content"] if "toolResult" in block]
        if sorted(uses) != sorted(results):
            return "Expected toolResult blocks for the toolUse blocks of the previous turn."
        if len(set(uses)) < len(uses):
            return "toolUse ids must be unique."
    return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Keep quiet: clients that go are a part of the tests."""


@cache
def _server() -> ThreadingHTTPServer:
    """One server for all tests of the process."""
    _Handler.scripts = {}
    server = _Server(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


@cache
def _session() -> boto3.Session:
    return boto3.Session(aws_access_key_id="a", aws_secret_access_key="s", region_name="eu-central-1")


def model(
    *answers: Answer,
    name: str = NOVA,
    effort: str = "",
    guardrail: Guardrail | None = None,
    price: Price = FREE,
    read_timeout: float = 60,
) -> tuple[ConverseModel, Script]:
    """Bedrock's model whose provider gives these answers, in turn, and what it was asked."""
    script, server = Script(list(answers)), _server()
    key = str(len(_Handler.scripts))
    _Handler.scripts[key] = script
    config = Config(connect_timeout=3, read_timeout=read_timeout, retries={"total_max_attempts": 1})
    url = f"http://127.0.0.1:{server.server_port}{_PREFIX}{key}"
    client = _session().client("bedrock-runtime", endpoint_url=url, config=config)
    return ConverseModel(name, effort, lambda: client, price, guardrail), script


def converse_model(situation: Situation) -> ConverseModel:
    """Bedrock's model while its provider is in this situation."""
    return model(*_answers(situation))[0]


def _answers(situation: Situation) -> list[Answer]:
    first = frame("messageStart", {"role": "assistant"}), *text(WORDS[0])
    busy = Refusal(429, "ThrottlingException", "Too many requests, please wait before trying again.")
    unknown = Refusal(400, "ValidationException", "The provided model identifier is invalid.")
    answers: dict[Situation, list[Answer]] = {
        Situation.ANSWERS: [whole(*text(*WORDS))],
        Situation.TOO_LONG: [whole(*text(WORDS[0]), reason="max_tokens")],
        Situation.FILTERED: [whole(*text(WORDS[0]), reason="content_filtered")],
        Situation.SLOW: [[*first[:2], Wait(60), *whole(*text(*WORDS))]],
        Situation.THINKS: [[first[0], *thinking()]],
        Situation.BREAKS_OFF: [[*first]],
        Situation.BUSY: [busy, busy],
        Situation.KEY_REFUSED: [Refusal(403, "UnrecognizedClientException", "The security token is invalid.")],
        Situation.NO_CREDIT: [
            Refusal(403, "AccessDeniedException", "Model access is denied due to INVALID_PAYMENT_INSTRUMENT: ...")
        ],
        Situation.MODEL_UNKNOWN: [unknown],
        Situation.REFUSED: [Refusal(400, "ValidationException", "Malformed input request: #: extraneous key [x]")],
    }
    return answers[situation]


def converse_with_tools(situation: ToolSituation) -> ConverseModel:
    """Bedrock's model, offered tools while its provider is in this situation."""
    called = [
        frame for n, call in enumerate(CALLS, 1) for frame in tool_use(call.id, call.name, *_parts(call), index=n)
    ]
    malformed = tool_use("call_a", "look_up", MALFORMED)
    said = text(SAID_FIRST)
    frames: dict[ToolSituation, list[bytes]] = {
        ToolSituation.ASKS: whole(*said, *called, reason="tool_use"),
        ToolSituation.ONLY_ASKS: whole(*called, reason="tool_use"),
        ToolSituation.MALFORMED: whole(*malformed, reason="tool_use"),
        ToolSituation.CUT_OFF: whole(*said, *malformed[:-1], reason="max_tokens"),
        ToolSituation.BREAKS_OFF: [*said, *called],
        ToolSituation.ANSWERS: whole(*text(*WORDS)),
    }
    return model(frames[situation])[0]


def _parts(call: ToolCall) -> list[str]:
    return [call.arguments[start : start + 5] for start in range(0, len(call.arguments), 5)]
