"""One quirk of a model's server: what it sends, and what a person must get."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from tests.quirks.wire import Wire

CAT: Final = "Mimi is your cat."
WORDS: Final = ("Mimi is ", "your ", "cat.")


class Kindly(Enum):
    """An end without an answer."""

    APOLOGY = "apology"
    FILTERED = "filtered"


@dataclass(frozen=True)
class Pause:
    """Nothing is sent for a while: a share of the time that the model may take."""

    share: float


@dataclass(frozen=True)
class Forever:
    """The same again and again, until the client is gone: ten times a second."""

    text: str


class Then(Enum):
    """What happens to the connection."""

    CUT = "it is reset"
    LINGER = "it stays open until the client closes it"


Step = str | bytes | Pause | Forever | Then
EVENT_STREAM: Final = ("Content-Type: text/event-stream",)


@dataclass(frozen=True)
class Response:
    """What is sent for one request."""

    steps: Sequence[Step]
    headers: Sequence[str] = EVENT_STREAM
    status: str = "200 OK"


@dataclass(frozen=True)
class Quirk:
    """A row of the table."""

    name: str
    play: Callable[[Wire], Sequence[Response]]
    """The responses to the first and the second request; the last one is repeated."""
    gets: str | Kindly = CAT
    calls: int = 1
    """How many requests it may take."""
    takes_all_time: bool = False
    """Whether the server never comes to an end by itself."""
    is_slow: bool = False
    """Whether the server takes most of the time and comes to an end."""
    has_more: bool = False
    """Whether the answer only begins with `gets`."""
    is_lost: bool = False
    """Whether the connection ends without a response, so that the turn is asked again."""


def ok(name: str, steps: Callable[[Wire], Sequence[Step]], gets: str | Kindly = CAT) -> Quirk:
    """A quirk of a stream that begins well."""
    return Quirk(name, lambda wire: [Response(steps(wire))], gets)


def endless(name: str, steps: Callable[[Wire], Sequence[Step]]) -> Quirk:
    """A stream that begins well and has no end."""
    return Quirk(name, lambda wire: [Response(steps(wire))], Kindly.APOLOGY, takes_all_time=True)


def slow(name: str, steps: Callable[[Wire], Sequence[Step]]) -> Quirk:
    """A stream that takes most of the time."""
    return Quirk(name, lambda wire: [Response(steps(wire))], is_slow=True)


def refused(name: str, status: str, *headers: str, then: str | Kindly = Kindly.APOLOGY, calls: int = 2) -> Quirk:
    """A server that first responds with this status; with `then` as an answer, it answers the second request."""

    def play(wire: Wire) -> Sequence[Response]:
        first = Response(['{"error": {"message": "no"}}'], ("Content-Type: application/json", *headers), status)
        return [first, Response([wire.say(*WORDS) + wire.end()])] if isinstance(then, str) else [first]

    return Quirk(name, play, then, calls)
