"""What a stand-in was asked, in order, and how it shall answer."""

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Call:
    """One recorded call; `n` grows by one, `at` is in milliseconds since 1970."""

    n: int
    at: int
    method: str
    path: str
    body: Any
    status: int
    first_token_at: int | None = None
    """When the first words of a streamed answer were sent."""


@dataclass(frozen=True)
class Failure:
    """An answer in place of the real one, so many times."""

    status: int
    body: Any = None
    times: int = 1


@dataclass
class Behaviour:
    """How a stand-in answers from now on."""

    delay_ms: int = 0
    failures: deque[Failure] = field(default_factory=deque)
    answer: str | None = None
    tokens_per_second: float | None = None
    """How fast an answer is streamed; a token is a word."""

    @classmethod
    def of(cls, wanted: Mapping[str, Any]) -> "Behaviour":
        """Read from JSON. Raises ValueError, KeyError or TypeError when it is no behaviour."""
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
        """The failure for this call, used up once."""
        while self.failures:
            failure = self.failures.popleft()
            if failure.times > 0:
                self.failures.appendleft(Failure(failure.status, failure.body, failure.times - 1))
                return failure
        return None

    def as_json(self) -> dict[str, Any]:
        """What `of` reads."""
        return {**asdict(self), "failures": [asdict(failure) for failure in self.failures]}


class Recorder:
    """The calls of one stand-in."""

    def __init__(self) -> None:
        self.behaviour = Behaviour()
        self._calls: list[Call] = []
        self._last = 0
        self._lock = threading.Lock()

    def record(self, method: str, path: str, body: Any, status: int) -> Call:
        """Keep a call."""
        with self._lock:
            self._last += 1
            call = Call(self._last, _now(), method, path, body, status)
            self._calls.append(call)
        return call

    def answering(self, call: Call) -> None:
        """The first words of the answer to a call are sent now."""
        with self._lock:
            self._calls = [replace(kept, first_token_at=_now()) if kept is call else kept for kept in self._calls]

    def since(self, n: int) -> Sequence[Call]:
        """Calls after the `n`-th, oldest first."""
        return [call for call in self._calls if call.n > n]

    def reset(self) -> None:
        """Forget all calls and behave again; numbers go on."""
        with self._lock:
            self._calls = []
        self.behaviour = Behaviour()


def _now() -> int:
    return time.time_ns() // 1_000_000
