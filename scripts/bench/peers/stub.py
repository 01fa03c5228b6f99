"""Answers at once as AWS, OpenAI and Meta do, and counts the calls to AWS; it stores nothing and refuses nothing."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from chalicelib.access import identity
from chalicelib.aws.dynamodb import items, keys
from chalicelib.aws.dynamodb.writes import marshal
from chalicelib.conversation.turn import IncomingMessage, TurnState
from chalicelib.ids import Channel, ConversationId
from scripts.bench.dynamodb_proxy import Headers, Response, served
from scripts.bench.peers.events import APP_SECRET, PAGE, PSID, now_ms

_ANSWER: Final = ["A bakery ", "opens ", "at seven, ", "and closes ", "when the bread is gone."]
_EXCHANGES: Final = 4
"""Earlier turns of the conversation that the worker answers."""
_SECRETS: Final[Mapping[str, str]] = {
    "app-id": "200",
    "app-secret": APP_SECRET,
    "openai-key": "key",
    "page-id": PAGE,
    "page-token": "token",
    "pseudonym-key": "pseudonyms",
    "verify-token": "verify",
}
PERSON: Final = identity.messenger_person(PAGE, PSID)
CONVERSATION: Final = ConversationId(PERSON)


@dataclass
class Stub:
    """The answers, and the calls to AWS since the last look."""

    url: str = ""
    calls: Counter[str] = field(default_factory=Counter)
    turns: Sequence[Mapping[str, Any]] = field(default_factory=lambda: list(_turns()))
    """The conversation's turns, as DynamoDB has them: one is open."""

    def answer(self, operation: str, body: bytes, headers: Headers) -> Response:
        """Answer one request."""
        path = headers[":path"]
        if path.startswith("/openai/"):
            return HTTPStatus.OK, _STREAM
        if path.startswith("/graph/"):
            return HTTPStatus.OK, b'{"recipient_id": "1", "message_id": "m_1"}'
        called = operation or ("Checkpoint" if path.endswith("/checkpoint") else "Invoke")
        self.calls[called] += 1
        if called == "Invoke":
            return HTTPStatus.ACCEPTED, b""
        return HTTPStatus.OK, json.dumps(self._content(called, json.loads(body))).encode()

    def counted(self) -> Counter[str]:
        """Return the calls since the last look, and begin again."""
        found, self.calls = self.calls, Counter()
        return found

    def _content(self, operation: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        match operation:
            case "GetParameters":
                names = {name: name.rpartition("/")[2] for name in asked["Names"]}
                return {
                    "Parameters": [
                        {"Name": name, "Value": _SECRETS[key]} for name, key in names.items() if key in _SECRETS
                    ]
                }
            case "UpdateItem" if asked.get("ReturnValues") == "ALL_NEW":
                return {"Attributes": {**asked["Key"], **_conversation()}}
            case "UpdateItem":
                return {}
            case "Query":
                return {"Items": self.turns if "IndexName" not in asked else []}
            case "GetItem":
                return {"Item": _person()} if asked["Key"] == marshal(keys.person_key(PERSON)) else {}
            case "BatchGetItem":
                return {"Responses": {name: [_person()] for name in asked["RequestItems"]}, "UnprocessedKeys": {}}
            case "Checkpoint":
                return {"CheckpointToken": "next", "NewExecutionState": {"Operations": []}}
        return {}


@contextmanager
def served_stub() -> Iterator[Stub]:
    """Serve the stub on this machine until the block ends."""
    stub = Stub()
    with served(stub.answer) as stub.url:
        yield stub


def _turns() -> Iterator[Mapping[str, Any]]:
    """Yield the newest turn, which is open, and those before, which are answered."""
    for number in range(_EXCHANGES + 1):
        at = now_ms() - 60_000 * number
        message = IncomingMessage(
            f"m_{number}", Channel.MESSENGER, CONVERSATION, PERSON, at, "When do you open on Sunday?"
        )
        item = items.queued_item(message, now=at)
        item |= {"state": TurnState.DONE.value, "answer": "".join(_ANSWER)} if number else {}
        yield marshal(item)


def _conversation() -> Mapping[str, Any]:
    return marshal({"fence": 1, "arrivals": _EXCHANGES + 1, "open_turns": 1, "due_at": now_ms(), "opened_by": PERSON})


def _person() -> Mapping[str, Any]:
    return marshal(
        {
            **keys.person_key(PERSON),
            "first_seen": 1,
            "last_seen": 1,
            "announced": True,
            "quota": {},
            "talked_at": now_ms(),
        }
    )


def _events() -> Iterator[Mapping[str, Any]]:
    place = {"item_id": "i", "output_index": 0, "content_index": 0, "logprobs": []}
    for number, word in enumerate(_ANSWER):
        yield {"type": "response.output_text.delta", "delta": word, "sequence_number": number, **place}
    usage = {
        "input_tokens": 200,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 220,
    }
    response = {"id": "r", "object": "response", "status": "completed", "model": "m", "output": [], "usage": usage}
    yield {"type": "response.completed", "sequence_number": len(_ANSWER), "response": response}


_STREAM: Final = "".join(f"data: {json.dumps(event)}\n\n" for event in _events()).encode()
