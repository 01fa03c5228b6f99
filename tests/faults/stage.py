"""Where the bot is made to fail: every call of a port is a step, before and after which the process may be gone.

In a row each process runs to its end at once. Side by side each is a greenlet, of which one runs at a time: at each
step it waits until it is called on, so that a schedule is a list of choices and can be repeated. Threads would do as
well, but each change from one to the next would wait for the operating system.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import inf
from typing import Any, Protocol, TypeVar, cast

from greenlet import getcurrent, greenlet

T = TypeVar("T")
P = TypeVar("P")


class Crash(BaseException):
    """The process is gone between two lines; nothing in it can be caught or tidied up."""


class When(Enum):
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Site:
    """One place to fail at: the n-th port call of a story."""

    number: int
    call: str
    when: When

    def __str__(self) -> str:
        return f"{self.when.value} {self.call}"


class Faults(Protocol):
    """Decides where to fail."""

    def at(self, site: Site) -> None:
        """Raise what shall happen here, if anything."""


@dataclass(frozen=True)
class CrashesAt:
    """The process dies at the given steps."""

    numbers: frozenset[tuple[int, When]] = frozenset()

    def at(self, site: Site) -> None:
        if (site.number, site.when) in self.numbers:
            raise Crash


@dataclass
class CrashesEachTime:
    """The process dies at every call of this kind, so many times."""

    call: str
    when: When
    left: int

    def at(self, site: Site) -> None:
        if self.left and (site.call, site.when) == (self.call, self.when):
            self.left -= 1
            raise Crash


@dataclass(eq=False)
class Actor:
    """One process, a Lambda invocation; or one of its threads."""

    name: str
    job: Callable[[], object]
    process: "Actor | None" = None
    """That of a thread."""
    error: BaseException | None = None
    over: bool = False
    killed: bool = False
    waits_for: Callable[[], bool] | None = None
    """What it waits for, if it does not just wait for its turn."""
    waits_until: float = inf
    """When it goes on all the same, in milliseconds since 1970."""
    threads: list["Actor"] = field(default_factory=list)
    _aside: greenlet = field(init=False)

    def __post_init__(self) -> None:
        here = getcurrent()
        self._aside = greenlet(self.run, here.parent or here)

    @property
    def is_dead(self) -> bool:
        """Whether it, or the process that it is a thread of, was killed."""
        return self.killed or (self.process is not None and self.process.killed)

    def may_go_on(self, *, now: int) -> bool:
        """Whether a next step changes anything."""
        return self.waits_for is None or self.is_dead or now >= self.waits_until or self.waits_for()

    def run(self) -> None:
        """From beginning to end."""
        try:
            self.job()
        except BaseException as error:  # noqa: BLE001 (whatever it is, the process is over)
            self.error = error
        self.over = True

    def step(self) -> None:
        """Up to before the next step."""
        self._aside.switch()

    def pause(self) -> None:
        """Called by the process itself: wait to be called on."""
        if not self.is_dead:
            self._aside.parent.switch()
        if self.is_dead:
            raise Crash

    def wait_for(self, holds: Callable[[], bool], *, until: float, clock: Callable[[], int]) -> bool:
        """Let others go on until it holds, or until that time; whether it holds."""
        while not holds():
            if clock() >= until:
                return False
            self.waits_for, self.waits_until = holds, until
            try:
                self.pause()
            finally:
                self.waits_for, self.waits_until = None, inf
        return True


@dataclass
class Stage:
    """Passes each step by the faults, and lets others go first where processes run side by side."""

    faults: Faults = field(default_factory=CrashesAt)
    side_by_side: bool = False
    steps: list[str] = field(default_factory=list)
    on: Actor | None = None
    each: list[Callable[[], None]] = field(default_factory=list)
    """What happens with each step."""

    def step(self, call: str, act: Callable[[], T]) -> T:
        if self.side_by_side and self.on:
            self.on.pause()
        number = len(self.steps)
        self.steps.append(call)
        for happens in self.each:
            happens()
        try:
            self.faults.at(Site(number, call, When.BEFORE))
            result = act()
            self.faults.at(Site(number, call, When.AFTER))
        except Crash:
            self._kill()
            raise
        return result

    def _kill(self) -> None:
        """End the process on stage, with its threads."""
        if self.on:
            (self.on.process or self.on).killed = True

    def sites(self) -> Sequence[Site]:
        """All there were in the story so far."""
        return [Site(number, call, when) for number, call in enumerate(self.steps) for when in When]

    def watched(self, name: str, port: P) -> P:
        """The port, each call of which is a step."""
        return cast("P", _Watched(name, port, self))


class _Watched:
    def __init__(self, name: str, port: object, stage: Stage) -> None:
        self._name, self._port, self._stage = name, port, stage

    def __getattr__(self, method: str) -> Any:
        call = getattr(self._port, method)
        if not callable(call):
            return call
        return lambda *args, **named: self._stage.step(f"{self._name}.{method}", lambda: call(*args, **named))
