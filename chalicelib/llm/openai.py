"""The client of OpenAI and of all servers with the same API, over the OpenAI SDK; only the worker imports it.

There are two wire formats: Responses, which OpenAI recommends, and Chat Completions, which all compatible servers
support. `openai_request` builds the requests, `openai_stream` reads the streams, `openai_errors` translates errors.
"""

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

import httpx2
import openai

from chalicelib.access.budget import Price
from chalicelib.conversation.prompt import Finished, ModelEvent, Prompt
from chalicelib.errors import ModelBusy, ModelError, ModelFault, ModelUnusable
from chalicelib.llm import openai_request, openai_stream
from chalicelib.llm.health import ModelInfo
from chalicelib.llm.openai_errors import translated
from chalicelib.llm.openai_request import Api

_CONNECT_S = 3.0
_RETRIES = 1
_LOOK_UP_S = 10.0


@dataclass(frozen=True)
class OpenAIModel:
    """Implements `conversation.ports.Model` with one OpenAI-compatible server."""

    name: str
    effort: str
    """The reasoning effort; empty for servers that do not know the parameter, which is then not sent."""
    api: Api
    client: Callable[[], openai.OpenAI]
    """Called for each request, so that a renewed API key is used."""
    price: Price
    provider: str = "openai"
    """OpenTelemetry's name of the API, which is the same on every compatible server."""
    monotonic: Callable[[], float] = time.monotonic

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        deadline = self.monotonic() + seconds
        finished = False
        with translated():
            # The SDK retries a request that fails before its first byte: all tries together must fit.
            timeout = httpx2.Timeout(seconds / (_RETRIES + 1), connect=_CONNECT_S)
            client = self.client().with_options(timeout=timeout, max_retries=_RETRIES)
            for event in self._stream(client, prompt):
                finished = isinstance(event, Finished)
                yield event
                if not finished and self.monotonic() > deadline:
                    raise ModelBusy("the answer took too long")
        if not finished:
            raise ModelBusy("the stream broke off")

    def _stream(self, client: openai.OpenAI, prompt: Prompt) -> Iterator[ModelEvent]:
        body = openai_request.body(self.api, self.name, self.effort, prompt)
        if self.api == "responses":
            with client.responses.create(**body) as stream:
                yield from openai_stream.responses(stream)
        else:
            with client.chat.completions.create(**body) as stream:
                yield from openai_stream.chat(stream)


@dataclass(frozen=True)
class OpenAICatalogue:
    """Implements `llm.health.Catalogue` with one OpenAI-compatible server."""

    name: str
    is_openai: bool
    """Whether a model can be looked up by name; other servers list models, if at all, and may have unlisted ones."""
    client: Callable[[], openai.OpenAI]

    def find(self) -> ModelInfo:
        path = f"/models/{quote(self.name, safe='')}" if self.is_openai else "/models"
        try:
            with translated():
                timeout = httpx2.Timeout(_LOOK_UP_S, connect=_CONNECT_S)
                # Not parsed by the SDK: its types do not fit what other servers send.
                found = self.client().with_options(timeout=timeout, max_retries=0).get(path, cast_to=object)
        except ModelUnusable as exc:
            if self.is_openai or exc.cause != ModelFault.MISSING:
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


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
