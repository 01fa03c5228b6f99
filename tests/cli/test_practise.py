"""`parley practise`: two personas talk with each other."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from click.testing import Result
from rich.cells import cell_len

from chalicelib.access.budget import Price, Usage
from chalicelib.content import persona
from chalicelib.conversation.prompt import Exchange, FinishReason, Prompt
from chalicelib.errors import ModelBusy, ModelError
from scripts.cli.practise_model import why
from scripts.cli.terminal import folded
from scripts.stage.trial import BudgetSpent, Line, Trial
from tests.cli.conftest import Run
from tests.fakes.model import ScriptedModel

BUYER, SELLER = persona.load("buyer"), persona.load("seller")
A_DOLLAR_A_TOKEN = Price(Decimal(1_000_000), Decimal(0), Decimal(1_000_000))
Practise = Callable[..., Result]


def trial(*script: Sequence[str | FinishReason | ModelError], price: Price | None = None, budget: int = 0) -> Trial:
    model = ScriptedModel([list(line) for line in script])
    model.price = price or model.price
    return Trial((model, model), (BUYER, SELLER), budget)


def asked(one: Trial) -> list[Prompt]:
    assert isinstance(one.models[0], ScriptedModel)
    return one.models[0].asked


def test_each_is_answered_by_the_model_of_its_own_persona():
    models = ScriptedModel([["A2"]]), ScriptedModel([["B1"], ["B2"]])
    assert texts(list(Trial(models, (BUYER, SELLER), 0).run("A1", turns=2))) == ["A1", "B1", "A2", "B2"]


def texts(lines: Sequence[Line]) -> list[str]:
    return [line.text for line in lines]


# -- who hears what ---------------------------------------------------------------------------------------------------


def test_each_speaks_as_often_as_the_other_and_the_opening_costs_no_answer():
    one = trial(["B1"], ["A2"], ["B2"], ["A3"], ["B3"])
    lines = list(one.run("A1", turns=3))
    assert texts(lines) == ["A1", "B1", "A2", "B2", "A3", "B3"]
    assert [line.by for line in lines] == [BUYER, SELLER] * 3
    assert one.asked == 5


def test_each_hears_the_others_lines_as_questions_and_its_own_as_answers():
    one = trial(["B1"], ["A2"], ["B2"], ["A3"])
    list(one.run("A1", turns=3))
    first, second, third, fourth, _ = asked(one)
    assert (first.history, first.question) == ((), "A1")
    assert (second.history, second.question) == ((), "B1")
    assert (third.history, third.question) == ((Exchange("A1", "B1"),), "A2")
    assert (fourth.history, fourth.question) == ((Exchange("B1", "A2"),), "B2")
    assert second.instructions == BUYER.system_prompt(opening_shown=True, own_opening="A1")
    assert first.instructions == SELLER.system_prompt(opening_shown=False)
    assert (first.temperature, first.max_output_tokens) == (0.6, 100)


def test_thoughts_are_no_part_of_what_is_said():
    assert texts(list(trial(["<think>Too dear.</think>", "안 돼."]).run("A1", turns=1))) == ["A1", "안 돼."]


# -- the limit and the budget -----------------------------------------------------------------------------------------


def test_answers_that_the_limit_cut_are_counted():
    one = trial(["B1", FinishReason.LENGTH], ["A2"], ["B2", FinishReason.LENGTH])
    assert [line.was_cut for line in one.run("A1", turns=2)] == [False, True, False, True]
    assert (one.cut, one.asked) == (2, 3)


def test_it_stops_before_an_answer_that_may_cost_more_than_the_budget_has_left():
    one = trial(["B1"], ["A2"], price=A_DOLLAR_A_TOKEN, budget=6_000_000_000)
    lines = []
    with pytest.raises(BudgetSpent) as caught:
        lines += list(one.run("A1", turns=50))
    cost = A_DOLLAR_A_TOKEN.cost(Usage(input=100, output=20))
    assert one.spent == one.asked * cost
    assert one.spent + caught.value.most > one.budget
    assert one.spent <= one.budget


def test_without_a_budget_a_priced_model_is_not_asked():
    one = trial(price=A_DOLLAR_A_TOKEN)
    with pytest.raises(BudgetSpent):
        list(one.run("A1", turns=1))
    assert (one.asked, one.spent) == (0, 0)
    assert asked(one) == []


def test_an_answer_that_broke_off_counts_as_much_as_it_can_have_cost():
    one = trial(["B1", ModelError("broke off")], price=A_DOLLAR_A_TOKEN, budget=100_000_000_000)
    with pytest.raises(ModelError):
        list(one.run("A1", turns=1))
    assert one.spent > A_DOLLAR_A_TOKEN.cost(Usage(input=100, output=100))


def test_an_answer_that_the_provider_did_not_begin_costs_nothing():
    busy = ModelBusy("busy")
    busy.may_be_billed = False
    one = trial([busy], price=A_DOLLAR_A_TOKEN, budget=100_000_000_000)
    with pytest.raises(ModelBusy):
        list(one.run("A1", turns=1))
    assert one.spent == 0


def test_a_blank_answer_ends_the_trial():
    with pytest.raises(ModelError, match="empty"):
        list(trial([" \n"]).run("A1", turns=1))


# -- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def practise(owner: Run) -> Practise:
    return lambda *arguments: practised(owner, *arguments, OPENAI_API_KEY="", OPENAI_BASE_URL="")


def practised(owner: Run, *arguments: object, **environment: str) -> Result:
    """Run the command in a thread of its own: the test's may have an event loop that runs."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: owner("practise", *arguments, **environment)).result()


