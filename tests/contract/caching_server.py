"""A stand-in of OpenAI that keeps prompts as its cache does since gpt-5.6, and bills what its guide says.

A token has four bytes here. A beginning is kept up to each breakpoint: the marked ones, and the latest message of the
person or of a tool. It is found again at those only, under the same key and model, for half an hour.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2

from chalicelib.access.budget import Usage
from tests.contract.openai_server import sse

KEPT_S: Final = 30 * 60
LEAST_TOKENS: Final = 1024
Answer = Callable[[dict[str, Any]], tuple[str, Sequence[dict[str, Any]]]]
"""Returns the words of an answer, and the calls: names and arguments."""


def words_only(_: dict[str, Any]) -> tuple[str, Sequence[dict[str, Any]]]:
    return "Mimi is your cat.", ()


@dataclass
class CachingServer:
    """Answers in both wire formats, and remembers what it billed."""

    clock: Callable[[], float]
    """In seconds."""
    answer: Answer = words_only
    refuses: Callable[[dict[str, Any]], httpx2.Response | None] = lambda _: None
    billed: list[tuple[str, Usage]] = field(default_factory=list)
    """The model and the usage of each answer."""
    _kept: dict[str, float] = field(default_factory=dict)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content)
        if refusal := self.refuses(body):
            return refusal
        said, calls = self.answer(body)
        usage = self._usage(body, said, calls)
        self.billed.append((body["model"], usage))
        in_chat = request.url.path.endswith("completions")
        return sse(*(_chat if in_chat else _responses)(said, calls, usage), done=in_chat)

    def _usage(self, body: dict[str, Any], said: str, calls: Sequence[dict[str, Any]]) -> Usage:
        blocks = list(_blocks(body))
        total = sum(tokens for _, tokens, _ in blocks)
        latest = max((place for place, (text, *_) in enumerate(blocks) if _is_from_outside(text)), default=-1)
        reached, found, last, digest = 0, 0, 0, hashlib.sha256(f"{body['prompt_cache_key']}{body['model']}".encode())
        to_keep: list[str] = []
        for place, (text, tokens, is_marked) in enumerate(blocks):
            digest.update(text.encode())
            reached += tokens
            if reached >= LEAST_TOKENS and self._kept.get(digest.hexdigest(), 0) > self.clock():
                found = reached
            if reached >= LEAST_TOKENS and (is_marked or place == latest):
                last = reached
                to_keep.append(digest.hexdigest())
        self._kept |= dict.fromkeys(to_keep, self.clock() + KEPT_S)
        return Usage(total, found, _tokens(said + json.dumps(list(calls))), max(0, last - found))


def _blocks(body: dict[str, Any]) -> Iterator[tuple[str, int, bool]]:
    """Yield the parts of the prompt in their order: their text, their tokens, and whether a breakpoint follows."""
    first = [{"role": "developer", "content": body["instructions"]}] if "instructions" in body else []
    for part in [{"tools": body.get("tools", [])}, *first, *body.get("input", body.get("messages", []))]:
        text, content = json.dumps(part, sort_keys=True), part.get("content")
        words = "".join(one["text"] for one in content) if isinstance(content, list) else content
        yield text, _tokens(words if isinstance(words, str) else text), "prompt_cache_breakpoint" in text


def _is_from_outside(text: str) -> bool:
    part = json.loads(text)
    return part.get("role") in ("user", "tool") or part.get("type") == "function_call_output"


def _tokens(text: str) -> int:
    return -(-len(text.encode()) // 4)


def _chat(said: str, calls: Sequence[dict[str, Any]], usage: Usage) -> list[dict[str, Any]]:
    pieces = [
        {"index": place, "id": f"call_{place}", "type": "function", "function": call}
        for place, call in enumerate(calls)
    ]
    delta = {"content": said or None} | ({"tool_calls": pieces} if pieces else {})
    details = {"cached_tokens": usage.cached, "cache_write_tokens": usage.written}
    used = {"prompt_tokens": usage.input, "completion_tokens": usage.output, "prompt_tokens_details": details}
    end = {"index": 0, "delta": {}, "finish_reason": "tool_calls" if calls else "stop"}
    return [{"choices": [{"index": 0, "delta": delta}]}, {"choices": [end]}, {"choices": [], "usage": used}]


def _responses(said: str, calls: Sequence[dict[str, Any]], usage: Usage) -> list[dict[str, Any]]:
    items = [{"type": "function_call", "call_id": f"call_{place}", **call} for place, call in enumerate(calls)]
    details = {"cached_tokens": usage.cached, "cache_write_tokens": usage.written}
    used = {"input_tokens": usage.input, "output_tokens": usage.output, "input_tokens_details": details}
    words = [{"type": "response.output_text.delta", "delta": said}] if said else []
    done = [
        {"type": "response.output_item.done", "output_index": place, "item": item} for place, item in enumerate(items)
    ]
    return [*words, *done, {"type": "response.completed", "response": {"status": "completed", "usage": used}}]
