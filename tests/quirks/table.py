"""The quirks of servers with OpenAI's API, as found in public bug reports, and their neighbours.

Each row is played in each wire format; the rows below the first table exist in one format only.
"""

import gzip
import json
from collections.abc import Sequence
from typing import Any, Final

from tests.quirks.quirk import (
    CAT,
    WORDS,
    Forever,
    Kindly,
    Pause,
    Quirk,
    Response,
    Step,
    Then,
    endless,
    ok,
    refused,
    slow,
)
from tests.quirks.wire import CHAT, RESPONSES, Wire, choice, completed, data, event, finish

_MEANINGLESS: Final = {
    "data null": "data: null\n\n",
    "data without a value": "data:\n\n",
    "data of a number": "data: 42\n\n",
    "data of a string": 'data: "hello"\n\n',
    "data of an empty list": "data: []\n\n",
    "data that is not JSON": "data: <html>busy</html>\n\n",
    "half an object": 'data: {"choices": [{"delta"\n\n',
    "an object without fields": "data: {}\n\n",
    "choices null": 'data: {"choices": null}\n\n',
    "choices of numbers": 'data: {"choices": [1, null, "x", []]}\n\n',
    "a choice without a delta": 'data: {"choices": [{"index": 0}]}\n\n',
    "a delta null": 'data: {"choices": [{"index": 0, "delta": null}]}\n\n',
    "a delta that is a list": 'data: {"choices": [{"delta": [1, 2]}]}\n\n',
    "content that is a number": 'data: {"choices": [{"delta": {"content": 42}}]}\n\n',
    "a Responses delta null": 'data: {"type": "response.output_text.delta", "delta": null}\n\n',
    "a Responses delta of a number": 'data: {"type": "response.output_text.delta", "delta": 42}\n\n',
    "a type that is a list": 'data: {"type": ["response.completed"]}\n\n',
    "an unknown event": 'event: response.surprise\ndata: {"type": "response.surprise", "delta": "x"}\n\n',
    "a ping with JSON": 'event: ping\ndata: {"type": "ping", "cost": "0.1"}\n\n',
    "a ping without data": "event: ping\n\n",
    "comments": ": OPENROUTER PROCESSING\n\n:\n\n",
    "ids and retry times": "id: 7\nretry: 3000\n\n",
    "an unknown field": "heartbeat\n\n",
    "deep nesting": f"data: {'[' * 100_000}\n\n",
    "deep objects": 'data: {"choices": ' + '[{"delta":' * 5_000 + "\n\n",
    "a huge number": f'data: {{"choices": [], "created": {"9" * 5_000}}}\n\n',
    "NaN": 'data: {"choices": [], "usage": {"prompt_tokens": NaN, "completion_tokens": Infinity}}\n\n',
    "an error that is null": 'data: {"choices": [], "error": null}\n\n',
    "invalid UTF-8": b"data: \xff\xfe\n\n".decode("latin-1"),
}
"""What comes between the words and means nothing."""

_USAGES: Final[dict[str, Any]] = {
    "null": None,
    "text": "lots",
    "a list": [1],
    "empty": {},
    "numbers as text": {"prompt_tokens": "10", "input_tokens": "10", "completion_tokens": "5", "output_tokens": "5"},
    "negative numbers": {"prompt_tokens": -1, "input_tokens": -1, "completion_tokens": -5, "output_tokens": -5},
    "impossible numbers": {"prompt_tokens": 10**30, "input_tokens": 10**30, "completion_tokens": 5, "output_tokens": 5},
    "cached tokens missing": {"prompt_tokens": 10, "input_tokens": 10, "completion_tokens": 5, "output_tokens": 5},
    **{
        f"cached tokens {name}": {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "prompt_tokens_details": details,
            "input_tokens": 10,
            "output_tokens": 5,
            "input_tokens_details": details,
        }
        for name, details in {
            "null": {"cached_tokens": None},
            "of text": {"cached_tokens": "some"},
            "without details": None,
            "more than all": {"cached_tokens": 10**6},
            "true": {"cached_tokens": True},
        }.items()
    },
}


def _answer(wire: Wire) -> str:
    return wire.say(*WORDS) + wire.end()


