"""Which of several models answers, and when another one is asked in its place."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

import pytest

from chalicelib.access.budget import Budget, Price, Usage
from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, Prompt
from chalicelib.conversation.tool import Round, ToolCall, ToolResult
from chalicelib.errors import ModelBusy, ModelError, ModelFault, ModelRefused, ModelUnusable
from chalicelib.llm.choice import ModelChoice
from tests.contract.models import PROMPT, USAGE
from tests.fakes.model import ScriptedModel


def free(error: ModelError, *, requests: int = 1) -> ModelError:
    """The error of a request that the provider cannot bill."""
    error.may_be_billed, error.requests = False, requests
    return error


@dataclass
class Three:
    """The deployment's model, one that a persona may name, and a fallback."""

    first: ScriptedModel = field(default_factory=lambda: ScriptedModel(name="luna", usage=USAGE))
    other: ScriptedModel = field(default_factory=lambda: ScriptedModel(name="sol", usage=USAGE))
    fallback: ScriptedModel = field(default_factory=lambda: ScriptedModel(name="nano", usage=USAGE))
    reported: list[ModelError] = field(default_factory=list)

    def choice(self) -> ModelChoice:
        return ModelChoice(
            self.first, {"sol": lambda: self.other}, ("nano", lambda: self.fallback), self.reported.append
        )

    def ask(self, prompt: Prompt = PROMPT, *, seconds: float = 10) -> list[ModelEvent]:
        return list(self.choice().answer(prompt, seconds=seconds))

    @property
    def asked(self) -> list[str]:
        return [model.name for model in (self.first, self.other, self.fallback) for _ in model.asked]


@pytest.mark.parametrize(
    ("name", "asked"), [("", ""), ("luna", ""), ("sol", "sol"), ("nano", "nano"), ("unlisted", "")]
)
def test_the_named_model_answers_if_the_owner_listed_it_and_else_the_deployments(name: str, asked: str):
    three = Three()
    assert three.ask(replace(PROMPT, model=name))[-1] == Finished(FinishReason.STOP, replace(USAGE, model=asked))
    assert three.asked == [asked or "luna"]


BUSY: Final = ModelBusy("busy")
PASSING: Final = [
    free(ModelBusy("overloaded")),
    free(ModelBusy("HTTP 503")),
    free(ModelUnusable("a parameter", cause=ModelFault.REFUSED, names=["x"])),
    free(ModelUnusable("gone", cause=ModelFault.MISSING)),
    free(ModelUnusable("not verified", cause=ModelFault.VERIFICATION)),
    free(ModelUnusable("no credit", cause=ModelFault.CREDIT)),
]


@pytest.mark.parametrize("error", PASSING, ids=str)
@pytest.mark.parametrize("name", ["", "sol"])
def test_the_fallback_answers_where_a_model_is_busy_or_refuses_the_request(error: ModelError, name: str):
    three = Three()
    (three.other if name else three.first).script.append(error)
    assert three.ask(replace(PROMPT, model=name))[-1] == Finished(FinishReason.STOP, replace(USAGE, model="nano"))
    assert three.asked == [name or "luna", "nano"]
    assert three.reported == [error]


FINAL: Final[list[tuple[str, Any]]] = [
    ("a request that may be billed", ModelBusy("the stream broke off")),
    ("words were shown", ("Mimi is ", free(ModelBusy("the stream broke off")))),
    ("two requests were sent", free(ModelBusy("busy"), requests=2)),
    ("a filter", free(ModelRefused("the filter stopped the question"))),
    ("an answer without sense", free(ModelError("the provider's answer makes no sense"))),
]


@pytest.mark.parametrize("line", [line for _, line in FINAL], ids=[name for name, _ in FINAL])
def test_the_fallback_is_not_asked_for_what_would_cost_twice_or_be_shown_twice(line: Any):
    three = Three()
    three.first.script.append(line)
    with pytest.raises(ModelError):
        three.ask()
    assert three.asked == ["luna"]
    assert three.reported == []


def test_the_fallback_has_the_time_that_is_left_and_is_not_asked_without_any():
    three = Three()
    three.first.script += [free(ModelBusy("busy")), free(ModelBusy("busy"))]
    three.ask(seconds=30)
    assert 29 < three.fallback.seconds[0] <= 30
    with pytest.raises(ModelBusy):
        three.ask(seconds=0.5)
    assert len(three.fallback.asked) == 1


def test_a_fallback_that_fails_too_says_why_itself():
    three = Three()
    three.first.script.append(free(ModelBusy("busy")))
    three.fallback.script.append(ModelBusy("the stream broke off"))
    with pytest.raises(ModelBusy, match="broke off"):
        three.ask()


