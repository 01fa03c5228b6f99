"""AWS Lambda: each execution environment is a process of its own, so that a worker can be killed, time out, or forget.

Environments are forked from a server that has imported the app, are kept for the next invocation, and run one
invocation at a time. A failed asynchronous invocation is repeated twice, after a minute and after two.
"""

import itertools
import json
import multiprocessing
import os
import sys
import threading
import traceback
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, Protocol, TypeVar

from chalice.local import LambdaContext

T = TypeVar("T")

_PROCESSES = multiprocessing.get_context("forkserver")
_PRELOADED = ["app", "openai", "scripts.simulator.warm"]
_RETRY_AFTER_S = (60.0, 120.0)
_MAX_ENVIRONMENTS = 64
_NICENESS = 10


class FunctionFailed(Exception):
    """The function raised, was killed or timed out."""


@dataclass(frozen=True)
class Spec:
    """A deployed function."""

    handler: str
    """Its name in `app.py`."""
    timeout_s: float


class Environment(Protocol):
    """One execution environment: it runs one invocation at a time, and none after it was killed."""

    @property
    def name(self) -> str:
        """The name of its function."""
        ...

    def run(self, event: Any, timeout_s: float) -> Any:
        """Run the function and return its result. Raises FunctionFailed."""
        ...

    def kill(self) -> None:
        """End the process and what runs in it."""
        ...


class Functions:
    """The functions of one stage, invoked by name.

    `prepare` runs in each execution environment before its first event; `start(name, handler)` starts one.
    """

    def __init__(
        self,
        specs: Mapping[str, Spec],
        *,
        prepare: Callable[[], None] | None = None,
        start: Callable[[str, str], Environment] | None = None,
    ) -> None:
        _PROCESSES.set_forkserver_preload(_PRELOADED)
        self._specs = specs
        self._prepare = prepare
        self._start = start or partial(_Process.start, prepare)
        self._idle: dict[str, list[Environment]] = defaultdict(list)
        self._busy: set[Environment] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._pool = ThreadPoolExecutor(_MAX_ENVIRONMENTS, thread_name_prefix="lambda")

    def invoke(self, name: str, event: Any) -> Any:
        """Run a function and return what it returns. Raises FunctionFailed, or KeyError when there is none."""
        spec = self._specs[name]
        environment = self._borrow(name, spec)
        try:
            result = environment.run(event, spec.timeout_s)
        except FunctionFailed:
            environment.kill()
            with self._lock:
                self._busy.discard(environment)
            raise
        with self._lock:
            if environment in self._busy:  # else it was killed after it had returned its result
                self._busy.discard(environment)
                self._idle[name].append(environment)
        return result

    def call(self, function: Callable[[], T], *, timeout_s: float) -> T:
        """Call a function of a module in a process like those of the functions. Raises FunctionFailed."""
        ours, theirs = _PROCESSES.Pipe()
        process = _PROCESSES.Process(target=_call, args=(theirs, function, self._prepare), daemon=True)
        process.start()
        theirs.close()
        try:
            if not ours.poll(timeout_s):
                raise FunctionFailed(f"timed out after {timeout_s:g} s")
            result: T = ours.recv()
        except (EOFError, OSError) as exc:
            raise FunctionFailed("the process died") from exc
        finally:
            process.kill()
        return result

    def invoke_later(self, name: str, event: Any) -> None:
        """Run a function some time soon, as `InvocationType=Event` does. Raises KeyError when there is none."""
        _ = self._specs[name]
        self._pool.submit(self._try, name, event)

    def kill(self, name: str) -> int:
        """End whatever runs in the function's environments at once, as a crash would; how many it were."""
        with self._lock:
            victims = [environment for environment in self._busy if environment.name == name]
            self._busy.difference_update(victims)
        for environment in victims:
            environment.kill()
        return len(victims)

    def close(self) -> None:
        """End everything; nothing is left running."""
        self._closing.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            environments = [*self._busy, *itertools.chain.from_iterable(self._idle.values())]
        for environment in environments:
            environment.kill()

    def _try(self, name: str, event: Any) -> None:
        for pause in (*_RETRY_AFTER_S, None):
            try:
                self.invoke(name, event)
            except FunctionFailed as exc:
                sys.stderr.write(json.dumps({"stage": "lambda", "function": name, "error": str(exc)}) + "\n")
                if pause is None or self._closing.wait(pause):
                    return
            else:
                return

    def _borrow(self, name: str, spec: Spec) -> Environment:
        with self._lock:
            environment = self._idle[name].pop() if self._idle[name] else None
        environment = environment or self._start(name, spec.handler)
        with self._lock:
            self._busy.add(environment)
        return environment


@dataclass(eq=False)
class _Process:
    name: str
    pipe: Connection
    process: Any = field(repr=False)

    @classmethod
    def start(cls, prepare: Callable[[], None] | None, name: str, handler: str) -> "_Process":
        ours, theirs = _PROCESSES.Pipe()
        process = _PROCESSES.Process(target=_serve, args=(theirs, handler, prepare), daemon=True)
        process.start()
        theirs.close()
        ours.recv()  # a cold start is not counted as running
        return cls(name, ours, process)

    def run(self, event: Any, timeout_s: float) -> Any:
        try:
            self.pipe.send((event, int(timeout_s * 1000)))
            if not self.pipe.poll(timeout_s):
                raise FunctionFailed(f"timed out after {timeout_s:g} s")
            failed, result = self.pipe.recv()
        except (EOFError, OSError) as exc:
            raise FunctionFailed("the environment died") from exc
        if failed:
            raise FunctionFailed(result)
        return result

    def kill(self) -> None:
        self.process.kill()


def _serve(pipe: Connection, handler: str, prepare: Callable[[], None] | None) -> None:
    """An environment's life: one event after another until the pipe is closed."""
    sys.stdout = sys.stderr
    os.nice(_NICENESS)  # Lambda's environments do not slow each other down; here the requests shall go first
    os.setpgrp()  # on Ctrl+C the simulator ends this process
    import app  # noqa: PLC0415 (here, not in the process of the simulator)

    function: Callable[[Any, Any], Any] = getattr(app, handler)
    if prepare:
        prepare()
    pipe.send("ready")
    while True:
        try:
            event, timeout_ms = pipe.recv()
        except EOFError:
            return
        pipe.send(outcome(function, event, LambdaContext(handler, 512, timeout_ms)))


def _call(pipe: Connection, function: Callable[[], Any], prepare: Callable[[], None] | None) -> None:
    sys.stdout = sys.stderr
    os.setpgrp()  # on Ctrl+C the simulator ends this process
    if prepare:
        prepare()
    pipe.send(function())


def outcome(function: Callable[[Any, Any], Any], event: Any, context: Any) -> tuple[bool, Any]:
    """Whether it failed, and the result or the error: by type and place, as words may repeat what they were given."""
    try:
        return False, function(event, context)
    except Exception as exc:  # noqa: BLE001 (Lambda reports whatever a function raises)
        where = traceback.extract_tb(exc.__traceback__)[-1]
        return True, f"{type(exc).__name__} at {where.name}:{where.lineno}"
