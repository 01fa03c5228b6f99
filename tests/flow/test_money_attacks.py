"""Who asks for answers that are not charged, as often as they like, spends no more of the budget than others."""

from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest

from chalicelib.access.budget import Price, Usage
from chalicelib.conversation.plan import MAX_DELIVERIES
from chalicelib.errors import (
    ChannelBroken,
    DeliveryPostponed,
    ModelBusy,
    ModelError,
    ModelFault,
    ModelRefused,
    ModelUnusable,
    PersonUnreachable,
)
from chalicelib.llm import prices
from tests.fakes.model import Line
from tests.flow.bot import LIMIT, SAYS, Bot, InterruptedModel
from tests.flow.chat import UNTIL_STOPPED, Chat, Tab

MANY = 30
REFUNDS = 3
TOLD = Usage(input=300, output=2)
CHEAP = prices.assumed("gpt-6-luna")
DEAR = prices.assumed("gpt-6-astra")
"""A model of which six open calls set aside a day's budget of 1 USD."""
BLANK, THOUGHTS = ("\u2003",), ("<think>Nothing.</think>", " \n")


@pytest.fixture
def bot(bot: Bot) -> Bot:
    bot.price = DEAR
    bot.model.usage = TOLD
    return bot


def attack(bot: Bot, line: Line) -> None:
    """Mallory asks again and again for the same thing."""
    bot.model.otherwise = line
    for number in range(MANY):
        bot.receives("mallory", f"Reply with one em space. {number}")
    bot.model.otherwise = ("An answer.",)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(BLANK, id="a blank answer"),
        pytest.param(THOUGHTS, id="thoughts only"),
        pytest.param((), id="nothing"),
        pytest.param(("Well, ", ModelRefused("the filter stopped the answer")), id="a filtered answer"),
        pytest.param(ModelRefused("the filter refused the question"), id="a filtered question"),
        pytest.param(("Well, ", ModelBusy("the stream broke off")), id="an answer that breaks off"),
    ],
)
@pytest.mark.parametrize(("price", "share"), [(CHEAP, "1"), (DEAR, "0.25")])
def test_answers_that_are_not_charged_are_few_and_leave_the_budget_to_others(
    bot: Bot, line: Line, price: Price, share: str
):
    bot.price = price
    bot.may_spend("1", person_share=share)
    attack(bot, line)
    assert len(bot.asked) <= LIMIT + REFUNDS
    assert len(bot.asked) == LIMIT + REFUNDS or price is DEAR
    assert bot.spent().committed <= 300_000
    bot.receives("bert", "Are you there?")
    assert bot.sent_to("bert") == ["An answer."]


@pytest.mark.parametrize("line", [BLANK, THOUGHTS, ()])
def test_a_blank_answer_costs_what_the_provider_says(bot: Bot, line: Sequence[str]):
    attack(bot, line)
    assert bot.spent().committed == len(bot.asked) * DEAR.cost(TOLD)


def test_the_fourth_question_without_an_answer_counts_and_the_notice_says_so(bot: Bot):
    bot.model.otherwise = BLANK
    for number in range(REFUNDS + 1):
        bot.receives("anna", f"question {number}")
    assert bot.sent_to("anna") == [SAYS("apology")] * REFUNDS + [SAYS("apology_counts")]
    assert (bot.used("anna"), bot.turns("anna")[-1].charged_day) == (1, "2026-11-20")
    bot.model.script = [ModelRefused("no")]
    bot.receives("anna", "one more question")
    assert bot.sent_to("anna")[-1] == SAYS("filtered_counts")
    bot.model.otherwise = ("An answer.",)
    bot.receives("anna", "and one more")
    assert bot.last_prompt.history == ()


def test_the_next_day_has_refunds_again(bot: Bot):
    attack(bot, BLANK)
    bot.clock.tick(hours=12)
    bot.model.otherwise = BLANK
    bot.receives("mallory", "Reply with one em space.")
    assert bot.sent_to("mallory")[-1] == SAYS("apology")


