"""Simulates OpenAI's API: both wire formats, streamed. Each answer quotes the conversation that it received."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from chalicelib.settings.stage import Settings
from scripts.simulator import model_tools, voices
from scripts.simulator.model_tools import Asked, Called
from scripts.simulator.moderation import verdict_on
from scripts.simulator.notes import summary_for
from scripts.simulator.recorder import Call, Recorder
from scripts.simulator.samples import sample_for

_WORD_S = 0.02
_MAX_STREAM_S = 3.0
_MARK = re.compile(r"\[([0-9a-f]{8})\] ")
_OFFER = "Say “show me a table”, “code”, “a list”, “mathematics” or “something long” to see how such an answer looks."
_SIGNATURE = f"I am {voices.REMARK}. Start the demo with OPENAI_API_KEY set to get answers of a real one."


class ModelServer:
    """A server that is compatible with OpenAI."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.models = [Settings.from_env({}).model.name]
        """The models that it lists; it accepts any name."""

    def routes(self) -> list[Route]:
        """Return the routes below the base URL."""
        return [
            Route("/chat/completions", self._chat, methods=["POST"]),
            Route("/responses", self._responses, methods=["POST"]),
            Route("/moderations", self._moderate, methods=["POST"]),
            Route("/models", self._list),
        ]

    async def _list(self, _: Request) -> Response:
        models = [{"id": name, "object": "model", "created": 0, "owned_by": "parley"} for name in self.models]
        return JSONResponse({"object": "list", "data": models})

    async def _moderate(self, request: Request) -> Response:
        body = await request.json()
        self.recorder.record("POST", request.url.path.removeprefix("/openai"), body, 200)
        await asyncio.sleep(self.recorder.behaviour.delay_ms / 1000)
        return JSONResponse(verdict_on(body))

    async def _chat(self, request: Request) -> Response:
        body = await request.json()
        return await self._answer(request, body, model_tools.asked_in_chat(body), _chat_events)

    async def _responses(self, request: Request) -> Response:
        body = await request.json()
        return await self._answer(request, body, model_tools.asked_in_responses(body), _responses_events)

    async def _answer(self, request: Request, body: Any, asked: Asked, events: Any) -> Response:
        behaviour = self.recorder.behaviour
        failure = behaviour.next_failure()
        path = request.url.path.removeprefix("/openai")
        call = self.recorder.record("POST", path, body, failure.status if failure else 200)
        await asyncio.sleep(behaviour.delay_ms / 1000)
        if failure:
            error = {"error": {"message": "as you wished", "type": "simulator", "code": None}}
            return JSONResponse(failure.body or error, failure.status)
        calls = asked.calls() if behaviour.answer is None else []
        text = _text(asked, calls, _instructions(body)) if behaviour.answer is None else behaviour.answer
        if not body.get("stream"):
            self.recorder.answering(call)
            return JSONResponse(_whole(text, body, calls))
        words = self._said(call, text, behaviour.tokens_per_second)
        return StreamingResponse(events(words, text, body, calls), media_type="text/event-stream")

    async def _said(self, call: Call, text: str, pace: float | None) -> AsyncIterator[str]:
        self.recorder.answering(call)
        async for word in _pieces(text, pace):
            yield word


def _instructions(body: Mapping[str, Any]) -> str:
    first: Mapping[str, Any] = next(iter(body.get("messages", ())), {})
    return str(body.get("instructions") or (first.get("content", "") if first.get("role") == "system" else ""))


def _text(asked: Asked, calls: Sequence[Called], instructions: str) -> str:
    """Return the words of the answer: what the tools gave, nothing before they are called, else what was said.

    A persona that the fake model knows speaks in its own voice; for others the answer quotes the conversation.
    """
    if calls:
        return ""
    if notes := summary_for(instructions, asked.said):
        return notes
    if asked.results:
        given = [model_tools.without_fence(text) for _, text in asked.results]
        return voices.told(instructions, given) or f"{model_tools.told(asked.results)}\n({_SIGNATURE})"
    return voices.answer(instructions, asked.said) or answer_to(asked.said)