@pytest.mark.parametrize(("name", "fails", "named"), [("", "luna", ""), ("sol", "sol", "sol"), ("sol", "nano", "nano")])
def test_an_error_names_the_model_that_it_is_about(name: str, fails: str, named: str):
    three = Three()
    (three.other if name else three.first).script.append(free(ModelBusy("busy"), requests=1 if fails == "nano" else 2))
    three.fallback.script.append(ModelBusy("busy"))
    with pytest.raises(ModelBusy) as caught:
        three.ask(replace(PROMPT, model=name))
    assert caught.value.model == named


def test_without_a_fallback_the_error_is_the_models():
    three = Three()
    three.first.script.append(free(ModelBusy("busy")))
    with pytest.raises(ModelBusy):
        list(ModelChoice(three.first).answer(PROMPT, seconds=10))


def calling(*thoughts: str) -> Round:
    return Round((ToolCall("a", "now", "{}"),), (ToolResult("12:00"),), thoughts=thoughts)


@pytest.mark.parametrize(
    ("thoughts", "sent"),
    [
        ((json.dumps({"model": ""}), '{"type": "reasoning"}'), ('{"type": "reasoning"}',)),
        ((json.dumps({"model": "sol"}), '{"type": "reasoning"}'), ()),
        (('{"type": "reasoning"}',), ()),
        ((), ()),
    ],
)
def test_thoughts_go_back_to_the_model_that_had_them_only(thoughts: Sequence[str], sent: Sequence[str]):
    three = Three()
    three.ask(replace(PROMPT, rounds=(calling(*thoughts),)))
    assert three.first.asked[0].rounds == (calling(*sent),)


def test_thoughts_are_signed_so_that_the_next_round_knows_whose_they_are():
    class Thinks(ScriptedModel):
        def answer(self, prompt: Prompt, *, seconds: float) -> Any:
            self.asked.append(prompt)
            yield Finished(FinishReason.CALLS, USAGE, calling().calls, ("{}",))

    model = Thinks(name="luna")
    [end] = ModelChoice(model).answer(PROMPT, seconds=10)
    assert isinstance(end, Finished)
    list(ModelChoice(model).answer(replace(PROMPT, rounds=(calling(*end.thoughts),)), seconds=10))
    assert model.asked[-1].rounds[0].thoughts == ("{}",)


def test_a_named_fallback_answers_at_the_price_that_was_reserved():
    """The owner has taken it off the list, and a person still has it: the deployment's model may be dearer."""
    prices = Budget(cap=10_000, price=usd(9), person_share=Decimal(1), others={"nano": usd(1)}, fallback="nano")
    reserved = prices.reserve(USAGE, day="2026-11-20", model="nano")
    finished = Three().ask(replace(PROMPT, model="nano"))[-1]
    assert isinstance(finished, Finished)
    assert prices.settle(reserved, finished.usage, at_most=USAGE).cost <= reserved.amount
    assert finished.usage.model == "nano"


def usd(amount: int) -> Price:
    return Price(Decimal(amount), Decimal(amount), Decimal(amount))


BUDGET: Final = Budget(1_000_000, usd(2), Decimal(1), others={"sol": usd(10), "nano": usd(5)}, fallback="nano")
MOST: Final = Usage(input=100, output=10)


@pytest.mark.parametrize(("model", "amount"), [("", 550), ("sol", 1100), ("nano", 550), ("unlisted", 550)])
def test_as_much_is_reserved_as_the_dearer_of_the_model_and_its_fallback_may_cost(model: str, amount: int):
    assert BUDGET.reserve(MOST, day="2026-11-30", model=model).amount == amount
    assert replace(BUDGET, fallback="").reserve(MOST, day="2026-11-30", model="").amount == 220


@pytest.mark.parametrize(
    ("reserved", "answered", "cost"), [("", "", 22), ("", "nano", 55), ("sol", "sol", 110), ("sol", "nano", 55)]
)
def test_an_answer_costs_what_the_model_costs_that_gave_it(reserved: str, answered: str, cost: int):
    reservation = BUDGET.reserve(MOST, day="2026-11-30", model=reserved)
    assert BUDGET.settle(reservation, Usage(10, 0, 1, model=answered), at_most=MOST).cost == cost


def test_a_call_of_which_nothing_is_known_costs_what_the_dearest_may_have_cost():
    reservation = BUDGET.reserve(MOST, day="2026-11-30")
    assert BUDGET.settle(reservation, None, at_most=Usage(input=10)).cost == 50


def test_the_dearer_of_two_prices_counts_for_each_kind_of_token():
    one = Price(Decimal(1), Decimal("0.5"), Decimal(9), write=Decimal(2))
    other = Price(Decimal(3), Decimal("0.1"), Decimal(4))
    assert one.or_dearer(other) == Price(Decimal(3), Decimal("0.5"), Decimal(9), write=Decimal(3))
