"""The two wire formats as a server writes them, line by line."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.access.budget import Usage

USAGE: Final = Usage(input=10, cached=4, output=5)


def data(value: Any) -> str:
    """One event with this value."""
    return f"data: {json.dumps(value)}\n\n"


@dataclass(frozen=True)
class Wire:
    """One wire format: its words, its thoughts, its end, and an answer that is not streamed."""

    word: Callable[[Any], str]
    thought: Callable[[str], str]
    end: Callable[[], str]
    """The orderly end with the usage."""
    end_with_usage: Callable[[Any], str]
    """The end with this instead of the usage."""
    whole: Callable[[str], dict[str, Any]]

    def say(self, *words: Any) -> str:
        return "".join(map(self.word, words))


def choice(**fields: Any) -> str:
    """A chunk of Chat Completions with one choice."""
    return data({"id": "1", "object": "chat.completion.chunk", "choices": [{"index": 0, **fields}]})


def finish(reason: Any) -> str:
    return choice(delta={}, finish_reason=reason)


def event(kind: str, **fields: Any) -> str:
    """An event of Responses."""
    return f"event: {kind}\n{data({'type': kind, **fields})}"


def _chat_usage(usage: Any) -> str:
    return finish("stop") + data({"choices": [], "usage": usage}) + "data: [DONE]\n\n"


def completed(status: str = "completed", **fields: Any) -> str:
    """The last event of Responses."""
    return event(f"response.{status}", response={"object": "response", "status": status, "output": [], **fields})


CHAT_USAGE: Final = {
    "prompt_tokens": 10,
    "completion_tokens": 5,
    "total_tokens": 15,
    "prompt_tokens_details": {"cached_tokens": 4},
}
RESPONSES_USAGE: Final = {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 5}

CHAT: Final = Wire(
    word=lambda word: choice(delta={"content": word}, finish_reason=None),
    thought=lambda thought: choice(delta={"reasoning_content": thought, "content": None}, finish_reason=None),
    end=lambda: _chat_usage(CHAT_USAGE),
    end_with_usage=_chat_usage,
    whole=lambda text: {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": CHAT_USAGE,
    },
)
RESPONSES: Final = Wire(
    word=lambda word: event("response.output_text.delta", delta=word),
    thought=lambda thought: event("response.reasoning_summary_text.delta", delta=thought),
    end=lambda: completed(usage=RESPONSES_USAGE),
    end_with_usage=lambda usage: completed(usage=usage),
    whole=lambda text: {
        "object": "response",
        "status": "completed",
        "output": [{"type": "message", "content": [{"type": "output_text", "text": text}]}],
        "usage": RESPONSES_USAGE,
    },
)