def test_buyer_and_seller_bargain_with_the_fake_model_for_ten_turns(practise: Practise):
    result = practise("buyer", "seller")
    assert result.exit_code == 0, result.output
    assert max(map(cell_len, result.stdout.splitlines())) <= 80
    assert "중고 구매자 and 중고 판매자: 10 turns with the demo's fake model" in result.stdout
    assert " 10  중고 구매자  네, 그럼" in result.stdout
    assert result.stdout.splitlines()[-1] == "max_output_tokens cut 0 of 19 answers."


def test_a_program_gets_one_document(practise: Practise):
    found = json.loads(practise("buyer", "seller", "--turns", "2", "--begin", " 자전거 30만 원? ", "--json").stdout)
    assert [line["name"] for line in found["lines"]] == ["중고 구매자", "중고 판매자"] * 2
    assert found["lines"][0] == {"name": "중고 구매자", "text": "자전거 30만 원?", "cut": False, "usd": 0.0}
    assert found["lines"][1]["text"].startswith("30만 원은 너무하지.")
    assert (found["answers"], found["cut"], found["usd"], found["stopped"]) == (3, 0, 0.0, None)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("buyer",), 2, "Missing argument 'SECOND'"),
        (("buyer", "baker"), 1, 'the persona is "baker"; it must be one of assistant, '),
        (("assistant", "seller"), 2, "assistant has no opening: say with --begin how it begins"),
        (("buyer", "no.toml"), 1, "no.toml cannot be read: No such file or directory"),
        (("buyer", "seller", "--turns", "0"), 2, "'--turns'"),
        (("buyer", "seller", "--budget", "nan"), 2, "must be an amount such as 0.05"),
        (("buyer", "seller", "--budget", "-1"), 2, "'--budget'"),
    ],
)
def test_what_cannot_be_tried_is_refused_in_words(practise: Practise, arguments: Sequence[str], code: int, said: str):
    result = practise(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


def test_a_budget_that_is_too_small_is_said_and_no_error(owner: Run):
    result = practised(owner, "buyer", "seller", "--budget", "0", OPENAI_API_KEY="sk-test", OPENAI_BASE_URL="")
    assert result.exit_code == 0
    said = " ".join(result.stdout.split())
    assert "for at most 0 USD" in said
    assert "Stopped: the next answer may cost 0.00" in said
    assert said.endswith("max_output_tokens cut 0 of 0 answers. They cost 0 USD.")


def test_a_server_that_cannot_be_reached_is_named_with_the_cure(owner: Run):
    result = practised(owner, "buyer", "seller", OPENAI_API_KEY="", OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    assert result.exit_code == 1
    assert "http://127.0.0.1:9/v1 cannot be reached" in " ".join(result.stderr.split())
    assert "sk-" not in result.output


def test_a_korean_syllable_takes_two_columns():
    assert folded("가나다 라마바 사", 10) == ["가나다", "라마바 사"]
    assert folded("", 10) == [""]
    assert folded("가나다라마바사", 10) == ["가나다라마바사"]


def test_bedrock_is_asked_with_the_owners_aws_credentials_and_a_failure_says_so():
    error = ModelBusy("there are no AWS credentials")
    said = why(error, {"PARLEY_MODEL": "bedrock:amazon.nova-lite-v1:0"})
    assert said.startswith("amazon.nova-lite-v1:0 at Amazon Bedrock gives no answer: there are no AWS credentials.")
