"""The client of OpenAI and of all servers with the same API, over the OpenAI SDK; only the worker imports it.

There are two wire formats: Responses, which OpenAI recommends, and Chat Completions, which all compatible servers
support. `openai_request` builds the requests, `openai_stream` reads the streams, `openai_errors` translates errors.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import quote

import anyio.lowlevel
import httpx2
import openai

from chalicelib.access.budget import Price
from chalicelib.conversation.prompt import Finished, ModelEvent, Prompt, Waiting
from chalicelib.errors import ModelBusy, ModelError, ModelFault, ModelUnusable
from chalicelib.llm import families, openai_request
from chalicelib.llm.health import ModelInfo
from chalicelib.llm.in_time import in_time
from chalicelib.llm.kept_connections import KeptConnections
from chalicelib.llm.openai_errors import translated
from chalicelib.llm.openai_request import Api
from chalicelib.llm.openai_retry import pause_before_retry
from chalicelib.llm.openai_stream import StreamReader
from chalicelib.llm.patience import REST_S

_Stream = openai.AsyncStream[object]

_CONNECT_S = 3.0
_LINGER_S = 2.0
"""How long the usage may come after the end of an answer."""
_LOOK_UP_S = 10.0


@dataclass(frozen=True)
class OpenAIModel:
    """Implements `conversation.ports.Model` with one OpenAI-compatible server."""

    name: str
    effort: str
    """The reasoning effort; empty for servers that do not know the parameter, which is then not sent."""
    api: Api
    connections: KeptConnections
    client: Callable[[httpx2.AsyncClient], openai.AsyncOpenAI]
    """Called for each request, with the client of the connections. Raises ConfigError without a key."""
    price: Price
    is_openai: bool
    """Whether the server is OpenAI's own, which is sent parameters that others may not know."""
    provider: str = "openai"
    """OpenTelemetry's name of the API, which is the same on every compatible server."""
    renew: Callable[[], bool] = lambda: False
    """Fetches the key again, because it was refused; returns whether there is another one now."""
    requests: int = 2
    """The most that are sent for one answer."""
    asks_busy_again: bool = True
    """Whether the second request may go to a server that was busy with the first one, and not to another model."""
    refused: set[str] = field(default_factory=set)
    """The parameters that the server has refused and is no longer sent, so that it refuses the first question only."""

    @property
    def may_think_unseen(self) -> bool:
        return not families.never_thinks(self.name, self.effort) or openai_request.leaves_out_effort(self.refused)

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        bounds = _Bounds(time.monotonic() + seconds, self.requests)
        body = openai_request.body(self.api, self.name, self.effort, prompt, is_openai=self.is_openai)
        body = openai_request.without(body, self.refused)
        try:
            yield from self._answer(body, prompt, bounds)
        except ModelUnusable as exc:
            other = None if exc.may_be_billed else self._other(body, exc)
            if other is None or not bounds.requests:
                raise
        else:
            return
        yield from self._answer(other, prompt, bounds)

    def warm(self, *, seconds: float) -> None:
        """Import and build what an answer needs, and open its connection if the server is OpenAI's. Raises ModelError.

        OpenAI looks up a model for nothing; another server may charge for a request, or sleep until one comes.
        """
        left, loop = _Bounds(time.monotonic() + seconds, 1).left, self.connections.loop()
        try:
            with closing(in_time(self._greeted(seconds), loop=loop, left=left)) as events:
                deque(events, maxlen=0)
        except TimeoutError as exc:
            raise ModelBusy("the provider took too long") from exc

    async def _greeted(self, seconds: float) -> AsyncIterator[None]:
        """Yield nothing, at the end; a response of any kind shows that the connection is open."""
        with translated(), suppress(openai.APIStatusError):
            client = self.client(self.connections.client())
            await anyio.lowlevel.checkpoint()  # imports what every request waits with
            if self.is_openai:
                await client.get(
                    _path_of(self.name),
                    cast_to=object,
                    options={"timeout": seconds, "max_retries": 0, "follow_redirects": False},
                )
        yield None

    def _other(self, body: dict[str, Any], error: ModelUnusable) -> dict[str, Any] | None:
        """Return the body to ask with after a refusal, which may be the same with another key; None for none."""
        if error.cause is ModelFault.KEY:
            return body if self.renew() else None
        amended = openai_request.amended(body, error)
        if amended is not None:
            self.refused.update(openai_request.lasting(error.names))
        return amended

    def _answer(self, body: dict[str, Any], prompt: Prompt, bounds: "_Bounds") -> Generator[ModelEvent]:
        may_call = bool(prompt.tools) and prompt.may_call
        reader = StreamReader(max_output_tokens=prompt.max_output_tokens, may_call=may_call)
        try:
            yield from self._answer_in_time(body, reader, bounds)
        except ModelError as exc:
            exc.began, exc.requests = bounds.began, self.requests - bounds.requests
            raise

    def _answer_in_time(self, body: dict[str, Any], reader: StreamReader, bounds: "_Bounds") -> Generator[ModelEvent]:
        try:
            with closing(
                in_time(self._events(body, reader, bounds), loop=self.connections.loop(), left=bounds.left)
            ) as events:
                is_finished = False
                for event in events:
                    if not is_finished:
                        yield event or Waiting()
                    is_finished |= isinstance(event, Finished)
        except TimeoutError as exc:
            if not reader.has_end:
                raise ModelBusy("the answer took too long") from exc
        yield from reader.end()

    async def _events(self, body: dict[str, Any], reader: StreamReader, bounds: "_Bounds") -> AsyncIterator[ModelEvent]:
        """Yield events until the answer is complete."""
        with _ending_well(reader):
            async with asyncio.timeout(None) as lingering, self._asked(body, bounds) as stream:
                rest = stream.response.aiter_bytes()
                async for data in rest:
                    for event in reader.feed(data):
                        yield event
                    if reader.is_over:
                        await _read_out(rest)
                        return
                    if reader.has_end and lingering.when() is None:
                        lingering.reschedule(asyncio.get_running_loop().time() + _LINGER_S)
        for event in reader.end():
            yield event

    @asynccontextmanager
    async def _asked(self, body: dict[str, Any], bounds: "_Bounds") -> AsyncIterator[_Stream]:
        """Send the request, once more if it may then succeed, and return its response once that has begun."""
        client = self.client(self.connections.client())
        try:
            stream = await self._send(client, body, bounds)
        except openai.APIError as exc:
            may_send = bounds.requests and self.asks_busy_again
            pause = pause_before_retry(exc, left=bounds.left(), now=time.time()) if may_send else None
            if pause is None:
                raise
            await asyncio.sleep(pause)
            stream = await self._send(client, body, bounds)
        bounds.began = True
        async with stream:
            yield stream

    def _send(self, client: openai.AsyncOpenAI, body: dict[str, Any], bounds: "_Bounds") -> Awaitable[_Stream]:
        left = bounds.left()
        bounds.requests -= 1
        return client.post(
            "/responses" if self.api == "responses" else "/chat/completions",
            body=body,
            options={
                "timeout": httpx2.Timeout(left, connect=min(_CONNECT_S, left)),
                "max_retries": 0,
                "follow_redirects": False,
            },
            # Not parsed by the SDK: its types do not fit what other servers send.
            cast_to=object,
            stream=True,
            stream_cls=_Stream,
        )