def answer_to(said: Sequence[tuple[str, str]]) -> str:
    """Write an answer that a person can check: it quotes the question and up to three earlier ones.

    In a room it says who wrote those of others, by the marks of the messages. A question that asks for a sample, such
    as a table, gets that.
    """
    asked = [_by_whom(text) for role, text in said if role == "user"]
    (writer, question), before = asked[-1], asked[-4:-1]
    if sample := sample_for(question):
        return f"{sample}\n({_SIGNATURE})"
    if not before:
        return f"You wrote “{_short(question)}”. It is the first message of this conversation. {_SIGNATURE} {_OFFER}"
    earlier = ", then ".join(
        (f"{_subject(by, writer)} wrote " if number == 0 or by != before[number - 1][0] else "") + f"“{_short(text)}”"
        for number, (by, text) in enumerate(before)
    )
    return f"You wrote “{_short(question)}”. Before that {earlier}. ({_SIGNATURE})"


def _by_whom(text: str) -> tuple[str, str]:
    """Return the mark of a message's writer, empty without one, and the words."""
    marked = _MARK.match(text)
    return (marked[1], text[marked.end() :]) if marked else ("", text)


def _subject(writer: str, you: str) -> str:
    return "you" if writer == you else writer


def _short(text: str, limit: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


async def _pieces(text: str, pace: float | None) -> AsyncIterator[str]:
    """Yield word after word at fixed times, so that the total time does not depend on the machine's load."""
    if not text:
        return
    words = re.findall(r"\s*\S+\s*$|\s*\S+", text) or [text]
    pause = 1 / pace if pace else min(_WORD_S, _MAX_STREAM_S / len(words))
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number, word in enumerate(words, start=1):
        yield word
        await asyncio.sleep(began + number * pause - loop.time())


def _whole(text: str, body: Mapping[str, Any], calls: Sequence[Called]) -> Mapping[str, Any]:
    """Return an answer of Chat Completions that is not streamed, as the emulator's Bedrock asks for it."""
    message = {"role": "assistant", "content": text, "tool_calls": model_tools.whole_calls(calls)}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
    base = {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": body["model"]}
    return {**base, "choices": [choice], "usage": _chat_usage(text, body)}


def _chat_usage(text: str, body: Mapping[str, Any]) -> Mapping[str, int]:
    used = _tokens(json.dumps(body)), _tokens(text)
    return {"prompt_tokens": used[0], "completion_tokens": used[1], "total_tokens": sum(used)}


async def _chat_events(
    words: AsyncIterator[str], text: str, body: Mapping[str, Any], calls: Sequence[Called]
) -> AsyncIterator[str]:
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": body["model"]}
    async for word in words:
        yield _event({**base, "choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]})
    for delta in model_tools.call_chunks(calls):
        yield _event({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    reason = "tool_calls" if calls else "stop"
    yield _event({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    yield _event({**base, "choices": [], "usage": _chat_usage(text, body)})
    yield "data: [DONE]\n\n"


async def _responses_events(
    words: AsyncIterator[str], text: str, body: Mapping[str, Any], calls: Sequence[Called]
) -> AsyncIterator[str]:
    where = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    number = 0
    async for word in words:
        number += 1
        yield _event(
            {"type": "response.output_text.delta", "delta": word, "logprobs": [], "sequence_number": number, **where}
        )
    for event in model_tools.call_events(calls):
        number += 1
        yield _event({**event, "sequence_number": number})
    used = _tokens(json.dumps(body)), _tokens(text)
    usage = {
        "input_tokens": used[0],
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": used[1],
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": sum(used),
    }
    response = {"id": "resp_1", "object": "response", "status": "completed", "model": body["model"], "usage": usage}
    yield _event({"type": "response.completed", "sequence_number": number + 1, "response": {**response, "output": []}})


def _event(data: Mapping[str, Any]) -> str:
    name = f"event: {data['type']}\n" if "type" in data else ""
    return f"{name}data: {json.dumps(data)}\n\n"


def _tokens(text: str) -> int:
    return len(text) // 4 + 1
