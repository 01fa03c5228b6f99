"""The simulator's Lambda, with execution environments that a test controls."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from scripts.world.functions import FunctionFailed, Functions, Spec


@dataclass(eq=False)
class ScriptedEnvironment:
    """Returns the event it is run with; `returning` is called when the result is there and not yet delivered."""

    name: str
    returning: Callable[[Any], None]
    alive: bool = True

    def run(self, event: Any, timeout_s: float) -> Any:
        if not self.alive or event == "fail":
            raise FunctionFailed("the environment died")
        self.returning(event)
        return event

    def kill(self) -> None:
        self.alive = False


class Lambda:
    """One function, `worker`; the event `kill` kills its environments at the moment its result has been read."""

    def __init__(self) -> None:
        self.started: list[ScriptedEnvironment] = []
        self.killed: list[int] = []
        self.functions = Functions({"worker": Spec("worker", 1)}, start=self._start)

    def invoke(self, event: str) -> Any:
        return self.functions.invoke("worker", event)

    def _start(self, name: str, handler: str) -> ScriptedEnvironment:
        environment = ScriptedEnvironment(name, self._returning)
        self.started.append(environment)
        return environment

    def _returning(self, event: Any) -> None:
        if event == "kill":
            self.killed.append(self.functions.kill("worker"))


def test_an_environment_is_used_again():
    simulated = Lambda()
    assert [simulated.invoke(event) for event in ("one", "two")] == ["one", "two"]
    assert len(simulated.started) == 1
    assert simulated.functions.kill("worker") == 0, "an idle environment was killed"


def test_an_environment_killed_after_its_result_was_read_is_not_used_again():
    simulated = Lambda()
    assert simulated.invoke("kill") == "kill"
    assert simulated.killed == [1]
    assert simulated.invoke("next") == "next"
    assert [environment.alive for environment in simulated.started] == [False, True]


def test_an_environment_whose_invocation_failed_is_not_used_again():
    simulated = Lambda()
    with pytest.raises(FunctionFailed):
        simulated.invoke("fail")
    assert simulated.functions.kill("worker") == 0, "a dead environment counts as busy"
    assert simulated.invoke("next") == "next"
    assert [environment.alive for environment in simulated.started] == [False, True]
