"""OpenAI's moderation endpoint, which costs nothing, over the OpenAI SDK; only the worker imports it."""

import json
import math
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import httpx2
import openai

from chalicelib.conversation.moderation import Category, Verdict
from chalicelib.errors import ModelBusy, ModelError
from chalicelib.llm.in_time import in_time
from chalicelib.llm.kept_connections import KeptConnections
from chalicelib.llm.openai_errors import translated

MODEL: Final = "omni-moderation-latest"
_MOST_BYTES: Final = 64 * 1024
"""Of a response; OpenAI's have about 2 KB."""
_KNOWN: Final = frozenset(Category) - {Category.OTHER}
_Stream = openai.AsyncStream[object]


@dataclass(frozen=True)
class OpenAIModeration:
    """Implements `conversation.moderation.Moderation` with the server of the model."""

    connections: KeptConnections
    client: Callable[[httpx2.AsyncClient], openai.AsyncOpenAI]
    """Called for each request, with the client of the connections. Raises ConfigError without a key."""

    def check(self, text: str, *, seconds: float) -> Verdict:
        deadline = time.monotonic() + seconds
        sent = text.encode(errors="replace").decode()
        response, loop = self._response(sent, seconds), self.connections.loop()
        try:
            with closing(in_time(response, loop=loop, left=lambda: deadline - time.monotonic())) as parts:
                return verdict_of(b"".join(part for part in parts if part))
        except ModelError:
            raise
        except TimeoutError as exc:
            raise ModelBusy("the verdict took too long") from exc
        except Exception as exc:
            raise ModelError(f"the verdict makes no sense: {type(exc).__name__}") from exc

    async def _response(self, text: str, seconds: float) -> AsyncIterator[bytes]:
        """Yield the body of the response."""
        with translated():
            stream: _Stream = await self.client(self.connections.client()).post(
                "/moderations",
                body={"model": MODEL, "input": text},
                options={"timeout": seconds, "max_retries": 0, "follow_redirects": False},
                # Read here, and not by the SDK: it would accept a body of any size.
                cast_to=object,
                stream=True,
                stream_cls=_Stream,
            )
            async with stream:
                size = 0
                async for part in stream.response.aiter_bytes():
                    size += len(part)
                    if size > _MOST_BYTES:
                        raise ModelError("the verdict is too long")
                    yield part


def verdict_of(body: bytes) -> Verdict:
    """Parse a response. Raises ModelError, without words of the response, if it is no verdict."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise ModelError(f"the verdict makes no sense: {type(exc).__name__}") from exc
    match document:
        case {"results": [_, *_] as results}:
            verdicts = [_verdict(result) for result in results]
            flagged = frozenset[Category]().union(*(verdict.flagged for verdict in verdicts))
            scores = [verdict.score for verdict in verdicts if verdict.score is not None]
            return Verdict(flagged, max(scores, default=None))
    raise ModelError("the verdict makes no sense: it has no results")


def _verdict(result: Any) -> Verdict:
    match result:
        case {"flagged": bool(is_flagged), "categories": dict(categories), **more} if _KNOWN & categories.keys():
            flagged = frozenset(name for name in _KNOWN if categories.get(name) is True)
            others = frozenset({Category.OTHER}) if is_flagged and not flagged else frozenset[Category]()
            return Verdict(flagged | others, _highest(more.get("category_scores")))
    raise ModelError("the verdict makes no sense: it has no categories")


def _highest(scores: object) -> float | None:
    """Return the highest score, rounded as it is logged; None if there is none from 0 to 1."""
    values: Sequence[Any] = list(scores.values()) if isinstance(scores, Mapping) else []
    numbers = [value for value in values if type(value) in (int, float) and math.isfinite(value) and 0 <= value <= 1]
    return round(max(numbers), 3) if numbers else None