def _between(noise: str) -> Quirk:
    first, *rest = WORDS
    raw = noise.encode("latin-1") if "\xff" in noise else noise.encode()
    return ok("", lambda wire: [raw, wire.word(first), raw, wire.say(*rest), raw, wire.end()])


def _unchanged(name: str, change: Any) -> Quirk:
    """An answer that is only written differently."""
    return ok(name, lambda wire: [change(_answer(wire))])


def _named(prefix: str, quirks: dict[str, Quirk]) -> list[Quirk]:
    return [Quirk(f"{prefix} {name}", quirk.play, quirk.gets) for name, quirk in quirks.items()]


def _chunked(*parts: str) -> str:
    return "".join(f"{len(part.encode()):x}\r\n{part}\r\n" for part in parts)


def _bytes(text: str) -> Sequence[Step]:
    return [bytes([byte]) for byte in text.encode()]


_SHAPE: Final = [
    *_named("between the words:", {name: _between(noise) for name, noise in _MEANINGLESS.items()}),
    *_named(
        "usage:",
        {
            name: ok("", lambda wire, usage=usage: [wire.say(*WORDS) + wire.end_with_usage(usage)])  # type: ignore[misc]
            for name, usage in _USAGES.items()
        },
    ),
    ok("content in parts", lambda wire: [wire.say([{"type": "text", "text": CAT}]) + wire.end()]),
    ok("content in parts of strings", lambda wire: [wire.say(list(WORDS)) + wire.end()]),
    ok(
        "content in parts, some of them thoughts",
        lambda wire: [
            wire.word(
                [{"type": "thinking", "thinking": [{"type": "text", "text": "Who?"}]}, {"type": "text", "text": ""}]
            )
            + wire.word([{"type": "reasoning", "text": "Who?"}, {"type": "text", "text": CAT}, {"type": "image"}, 4])
            + wire.end()
        ],
    ),
    ok("content as an object", lambda wire: [wire.say({"type": "text", "text": CAT}) + wire.end()]),
    ok("thoughts in events of their own", lambda wire: [wire.thought("Who is Mimi?") + _answer(wire)]),
]

_WRITTEN: Final = [
    _unchanged("an orderly answer", str),
    _unchanged("lines end with CRLF", lambda text: text.replace("\n", "\r\n")),
    _unchanged("no blank lines between events", lambda text: text.replace("\n\n", "\n")),
    _unchanged("no space after the colon", lambda text: text.replace("data: ", "data:")),
    _unchanged("data: twice", lambda text: text.replace("data: ", "data: data: ")),
    _unchanged(
        "no event names", lambda text: "".join(f"{line}\n" for line in text.splitlines() if "event:" not in line)
    ),
    _unchanged("a byte order mark", lambda text: f"\ufeff{text}"),
    _unchanged("no blank line at the end", lambda text: text.rstrip()),
    ok("one byte at a time", lambda wire: _bytes(_answer(wire))),
    ok(
        "an object in several lines",
        lambda wire: [
            "".join(
                f"data: {line}\n" if line else "\n"
                for part in _answer(wire).split("data: ")[1:]
                for line in _pretty(part.partition("\n")[0]).split("\n")
            )
        ],
    ),
    Quirk("an answer that is not streamed", lambda wire: [_json(json.dumps(wire.whole(CAT)))]),
    Quirk("an answer that is not streamed, in many lines", lambda wire: [_json(json.dumps(wire.whole(CAT), indent=2))]),
    Quirk("no content type", lambda wire: [Response([_answer(wire)], ())]),
    Quirk("plain text as content type", lambda wire: [Response([_answer(wire)], ("Content-Type: text/plain",))]),
    Quirk(
        "compressed",
        lambda wire: [Response([gzip.compress(_answer(wire).encode())], ("Content-Encoding: gzip",))],
    ),
    Quirk(
        "in chunks",
        lambda wire: [
            Response([_chunked(*_answer(wire).splitlines(keepends=True), "")], ("Transfer-Encoding: chunked",))
        ],
    ),
]


def _pretty(text: str) -> str:
    return text if text.startswith("[DONE]") else json.dumps(json.loads(text), indent=1) + "\n"


def _json(body: str) -> Response:
    return Response([body], ("Content-Type: application/json",))


