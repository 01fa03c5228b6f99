"""One JSON line a stage on standard output; the only place that logs, and nothing of people's words gets here.

A line's values are words of ours, numbers and hashes. Errors appear by type, and with their message only when it is
one of ours, because foreign messages repeat what they were given.
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
    """While it lasts, lines carry the id under which Lambda knows this run, and `cold` in a process's first one.

    A thread of its own needs a copy of the context: `copy_context().run`.
    """
    cold: dict[str, Value] = {"cold": True} if next(_STARTS) == 0 else {}
    token = _INVOCATION.set({"request_id": request_id, **cold})
    try:
        yield
    finally:
        _INVOCATION.reset(token)


@dataclass(frozen=True)
class Log:
    """Writes lines. `key` makes the pseudonyms of people, so that they cannot be guessed back."""

    key: Callable[[], str] = field(repr=False)
    deployment: str
    """Whose metrics they are, `prod` or `dev`; a line's own `stage` is a step of the work."""
    stream: Callable[[], TextIO] = lambda: sys.stdout
    now: Callable[[], float] = time.time
    always: Mapping[str, Value] = field(default_factory=dict)
    """Fields of every line."""

    def __call__(self, stage: str, **values: Value) -> None:
        """Log one stage, with the metrics that `metrics.METRICS` finds in its fields."""
        now = self.now()
        fields = {**self.always, **values}
        found = metrics.embedded(stage, fields, deployment=self.deployment, at=int(now * 1000))
        line = {"ts": round(now, 3), "stage": stage, **(_INVOCATION.get() or {}), **fields, **found}
        self.stream().write(_encode(line) + "\n")
        self.stream().flush()

    @contextmanager
    def call(self, name: str, clock: Callable[[], int], **found: Value) -> Iterator[dict[str, Value]]:
        """Log what was asked of the door in one line, however it ends, with what is found in it meanwhile."""
        started = clock()
        found = {"call": name, **found}
        try:
            yield found
        except Exception as exc:
            self.failure("door", exc, **found, outcome="failed", ms=clock() - started)
            raise
        self("door", **found, outcome="ok", ms=clock() - started)

    def failure(self, stage: str, error: BaseException, **values: Value) -> None:
        """Log an error that is handled or about to be raised again."""
        words = str(error) if isinstance(error, ParleyError) else ""
        self(stage, error=type(error).__name__, message=words, **values)

    def about(self, turn: TurnId, person: PersonId) -> "Log":
        """The same log for lines about one turn: they carry its correlation and the person's pseudonym."""
        return replace(self, always={**self.always, "corr": correlation(turn), "person": self.pseudonym(person)})

    def pseudonym(self, name: PersonId | ConversationId) -> str:
        """The same 16 hex digits for the same name, and nothing else about it."""
        return hmac.digest(self.key().encode(), name.encode(), "sha256").hex()[:16]


def correlation(turn: TurnId) -> str:
    """What all lines about one turn share."""
    return turn.rpartition("#")[2][:16]
