"""Records the requests to a fake, and holds how it is to respond."""

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Call:
    """A recorded request; `n` counts them from 1, times are in milliseconds since 1970."""

    n: int
    at: int
    method: str
    path: str
    body: Any
    status: int
    first_token_at: int | None = None
    """The time when the first words of a streamed answer were sent."""


@dataclass(frozen=True)
class Failure:
    """An error response that replaces the usual one, `times` times."""

    status: int
    body: Any = None
    times: int = 1


@dataclass
class Behaviour:
    """How a fake responds from now on."""

    delay_ms: int = 0
    failures: deque[Failure] = field(default_factory=deque)
    answer: str | None = None
    tokens_per_second: float | None = None
    """The speed of a streamed answer; a word counts as a token."""

    @classmethod
    def of(cls, wanted: Mapping[str, Any]) -> "Behaviour":
        """Parse JSON. Raises ValueError, KeyError or TypeError if it is invalid."""
        failures = deque(
            Failure(int(f["status"]), f.get("body"), int(f.get("times", 1))) for f in wanted.get("failures") or ()
        )
        answer, pace = wanted.get("answer"), wanted.get("tokens_per_second")
        if pace is not None and not float(pace) > 0:
            raise ValueError("tokens_per_second must be positive")
        return cls(
            int(wanted.get("delay_ms") or 0),
            failures,
            None if answer is None else str(answer),
            None if pace is None else float(pace),
        )

    def next_failure(self) -> Failure | None:
        """Take the failure for this request, if there is one, and count it as used."""
        while self.failures:
            failure = self.failures.popleft()
            if failure.times > 0:
                self.failures.appendleft(Failure(failure.status, failure.body, failure.times - 1))
                return failure
        return None

    def as_json(self) -> dict[str, Any]:
        """Serialise to the JSON that `of` parses."""
        return {**asdict(self), "failures": [asdict(failure) for failure in self.failures]}


class Recorder:
    """The recorded requests of one fake."""

    def __init__(self) -> None:
        self.behaviour = Behaviour()
        self._calls: list[Call] = []
        self._last = 0
        self._lock = threading.Lock()

    def record(self, method: str, path: str, body: Any, status: int) -> Call:
        """Record a request and return it with its number."""
        with self._lock:
            self._last += 1
            call = Call(self._last, _now(), method, path, body, status)
            self._calls.append(call)
        return call

    def answering(self, call: Call) -> None:
        """Record that the first words of the answer to a request are sent now."""
        with self._lock:
            self._calls = [replace(kept, first_token_at=_now()) if kept is call else kept for kept in self._calls]

    def since(self, n: int) -> Sequence[Call]:
        """Return the requests after number `n`, oldest first."""
        return [call for call in self._calls if call.n > n]

    def reset(self) -> None:
        """Delete all requests and reset the behaviour; numbers continue."""
        with self._lock:
            self._calls = []
        self.behaviour = Behaviour()


def _now() -> int:
    return time.time_ns() // 1_000_000
