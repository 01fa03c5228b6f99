"""One JSON line a stage on standard output; the only place that logs, and nothing of people's words gets here.

A line's values are words of ours, numbers and hashes. Errors appear by type, and with their message only when it is
one of ours, because foreign messages repeat what they were given.
"""

import hashlib
import hmac
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

from chalicelib.errors import ParleyError
from chalicelib.messages import PersonId, TurnId

Value = str | int | float | bool | None


@dataclass(frozen=True)
class Log:
    """Writes lines. `key` makes the pseudonyms of people, so that they cannot be guessed back."""

    key: Callable[[], str] = field(repr=False)
    stream: Callable[[], TextIO] = lambda: sys.stdout
    now: Callable[[], float] = time.time

    def __call__(self, stage: str, **values: Value) -> None:
        """Log one stage."""
        line = {"ts": round(self.now(), 3), "stage": stage, **values}
        self.stream().write(json.dumps(line) + "\n")
        self.stream().flush()

    def failure(self, stage: str, error: BaseException, **values: Value) -> None:
        """Log an error that is handled or about to be raised again."""
        words = str(error) if isinstance(error, ParleyError) else ""
        self(stage, error=type(error).__name__, message=words, **values)

    def pseudonym(self, person: PersonId) -> str:
        """The same 16 hex digits for the same person, and nothing else about them."""
        return hmac.new(self.key().encode(), person.encode(), hashlib.sha256).hexdigest()[:16]


def correlation(turn: TurnId) -> str:
    """What all lines about one turn share."""
    return turn.rpartition("#")[2][:16]