@dataclass
class _Bounds:
    """The bounds of one answer."""

    deadline: float
    """On the monotonic clock, in seconds."""
    requests: int
    """How many more may be sent, of two: one after a fault that passes, with a new key, or without what was refused."""
    began: bool = False
    """Whether a response has begun."""

    def left(self) -> float:
        """Return the seconds that are left."""
        return self.deadline - time.monotonic()


@contextmanager
def _ending_well(reader: StreamReader) -> Iterator[None]:
    """Turn every error into a ModelError; ignore what goes wrong after the end of the answer."""
    try:
        with translated():
            yield
    except Exception as exc:
        if reader.has_end and not reader.has_failed:
            return
        if isinstance(exc, ModelError):
            exc.may_be_billed |= reader.has_words
            raise
        raise ModelError(f"the provider's answer makes no sense: {type(exc).__name__}") from exc


@dataclass(frozen=True)
class OpenAICatalogue:
    """Implements `llm.health.Catalogue` with one OpenAI-compatible server."""

    name: str
    is_openai: bool
    """Whether a model can be looked up by name; other servers list models, if at all, and may have unlisted ones."""
    client: Callable[[], openai.OpenAI]

    def find(self) -> ModelInfo:
        path = _path_of(self.name) if self.is_openai else "/models"
        try:
            with translated():
                timeout = httpx2.Timeout(_LOOK_UP_S, connect=_CONNECT_S)
                # Not parsed by the SDK: its types do not fit what other servers send.
                found = self.client().with_options(timeout=timeout, max_retries=0).get(path, cast_to=object)
        except ModelUnusable as exc:
            if self.is_openai or exc.cause not in (ModelFault.MISSING, ModelFault.ROUTE):
                raise
            found = None
        match found:
            case {"id": self.name, **more} if self.is_openai:
                return ModelInfo(listed=True, shutdown=_date(more.get("shutdown_date")))
            case {"data": list(models)} if not self.is_openai:
                listed = any(isinstance(model, dict) and model.get("id") == self.name for model in models)
                return ModelInfo(listed=listed, shutdown=None)
        if self.is_openai:
            raise ModelError("the provider's answer makes no sense: it is not about the model")
        return ModelInfo(listed=None, shutdown=None)


async def _read_out(rest: AsyncIterator[bytes]) -> None:
    """Read what follows a complete answer, if it comes at once: its connection can then be used again."""
    with suppress(TimeoutError):
        async with asyncio.timeout(REST_S):
            async for _ in rest:
                pass


def _path_of(model: str) -> str:
    return f"/models/{quote(model, safe='')}"


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
