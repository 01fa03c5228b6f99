"""A server that speaks OpenAI's two wire formats, and OpenAI's model in each situation of the contract."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import openai

from chalicelib.llm.kept_connections import KeptConnections
from chalicelib.llm.openai import OpenAIModel
from chalicelib.llm.openai_request import Api
from chalicelib.llm.prices import FREE
from tests.contract.models import WORDS, Situation

_MADE: list[KeptConnections] = []


def sse(*events: Any, done: bool = True) -> httpx2.Response:
    lines = [f"data: {json.dumps(event)}\n\n" for event in events] + (["data: [DONE]\n\n"] if done else [])
    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, text="".join(lines))


def chat(*words: str, finish: str | None = "stop", field: str = "content") -> httpx2.Response:
    base = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    deltas = [{**base, "choices": [{"index": 0, "delta": {field: word}, "finish_reason": None}]} for word in words]
    end = [{**base, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}] if finish else []
    used = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 15,
        "prompt_tokens_details": {"cached_tokens": 4},
    }
    return sse(*deltas, *end, *([{**base, "choices": [], "usage": used}] if finish else []), done=bool(finish))


def responses(
    *words: str, kind: str = "response.output_text.delta", end: str | None = "completed", reason: str | None = None
) -> httpx2.Response:
    place = {"item_id": "i", "output_index": 0, "content_index": 0, "logprobs": []}
    deltas = [{"type": kind, "delta": word, "sequence_number": n, **place} for n, word in enumerate(words)]
    usage = {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 15,
    }
    response: dict[str, Any] = {
        "id": "r",
        "object": "response",
        "status": end,
        "model": "m",
        "output": [],
        "usage": usage,
    }
    response |= {"incomplete_details": {"reason": reason}} if reason else {}
    last = [{"type": f"response.{end}", "sequence_number": 99, "response": response}] if end else []
    return sse(*deltas, *last, done=False)


def slowly(answer: httpx2.Response) -> httpx2.Response:
    """The answer up to its first words, and a minute later the next."""

    async def events() -> AsyncIterator[bytes]:
        for event in answer.text.split("\n\n"):
            yield f"{event}\n\n".encode()
            await asyncio.sleep(60)

    return httpx2.Response(answer.status_code, headers={"content-type": "text/event-stream"}, content=events())


def thinking(api: Api) -> httpx2.Response:
    """Thoughts, of which none is for the person, five a second for a minute."""
    thought: dict[str, Any] = {"choices": [{"index": 0, "delta": {"reasoning_content": "Hm. "}, "finish_reason": None}]}
    if api == "responses":
        thought = {"type": "response.reasoning_summary_text.delta", "delta": "Hm. "}

    async def events() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield f"data: {json.dumps(thought)}\n\n".encode()
            await asyncio.sleep(0.2)

    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=events())


def breaking(answer: httpx2.Response, odd: Exception) -> httpx2.Response:
    """The answer, whose connection then raises an error."""

    async def events() -> AsyncIterator[bytes]:
        yield answer.text.encode()
        raise odd

    return httpx2.Response(answer.status_code, headers={"content-type": "text/event-stream"}, content=events())


def error(
    status: int, code: str | None = None, *, param: str | None = None, message: str = "no", kind: str = "t"
) -> httpx2.Response:
    said = {"message": message, "type": kind, "code": code, "param": param}
    return httpx2.Response(status, json={"error": said})


class Server:
    """Answers with what it is given, in turn, and remembers what it was asked."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, Any]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append((request.url.path, json.loads(request.content)))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def model(
    api: Api,
    server: Callable[[httpx2.Request], httpx2.Response],
    *,
    name: str = "gpt-6-luna",
    effort: str = "none",
    is_openai: bool = True,
    renew: Callable[[], bool] = bool,
) -> OpenAIModel:
    made = OpenAIModel(
        name=name,
        effort=effort,
        api=api,
        connections=KeptConnections(lambda: httpx2.AsyncClient(transport=httpx2.MockTransport(server))),
        client=lambda http: openai.AsyncOpenAI(api_key="k", base_url="http://model/v1", http_client=http),
        price=FREE,
        is_openai=is_openai,
        renew=renew,
    )
    return closed_after_use(made)


def closed_after_use(model: OpenAIModel) -> OpenAIModel:
    """The model, whose connections and event loop are closed at the end of the test."""
    closed_later(model.connections)
    return model


def closed_later(connections: KeptConnections) -> KeptConnections:
    """The connections, which are closed at the end of the test, with their event loop."""
    _MADE.append(connections)
    return connections


def close_all() -> None:
    """Close all connections that a test has made."""
    while _MADE:
        _MADE.pop().close()


def openai_model(api: Api, situation: Situation) -> OpenAIModel:
    """OpenAI's model, asked in this wire format while its provider is in this situation."""
    return model(api, Server(*_answers(api, situation)))


def _answers(api: Api, situation: Situation) -> list[httpx2.Response]:
    whole = _stream(api, *WORDS)
    return {
        Situation.ANSWERS: [whole],
        Situation.SLOW: [slowly(whole)],
        Situation.THINKS: [thinking(api)],
        Situation.TOO_LONG: [_cut_short(api, "length", "max_output_tokens")],
        Situation.FILTERED: [_cut_short(api, "content_filter", "content_filter")],
        Situation.BREAKS_OFF: [chat(WORDS[0], finish=None) if api == "chat" else responses(WORDS[0], end=None)],
        Situation.BUSY: [error(503), error(503)],
        Situation.KEY_REFUSED: [error(401, "invalid_api_key")],
        Situation.NO_CREDIT: [error(429, "insufficient_quota"), error(429, "insufficient_quota")],
        Situation.MODEL_UNKNOWN: [error(404, "model_not_found")],
        Situation.REFUSED: [error(400, "invalid_type")],
    }[situation]


def _stream(api: Api, *words: str) -> httpx2.Response:
    return chat(*words) if api == "chat" else responses(*words)


def _cut_short(api: Api, finish: str, reason: str) -> httpx2.Response:
    return chat(WORDS[0], finish=finish) if api == "chat" else responses(WORDS[0], end="incomplete", reason=reason)
