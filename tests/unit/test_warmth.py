import io
import json
from typing import Any

import pytest

from chalicelib.bootstrap import adapters
from chalicelib.errors import ConfigError, StoreError
from chalicelib.log import Log
from chalicelib.operations.warmth import BUDGET_S, Step, Warmth
from tests.fakes.adapters import FakeClock


class Prepared:
    """What a function prepares, on a clock that only its steps move."""

    def __init__(self) -> None:
        self.clock, self.ran, self._logged = FakeClock(), dict[str, float](), io.StringIO()

    def prepare(self, **steps: Step) -> "Prepared":
        log = Log(str, "dev", stream=lambda: self._logged)
        Warmth({name: self._watched(name, step) for name, step in steps.items()}, self.clock, log).prepare()
        return self

    def takes(self, seconds: float) -> Step:
        return lambda _: self.clock.tick(seconds=seconds)

    def _watched(self, name: str, step: Step) -> Step:
        def run(seconds: float) -> None:
            self.ran[name] = seconds
            step(seconds)

        return run

    @property
    def lines(self) -> list[Any]:
        lines = map(json.loads, self._logged.getvalue().splitlines())
        return [{name: value for name, value in line.items() if name != "ts"} for line in lines]


def nothing(_: float) -> None:
    pass


def fail(_: float) -> None:
    raise StoreError("the words of somebody's message")


def test_a_ping_that_prepares_everything_logs_nothing():
    prepared = Prepared().prepare(table=nothing, model=nothing)
    assert (prepared.ran, prepared.lines) == ({"table": BUDGET_S, "model": BUDGET_S}, [])


def test_a_step_that_fails_is_logged_by_its_kind_and_the_others_run():
    prepared = Prepared().prepare(table=fail, model=nothing)
    assert list(prepared.ran) == ["table", "model"]
    assert prepared.lines == [{"stage": "warm", "step": "table", "outcome": "failed", "reason": "StoreError"}]


def test_an_error_that_nobody_expects_is_no_error_of_the_ping():
    assert Prepared().prepare(model=lambda _: 1 / 0).lines[0]["reason"] == "ZeroDivisionError"


def test_the_steps_after_a_slow_one_get_what_is_left_and_none_runs_without_time():
    prepared = Prepared()
    prepared.prepare(table=prepared.takes(1.5), graph=prepared.takes(1.5), model=nothing)
    assert prepared.ran == {"table": 2.0, "graph": 0.5}
    assert prepared.lines == [{"stage": "warm", "step": "model", "outcome": "skipped"}]


def test_where_to_send_frames_is_looked_up_by_the_step_so_that_a_failure_is_no_error_of_the_ping():
    class OutOfReach:
        def find(self, name: str) -> str:
            raise ConfigError(f"{name} cannot be read")

    step = adapters.warming_connections(OutOfReach())  # type: ignore[arg-type]
    with pytest.raises(ConfigError):
        step(1.0)