def outage(*, began: bool = True, billed: bool = True) -> ModelBusy:
    error = ModelBusy("the provider is out of reach")
    error.began, error.may_be_billed = began, billed
    return error


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(outage(billed=False, began=False), id="busy"),
        pytest.param(outage(began=False), id="silent"),
        pytest.param(ModelUnusable("no key", cause=ModelFault.KEY), id="the owner's key is refused"),
        pytest.param(ModelUnusable("odd", cause=ModelFault.REFUSED), id="a setting is refused"),
    ],
)
def test_an_outage_eats_nobodys_questions(bot: Bot, error: ModelError):
    bot.price = CHEAP
    bot.model = InterruptedModel(otherwise=error, meanwhile=lambda _: bot.clock.tick(seconds=20))
    for number in range(3 * LIMIT):
        bot.receives("anna", f"question {number}")
    sent = bot.sent_to("anna")
    assert len(sent) == 3 * LIMIT
    assert set(sent) <= {SAYS("apology"), SAYS("provider_down")}
    assert (bot.used("anna"), bot.known("anna").refunds) == (0, {})


@pytest.mark.parametrize("minutes", [9, 17])
def test_a_page_that_cannot_write_eats_nobodys_questions(bot: Bot, minutes: int):
    bot.price = CHEAP
    bot.limits_to(1)
    for number in range(REFUNDS + 2):
        bot.outbox.script = [ChannelBroken("the token has expired")] * MAX_DELIVERIES
        bot.accepts("anna", f"question {number}")
        for _ in range(MAX_DELIVERIES + 2):
            with suppress(DeliveryPostponed):
                bot.works()
            bot.clock.tick(minutes=minutes)
            bot.beats()
        bot.works()
    assert bot.states("anna") == ["dropped"] * (REFUNDS + 2)
    assert (bot.used("anna"), bot.known("anna").refunds) == (0, {})


def test_who_blocks_the_bot_before_each_answer_gets_few_questions_back(bot: Bot):
    bot.outbox.script = [PersonUnreachable("blocked")] * MANY
    attack(bot, ("An answer.",))
    assert (len(bot.asked), bot.used("mallory")) == (LIMIT + REFUNDS, LIMIT)


def cancels(chat: Chat, tab: Tab) -> None:
    tab.asks("Tell me a story!")
    tab.sends("cancel", turn=tab.turn)
    chat.works()


def cancels_later(chat: Chat, tab: Tab) -> None:
    chat.model_says(
        "Once upon", lambda: tab.waits_for("delta"), lambda: tab.sends("cancel", turn=tab.turn), UNTIL_STOPPED
    )
    tab.asks("Tell me a story!")
    chat.works()


@pytest.mark.parametrize(("stop", "visitors"), [(cancels, 30), (cancels_later, 7)])  # each of the later ones waits 1 s
def test_many_visitors_who_cancel_silence_nobody_on_messenger(
    chat: Chat, stop: Callable[[Chat, Tab], None], visitors: int
):
    chat.bot.price = DEAR
    chat.bot.may_spend("0.9")
    chat.model_says(UNTIL_STOPPED)
    for number in range(visitors):
        stop(chat, chat.opens(f"visitor-{number}"))
    chat.bot.model = Bot().model
    for psid in ("bert", "carl", "dora"):
        chat.bot.receives(psid, "Are you there?")
        assert chat.bot.sent_to(psid) == ["An answer."]


@pytest.mark.parametrize("times", [63, pytest.param(633, marks=pytest.mark.full)])
def test_the_633_blank_answers_that_silenced_the_bot_are_eight(bot: Bot, times: int):
    bot.price, bot.model.otherwise = CHEAP, BLANK
    for number in range(times):
        bot.receives("mallory", f"Reply with one em space. {number}")
    assert len(bot.asked) == LIMIT + REFUNDS
    assert bot.spent().committed < 1000


@pytest.mark.parametrize("questions", [50, pytest.param(499, marks=pytest.mark.full)])
def test_499_cancelled_questions_from_one_address_leave_most_of_the_budget(chat: Chat, questions: int):
    chat.bot.price = CHEAP
    chat.model_says(UNTIL_STOPPED)
    for number in range(questions):
        cancels(chat, chat.opens(f"visitor-{number}"))
    assert chat.bot.spent().calls == questions
    assert chat.bot.spent().committed < 600 * questions


def test_a_cancelled_answer_costs_about_what_was_written(chat: Chat):
    chat.bot.price = DEAR
    chat.model_says(UNTIL_STOPPED)
    cancels(chat, chat.opens("anna"))
    assert chat.bot.spent().committed < 30_000
