"""Asks the real model for a word when the demo starts, and says what is wrong if none comes, and what to do."""

import errno
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from chalicelib.errors import ModelBusy, ModelError, ModelFault, ModelRefused, ModelUnusable

_SECONDS: Final = 60.0
"""A model on this machine may have to load first."""
_MOST_TOKENS: Final = 16
_MOST_NAMES: Final = 3
_MOST_NAME: Final = 60


@dataclass(frozen=True)
class Problem:
    """Why the model does not answer, and what the owner can do; sentences for the terminal and the pages."""

    reason: str
    cure: str


def place_of(base_url: str) -> str:
    """Return the address of a model's server as it is shown: without a name and password in it."""
    parts = urlsplit(base_url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def ask() -> Problem | None:
    """Ask the model that the settings name one short question; return what is wrong, None if it answers.

    It is not asked if the day's budget has no room. Call it in a process that may read the key.
    """
    from chalicelib.bootstrap import clients, worker  # noqa: PLC0415 (slow, and reads the environment)
    from chalicelib.llm.question import QUESTION  # noqa: PLC0415

    chosen = clients.settings().model
    try:
        if _has_room(len(QUESTION)):
            _listen(worker.model(), QUESTION)
    except ModelError as exc:
        return problem(exc, name=chosen.name, place=place_of(chosen.base_url), others=_others(exc))
    return None


def problem(error: ModelError, *, name: str, place: str, others: tuple[str, ...] = ()) -> Problem:
    """Describe why the model `name` at the address `place` gave no answer; `others` are models that it offers."""
    match error:
        case ModelUnusable():
            return Problem(f"{place} refuses to answer as {name}: {error}.", _cure(error.cause, name, others))
        case ModelBusy() if _was_never_sent(error):
            return Problem(f"{place} cannot be reached: {_hindrance(error)}.", _cure_of_silence(place))
        case ModelBusy():
            return Problem(f"{name} at {place} does not answer yet: {error}.", "It may pass: the demo asks again.")
        case ModelRefused():
            return Problem(f"{place} refuses to answer as {name}: {error}.", "Set PARLEY_MODEL to another model.")
    return Problem(
        f"{place} does not answer as OpenAI's API does: {error}.",
        "Set OPENAI_BASE_URL to the address of such an API; it mostly ends with /v1.",
    )


def _cure(cause: ModelFault, name: str, others: tuple[str, ...]) -> str:
    offered = f", such as {' or '.join(others)}" if others else ""
    return {
        ModelFault.KEY: "Set OPENAI_API_KEY to a valid key, and start the demo again.",
        ModelFault.CREDIT: "Add credit at the model's provider, or raise the spending limit there.",
        ModelFault.VERIFICATION: "Verify the organization at the model's provider, or set PARLEY_MODEL to another.",
        ModelFault.MISSING: f"Set PARLEY_MODEL to a model that the server has{offered}. "
        f"With Ollama, `ollama pull {name}` fetches this one.",
        ModelFault.ACCESS: "Ask for the model in the Bedrock console of the account, or set PARLEY_MODEL to another.",
        ModelFault.ROUTE: "Correct OPENAI_BASE_URL, which mostly ends with /v1, or set PARLEY_MODEL_API to the "
        "protocol that the server has: chat or responses.",
        ModelFault.REFUSED: "Change the setting that this comes from, and start the demo again.",
    }[cause]


def _cure_of_silence(place: str) -> str:
    if place.startswith("https:"):
        return "Check the network, a proxy that this machine needs, and OPENAI_BASE_URL."
    return "Start the model's server (Ollama: `ollama serve`), or correct OPENAI_BASE_URL and start the demo again."


def _was_never_sent(error: ModelError) -> bool:
    from openai import APIConnectionError  # noqa: PLC0415

    from chalicelib.llm.openai_errors import was_never_sent  # noqa: PLC0415

    return isinstance(error.__cause__, APIConnectionError) and was_never_sent(error.__cause__)


def _hindrance(error: ModelError) -> str:
    for cause in _causes(error):
        match cause:
            case ConnectionRefusedError() | OSError(errno=errno.ECONNREFUSED):
                return "nothing listens there"
            case socket.gaierror():
                return "its name is unknown"
            case ssl.SSLError():
                return "no secure connection can be made"
            case TimeoutError():
                return "it gives no response"
    return "no connection can be made"


def _causes(error: BaseException) -> Iterator[BaseException]:
    following: BaseException | None = error
    while following:
        yield following
        following = following.__cause__ or following.__context__


def _has_room(characters: int) -> bool:
    """Take the most that the question can use from the day's budget; return False if that has no room."""
    from chalicelib.access.budget import Usage  # noqa: PLC0415
    from chalicelib.bootstrap import worker  # noqa: PLC0415

    return worker.set_aside(Usage(input=characters, output=_MOST_TOKENS))


def _listen(model: Any, question: str) -> None:
    """Wait for the end of the answer. Raises ModelError."""
    from chalicelib.conversation.prompt import Prompt  # noqa: PLC0415

    prompt = Prompt("Answer in a word.", (), question, _MOST_TOKENS, "demo")
    with closing(model.answer(prompt, seconds=_SECONDS)) as events:
        for _ in events:
            pass


def _others(error: ModelError) -> tuple[str, ...]:
    """Return names of models that the server offers instead of a missing one; none if it does not say."""
    from chalicelib.bootstrap import clients, openai_model, worker  # noqa: PLC0415

    chosen = clients.settings().model
    if chosen.bedrock or not (isinstance(error, ModelUnusable) and error.cause is ModelFault.MISSING):
        return ()
    from openai import OpenAIError  # noqa: PLC0415

    with suppress(OpenAIError):
        match (
            openai_model.catalogue(chosen, worker.secrets())
            .client()
            .with_options(timeout=3, max_retries=0)
            .get("/models", cast_to=object)
        ):
            case {"data": list(models)}:
                names = [model["id"] for model in models if isinstance(model, dict) and "id" in model]
                shown = [name for name in names if isinstance(name, str) and name.isprintable()]
                return tuple(name for name in shown if len(name) <= _MOST_NAME)[:_MOST_NAMES]
    return ()