_END: Final = [
    ok("the connection lingers after the end", lambda wire: [_answer(wire), Then.LINGER]),
    ok("comments for ever after the end", lambda wire: [_answer(wire), Forever(": bye\n\n")]),
    ok("the connection is reset after the end", lambda wire: [_answer(wire), Pause(0.05), Then.CUT]),
    ok("an error after the end", lambda wire: [_answer(wire) + 'data: {"error": {"message": "late"}}\n\n']),
    ok("words after the end", lambda wire: [_answer(wire) + wire.word("More.")]),
    ok("no end but [DONE]", lambda wire: [wire.say(*WORDS) + "data: [DONE]\n\n"]),
    ok(
        "[DONE] and a lingering connection",
        lambda wire: [wire.say(*WORDS) + "data: [DONE]\n\n", Then.LINGER],
    ),
    ok("no end at all", lambda wire: [wire.say(*WORDS)], Kindly.APOLOGY),
    ok("reset in the middle of the words", lambda wire: [wire.say(*WORDS), Pause(0.05), Then.CUT], Kindly.APOLOGY),
    Quirk(
        "chunks without the last one",
        lambda wire: [Response([_chunked(wire.say(*WORDS))], ("Transfer-Encoding: chunked",))],
        Kindly.APOLOGY,
    ),
    ok("nothing at all", lambda _: [], Kindly.APOLOGY),
    ok("an end without words", lambda wire: [wire.end()], Kindly.APOLOGY),
    ok("a page instead of a stream", lambda _: ["<html>\n<h1>Welcome to nginx!</h1>\n</html>\n"], Kindly.APOLOGY),
    Quirk(
        "more words than it may send",
        lambda wire: [Response([*[wire.word("cat " * 500)] * 50, Forever(wire.word("cat "))])],
        "cat cat cat",
        has_more=True,
    ),
]

_FAILURE: Final = [
    ok(f"{name} instead of words", lambda wire, text=text: [text], Kindly.APOLOGY)  # type: ignore[misc]
    for name, text in {
        "an error": data({"error": {"message": "no", "code": 502}}),
        "an error as text": data({"error": "overloaded"}),
        "an error as a list": data({"error": ["overloaded"]}),
        "an error with a code of text": data({"error": {"code": "server_error", "message": None}}),
        "an error with choices": data(
            {"error": {"code": 429}, "choices": [{"delta": {"content": ""}, "finish_reason": "error"}]}
        ),
        "an error event": 'event: error\ndata: {"message": "no"}\n\n',
        "an error event of text": "event: error\ndata: Internal Server Error\n\n",
        "an error event of Responses": event("error", code="server_error", message="no"),
        "an error without data:": '{"error": "model runner stopped"}\n',
    }.items()
] + [
    ok(
        "an error in the middle of the words",
        lambda wire: [wire.word("Mimi"), data({"error": {"code": 500}})],
        Kindly.APOLOGY,
    ),
    ok(
        "a filter in the stream",
        lambda wire: [wire.word("Mimi"), data({"error": {"code": "content_filter"}})],
        Kindly.FILTERED,
    ),
    refused("busy, then an answer", "503 Service Unavailable", "retry-after-ms: 20", then=CAT),
    refused("too many requests, then an answer", "429 Too Many Requests", "Retry-After: 0", then=CAT),
    refused("a pause that is no number", "429 Too Many Requests", "Retry-After: soon", then=CAT),
    refused("a pause in the past", "429 Too Many Requests", "Retry-After: Fri, 20 Nov 2020 12:00:00 GMT", then=CAT),
    refused("a negative pause", "429 Too Many Requests", "Retry-After: -5", then=CAT),
    refused("a pause of NaN", "429 Too Many Requests", "Retry-After: nan", then=CAT),
    refused("a pause of 100 seconds", "429 Too Many Requests", "Retry-After: 100", calls=1),
    refused("a pause of a thousand years", "503 Service Unavailable", "Retry-After: 1e99", calls=1),
    refused(
        "a pause until next year", "503 Service Unavailable", "Retry-After: Sun, 20 Nov 2050 12:00:00 GMT", calls=1
    ),
    refused("busy for ever", "503 Service Unavailable", "retry-after-ms: 20"),
    refused("broken for ever", "500 Internal Server Error"),
    refused("busy, and says not to ask again", "503 Service Unavailable", "x-should-retry: false", calls=1),
    Quirk(
        "a page instead of an error",
        lambda _: [Response(["<html>Bad Gateway"], (), "502 Bad Gateway")],
        Kindly.APOLOGY,
        2,
    ),
    *(
        Quirk(
            f"a redirect, {status}",
            lambda _, status=status: [Response([], ("Location: /v1/elsewhere",), status)],  # type: ignore[misc]
            Kindly.APOLOGY,
        )
        for status in ("307 Temporary Redirect", "308 Permanent Redirect", "302 Found")
    ),
    Quirk(
        "reset, then an answer",
        lambda wire: [Response([Then.CUT], (), ""), Response([_answer(wire)])],
        calls=2,
        is_lost=True,
    ),
    Quirk("reset for ever", lambda _: [Response([Then.CUT], (), "")], Kindly.APOLOGY, 2, is_lost=True),
    Quirk("not HTTP", lambda _: [Response(["SSH-2.0-OpenSSH_9.6\r\n"], (), "")], Kindly.APOLOGY, 2, is_lost=True),
]

