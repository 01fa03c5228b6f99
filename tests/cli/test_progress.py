"""Tests how a plan is printed and run: finished steps, open steps, and how to continue."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import ConfigError, MetaError
from scripts.cli.progress import run_steps, show_plan
from scripts.deploy.steps import Step
from tests.cli.printed import printed

AGAIN = "scripts/parley deploy --stage dev"


class Works:
    """Three steps, one of which may fail."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.ends: dict[str, BaseException] = {}

    def steps(self) -> list[Step]:
        return [Step(name, f"the {name}", self._doing(name)) for name in ("first", "second", "third")]

    def _doing(self, name: str) -> Callable[[Callable[[str], None]], str]:
        def run(say: Callable[[str], None]) -> str:
            say(f"doing the {name}")
            if name in self.ends:
                raise self.ends[name]
            self.done.append(name)
            return f"{name} is done"

        return run


@pytest.fixture
def works() -> Works:
    return Works()


def failure(works: Works) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        run_steps(works.steps(), explaining=nullcontext, again=AGAIN)
    return str(caught.value).splitlines()


def test_the_steps_are_done_in_order_each_with_its_words_and_its_time(works: Works):
    output = printed(lambda: run_steps(works.steps(), explaining=nullcontext, again=AGAIN))
    assert output.splitlines() == [
        "[1/3] first",
        "      doing the first",
        "      first is done (0.0 s)",
        "[2/3] second",
        "      doing the second",
        "      second is done (0.0 s)",
        "[3/3] third",
        "      doing the third",
        "      third is done (0.0 s)",
    ]


@pytest.mark.parametrize(
    ("name", "done", "left"),
    [
        ("first", "nothing", "first, second, third"),
        ("second", "first", "second, third"),
        ("third", "first, second", "third"),
    ],
)
def test_a_step_that_fails_says_what_is_done_what_is_not_and_how_to_go_on(
    works: Works, name: str, done: str, left: str
):
    works.ends[name] = MetaError("Meta is asleep: try again")
    assert failure(works) == [
        f"{name}: Meta is asleep: try again",
        f"Done: {done}. Not done: {left}.",
        f"To continue: {AGAIN}",
    ]
    assert ", ".join(works.done) == done.replace("nothing", "")


def test_ctrl_c_is_told_as_an_interruption_and_how_to_go_on(works: Works):
    works.ends["second"] = KeyboardInterrupt()
    assert failure(works) == ["second: interrupted", "Done: first. Not done: second, third.", f"To continue: {AGAIN}"]


def test_going_on_does_the_rest(works: Works):
    works.ends["second"] = MetaError("Meta is asleep")
    failure(works)
    works.ends.clear()
    printed(lambda: run_steps(works.steps(), explaining=nullcontext, again=AGAIN))
    assert works.done == ["first", "first", "second", "third"]


def test_an_error_of_aws_in_a_step_is_explained_first(works: Works):
    @contextmanager
    def explaining() -> Iterator[None]:
        try:
            yield
        except LookupError as exc:
            raise ConfigError("AWS has no such thing") from exc

    works.ends["first"] = LookupError()
    with pytest.raises(ConfigError, match="first: AWS has no such thing"):
        run_steps(works.steps(), explaining=explaining, again=AGAIN)


def test_a_mistake_of_our_own_is_not_dressed_up(works: Works):
    works.ends["first"] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        run_steps(works.steps(), explaining=nullcontext, again=AGAIN)


word = st.text("abcdefghijklmnopqrstuvwxyz-/:`", min_size=1, max_size=90)


@given(plans=st.lists(st.lists(word, min_size=1, max_size=30), min_size=1, max_size=9))
def test_a_plan_fits_80_columns_and_says_everything(plans: list[list[str]]):
    steps = [Step(f"step {number}", " ".join(plan), str) for number, plan in enumerate(plans, start=1)]
    output = printed(lambda: show_plan(steps))
    assert all(len(line) <= 80 for line in output.splitlines())
    said = "".join(f"{number}{step.name}{step.plan}" for number, step in enumerate(steps, start=1))
    assert "".join(output.split()) == "".join(said.split())
