"""The threads of a simulated process: one runs at a time, and each goes on when it is called on, as processes do."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from chalicelib.channels.web.threads import Condition, Thread
from tests.fakes.adapters import FakeClock
from tests.faults.stage import Actor, Stage


@dataclass(frozen=True)
class StagedThreads:
    """`channels.web.threads.Threads`."""

    stage: Stage
    clock: FakeClock
    starts: Callable[[Callable[[], None]], Actor]

    def condition(self) -> Condition:
        return _StagedCondition(self)

    def start(self, work: Callable[[], None]) -> Thread:
        return _StagedThread(self, self.starts(work))

    def wait_for(self, holds: Callable[[], bool], seconds: float | None) -> bool:
        """Let others go on until it holds."""
        assert self.stage.on, "only a process waits"
        until = inf if seconds is None else self.clock() + round(seconds * 1000)
        return self.stage.on.wait_for(holds, until=until, clock=self.clock)


@dataclass(frozen=True)
class _StagedThread:
    threads: StagedThreads
    actor: Actor

    def join(self) -> None:
        self.threads.wait_for(lambda: self.actor.over, None)


@dataclass(frozen=True)
class _StagedCondition:
    """Nobody has to hold it: no step is made in between, so no other thread goes on."""

    threads: StagedThreads

    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...

    def wait_for(self, predicate: Callable[[], bool], timeout: float | None = None) -> bool:
        return self.threads.wait_for(predicate, timeout)

    def notify_all(self) -> None: ...