_TIME: Final = [
    slow("a slow first byte", lambda wire: [Pause(0.7), _answer(wire)]),
    Quirk(
        "slow headers",
        lambda wire: [Response([Pause(0.7), "HTTP/1.1 200 OK\r\n\r\n", _answer(wire)], (), "")],
        is_slow=True,
    ),
    slow(
        "slow words",
        lambda wire: [
            wire.word(WORDS[0]),
            Pause(0.35),
            wire.word(WORDS[1]),
            Pause(0.35),
            wire.word(WORDS[2]),
            wire.end(),
        ],
    ),
    endless("silence", lambda _: [Then.LINGER]),
    endless("silence after words", lambda wire: [wire.say(*WORDS), Then.LINGER]),
    Quirk(
        "silence before the headers",
        lambda _: [Response([Then.LINGER], (), "")],
        Kindly.APOLOGY,
        takes_all_time=True,
    ),
    Quirk(
        "headers for ever",
        lambda _: [Response(["HTTP/1.1 200 OK\r\n", Forever("X-Wait: 1\r\n")], (), "")],
        Kindly.APOLOGY,
        takes_all_time=True,
    ),
    endless("comments for ever", lambda _: [Forever(": wait\n\n")]),
    endless("thoughts for ever", lambda wire: [Forever(wire.thought("Hm. "))]),
    endless("empty words for ever", lambda wire: [Forever(wire.word(""))]),
    endless("a line for ever", lambda _: ["data: ", Forever("x")]),
    ok("a long line", lambda _: ["data: " + "x" * 5_000_000], Kindly.APOLOGY),
    Quirk(
        "an error whose body never ends",
        lambda _: [Response([Forever(" ")], (), "400 Bad Request")],
        Kindly.APOLOGY,
        takes_all_time=True,
    ),
]

_TEXT: Final = [
    ok("an emoji in halves", lambda wire: [wire.say("Mimi \ud83d", "\ude00") + wire.end()], "Mimi 😀"),
    ok(
        "an emoji cut between its bytes",
        lambda wire: [*_bytes(wire.word("Mimi 😀").replace("\\ud83d\\ude00", "😀")), wire.end()],
        "Mimi 😀",
    ),
    ok("the first half of an emoji", lambda wire: [wire.say("Mimi \ud83d", " is") + wire.end()], "Mimi \ufffd is"),
    ok("the second half of an emoji", lambda wire: [wire.say("Mimi \ude00") + wire.end()], "Mimi \ufffd"),
    ok("thoughts in tags", lambda wire: [wire.say("<think>Who is", " Mimi?</think>\n\n", CAT) + wire.end()]),
    ok(
        "thoughts with the closing tag only",
        lambda wire: [wire.say("Who is Mimi?\n</th", "ink>\n\n", CAT) + wire.end()],
    ),
    ok("thoughts that never end", lambda wire: [wire.say("<think>Who is", " Mimi?") + wire.end()], Kindly.APOLOGY),
    ok(
        "a control character",
        lambda wire: [wire.say("Mimi\u0000 is your cat.") + wire.end()],
        "Mimi\u0000 is your cat.",
    ),
]

EITHER: Final = [*_SHAPE, *_WRITTEN, *_END, *_FAILURE, *_TIME, *_TEXT]

