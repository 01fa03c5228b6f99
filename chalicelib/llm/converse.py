"""The client of Amazon Bedrock's Converse, over boto3; only the worker imports it.

`converse_request` builds the requests, `converse_stream` reads the streams, `converse_errors` translates errors.
"""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any

from chalicelib.access.budget import Price
from chalicelib.conversation.prompt import Finished, ModelEvent, Prompt, Waiting
from chalicelib.errors import ModelBusy, ModelError, ModelUnusable
from chalicelib.llm import converse_families, converse_request
from chalicelib.llm.converse_errors import translated
from chalicelib.llm.converse_request import Guardrail
from chalicelib.llm.converse_stream import StreamReader
from chalicelib.llm.in_thread import Reading
from chalicelib.llm.patience import LEAST_ANSWER_S, PAUSE_S, REST_S


@dataclass(frozen=True)
class ConverseModel:
    """Implements `conversation.ports.Model` with a model of Amazon Bedrock, or with an inference profile."""

    name: str
    """The id at Bedrock."""
    effort: str
    """The reasoning effort; empty to send none. It is sent to families that take one."""
    client: Callable[[], Any]
    """The client of `bedrock-runtime`, which sends each request once."""
    price: Price
    guardrail: Guardrail | None = None
    requests: int = 2
    """The most that are sent for one answer."""
    asks_busy_again: bool = True
    """Whether the second request may go to Bedrock if that was busy with the first one, and not to another model."""
    provider: str = "aws.bedrock"
    """OpenTelemetry's name."""
    refused: set[str] = field(default_factory=set)
    """The parameters that Bedrock has refused and is no longer sent, so that it refuses the first question only."""

    @property
    def may_think_unseen(self) -> bool:
        return converse_families.thinks(self.name, self.effort) or converse_request.leaves_out_effort(self.refused)

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        bounds = _Bounds(time.monotonic() + seconds)
        request = converse_request.request(self.name, self.effort, prompt, guardrail=self.guardrail)
        request = converse_request.without(request, self.refused)
        try:
            yield from self._answer(request, prompt, bounds)
        except ModelError as exc:
            other = None if exc.may_be_billed else self._other(request, exc, bounds)
            if other is None or self.requests == 1:
                raise
        else:
            return
        try:
            yield from self._answer(other, prompt, bounds)
        except ModelError as exc:
            exc.requests = 2
            raise

    def warm(self, *, seconds: float) -> None:  # noqa: ARG002 (a part of what each model has)
        """Build what an answer needs; nothing is sent, since Bedrock has no request that is free. Raises ModelError."""
        with translated():
            self.client()

    def _other(self, request: Mapping[str, Any], error: ModelError, bounds: "_Bounds") -> Mapping[str, Any] | None:
        """Return what to send after a failure that cannot be billed, when it is time to send it; None for nothing."""
        is_busy = isinstance(error, ModelBusy) and self.asks_busy_again and self.requests > 1
        if is_busy and bounds.left() >= PAUSE_S + LEAST_ANSWER_S:
            time.sleep(PAUSE_S)
            return request
        amended = converse_request.amended(request, error)
        if amended is not None and isinstance(error, ModelUnusable):
            self.refused.update(error.names)
        return amended

    def _answer(self, request: Mapping[str, Any], prompt: Prompt, bounds: "_Bounds") -> Generator[ModelEvent]:
        may_call = bool(prompt.tools) and prompt.may_call
        reader = StreamReader(converse_request.tool_names(self.name, prompt.tools), may_call=may_call)
        bounds.began = False
        try:
            yield from self._answer_in_time(request, reader, bounds)
        except ModelError as exc:
            exc.began = bounds.began
            exc.may_be_billed |= reader.has_words
            exc.is_slip &= not reader.has_text
            raise

    def _answer_in_time(
        self, request: Mapping[str, Any], reader: StreamReader, bounds: "_Bounds"
    ) -> Generator[ModelEvent]:
        reading = Reading(lambda: self._open(request, bounds))
        with closing(reading.events(reader.feed, left=bounds.left)) as events:
            try:
                for event in events:
                    yield event or Waiting()
                    if isinstance(event, Finished):
                        break
                reader.end()
            except TimeoutError as exc:
                raise ModelBusy("the answer took too long") from exc
            except ModelError:
                raise
            except Exception as exc:
                raise ModelError(f"the provider's answer makes no sense: {type(exc).__name__}") from exc
            bounds.deadline = min(bounds.deadline, time.monotonic() + REST_S)
            with suppress(ModelError, TimeoutError):
                deque(events, maxlen=0)

    def _open(self, request: Mapping[str, Any], bounds: "_Bounds") -> "_Response":
        with translated():
            stream = self.client().converse_stream(**request)["stream"]
        bounds.began = True
        return _Response(stream)


@dataclass
class _Bounds:
    """The bounds of one answer."""

    deadline: float
    """On the monotonic clock, in seconds."""
    began: bool = False
    """Whether a response has begun."""

    def left(self) -> float:
        """Return the seconds that are left."""
        return self.deadline - time.monotonic()


@dataclass(frozen=True)
class _Response:
    """Implements `in_thread.Stream` with a stream of botocore."""

    stream: Any

    def __iter__(self) -> Iterator[Any]:
        with translated():
            yield from self.stream

    def end(self) -> None:
        with suppress(ValueError, RuntimeError, OSError):  # it has ended by itself
            self.stream._raw_stream.shutdown()  # noqa: SLF001 (`close` would wait for the thread that reads)

    def close(self) -> None:
        with suppress(Exception):
            self.stream.close()
