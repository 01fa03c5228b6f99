"""Writes log lines: one JSON object for each stage of the work, to standard output. No other module logs.

A line never contains users' text. Its values are fixed words, numbers and hashes. An error is logged by its type; its
message is logged only for a ParleyError, because messages of libraries may quote a request's content.
"""

import hmac
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final, TextIO

from chalicelib import metrics
from chalicelib.errors import ParleyError
from chalicelib.ids import ConversationId, PersonId, TurnId

Value = str | int | float | bool | None

_encode: Final = json.JSONEncoder(separators=(",", ":")).encode
_INVOCATION: Final[ContextVar[Mapping[str, Value] | None]] = ContextVar("invocation", default=None)
_STARTS: Final = count()


@contextmanager
def invocation(request_id: str) -> Iterator[None]:
    """Add Lambda's request id to all lines inside the context, and `cold` in the process's first invocation.

    Another thread sees them only in a copy of the context: `copy_context().run`.
    """
    cold: dict[str, Value] = {"cold": True} if next(_STARTS) == 0 else {}
    token = _INVOCATION.set({"request_id": request_id, **cold})
    try:
        yield
    finally:
        _INVOCATION.reset(token)


@dataclass(frozen=True)
class Log:
    """Writes lines. `key` is the HMAC key of the pseudonyms, without which a person's id cannot be guessed from one."""

    key: Callable[[], str] = field(repr=False)
    deployment: str
    """The deployment's stage (`prod`, `dev`), for the metrics; the `stage` of a line is a step of the work."""
    stream: Callable[[], TextIO] = lambda: sys.stdout
    now: Callable[[], float] = time.time
    always: Mapping[str, Value] = field(default_factory=dict)
    """The fields that every line has."""

    def __call__(self, stage: str, **values: Value) -> None:
        """Log one stage, with the metrics that `metrics.METRICS` has for its fields."""
        now = self.now()
        fields = {**self.always, **values}
        found = metrics.embedded(stage, fields, deployment=self.deployment, at=int(now * 1000))
        line = {"ts": round(now, 3), "stage": stage, **(_INVOCATION.get() or {}), **fields, **found}
        self.stream().write(_encode(line) + "\n")
        self.stream().flush()

    @contextmanager
    def call(self, name: str, clock: Callable[[], int], **found: Value) -> Iterator[dict[str, Value]]:
        """Log a handler's request in one line at its end, with its duration, also when it raises.

        The context yields the line's fields, to which the handler adds what it learns.
        """
        started = clock()
        found = {"call": name, **found}
        try:
            yield found
        except Exception as exc:
            self.failure("door", exc, **found, outcome="failed", ms=clock() - started)
            raise
        self("door", **found, outcome="ok", ms=clock() - started)

    def failure(self, stage: str, error: BaseException, **values: Value) -> None:
        """Log an error that the caller handles or raises again."""
        words = str(error) if isinstance(error, ParleyError) else ""
        self(stage, error=type(error).__name__, message=words, **values)

    def about(self, turn: TurnId, person: PersonId) -> "Log":
        """Return a log whose lines have the turn's correlation id and the person's pseudonym."""
        return replace(self, always={**self.always, "corr": correlation(turn), "person": self.pseudonym(person)})

    def pseudonym(self, name: PersonId | ConversationId) -> str:
        """Return 16 hex digits that are the same for the same id, and from which the id cannot be computed."""
        return hmac.digest(self.key().encode(), name.encode(), "sha256").hex()[:16]


def correlation(turn: TurnId) -> str:
    """Return the correlation id of a turn, 16 hex digits that all its lines share."""
    return turn.rpartition("#")[2][:16]