_FINISH: Final[dict[str, str | Kindly]] = {
    **dict.fromkeys(
        ("eos", "end_turn", "STOP", "stop_sequence", "<|im_end|>", "tool_calls", "length", "MAX_TOKENS"), CAT
    ),
    **dict.fromkeys(("max_tokens", "max-output-tokens", "model_length"), CAT),
    **dict.fromkeys(
        ("content_filter", "SAFETY", "PROHIBITED_CONTENT", "refusal", "guardrail_intervened"), Kindly.FILTERED
    ),
    **dict.fromkeys(("error", "network_error", "abort"), Kindly.APOLOGY),
}


def _ends_with(reason: Any, gets: str | Kindly = CAT) -> Quirk:
    steps = CHAT.say(*WORDS) + finish(reason) + "data: [DONE]\n\n"
    return ok(f"finish_reason: {reason}", lambda _: [steps], gets)


CHAT_ONLY: Final = [
    *(_ends_with(reason, gets) for reason, gets in _FINISH.items()),
    _ends_with(""),
    _ends_with(None),
    _ends_with(7),
    ok("an empty finish_reason and no [DONE]", lambda wire: [wire.say(*WORDS) + finish("")]),
    ok(
        "an empty finish_reason in every chunk",
        lambda _: ["".join(choice(delta={"content": word}, finish_reason="") for word in WORDS)],
        Kindly.APOLOGY,
    ),
    ok("no usage, and the connection lingers", lambda wire: [wire.say(*WORDS) + finish("stop"), Then.LINGER]),
    ok("usage with the last words", lambda _: [_with_usage(), Then.LINGER]),
    ok("a delta null with the end", lambda wire: [wire.say(*WORDS) + choice(delta=None, finish_reason="stop")]),
    ok(
        "the whole message again at the end",
        lambda wire: [wire.say(*WORDS) + choice(message={"content": CAT}, finish_reason="stop")],
    ),
    ok("choices as an object", lambda wire: [data({"choices": {"delta": {"content": CAT}, "finish_reason": "stop"}})]),
    ok("a text instead of a delta", lambda _: [choice(text=CAT, finish_reason="stop")]),
    ok("an answer in the refusal", lambda wire: [choice(delta={"content": None, "refusal": CAT}) + finish("stop")]),
]


def _with_usage() -> str:
    last = {"index": 0, "delta": {"content": CAT}, "finish_reason": "stop"}
    return data({"choices": [last], "usage": {"prompt_tokens": 10, "completion_tokens": 5}})


RESPONSES_ONLY: Final = [
    ok("completed without a response", lambda wire: [wire.say(*WORDS) + event("response.completed", response=None)]),
    ok("completed with a list", lambda wire: [wire.say(*WORDS) + event("response.completed", response=[1])]),
    ok(
        "cut off at its limit",
        lambda wire: [wire.say(*WORDS) + completed("incomplete", incomplete_details={"reason": "max_tokens"})],
    ),
    ok("cut off without a reason", lambda wire: [wire.say(*WORDS) + completed("incomplete", incomplete_details=None)]),
    ok(
        "stopped by a filter",
        lambda wire: [wire.word("Mimi") + completed("incomplete", incomplete_details={"reason": "content_filter"})],
        Kindly.FILTERED,
    ),
    ok(
        "failed", lambda wire: [wire.word("Mimi") + completed("failed", error={"code": "server_error"})], Kindly.APOLOGY
    ),
    ok("failed without an error", lambda wire: [wire.word("Mimi") + completed("failed")], Kindly.APOLOGY),
    ok("failed for a filter", lambda wire: [completed("failed", error={"code": "content_filter"})], Kindly.FILTERED),
    ok("words in the end only", lambda _: [event("response.completed", response=RESPONSES.whole(CAT))]),
    ok("words without deltas", lambda wire: [event("response.output_text.done", text=CAT) + wire.end()]),
    ok("no end after the whole text", lambda wire: [wire.say(*WORDS) + event("response.output_text.done", text=CAT)]),
    ok(
        "types in the events' names only",
        lambda wire: [f"event: response.output_text.delta\n{data({'delta': CAT})}" + wire.end()],
    ),
]

OF: Final = {"chat": (CHAT, [*EITHER, *CHAT_ONLY]), "responses": (RESPONSES, [*EITHER, *RESPONSES_ONLY])}
"""The wire format and the quirks by the value of PARLEY_MODEL_API."""
