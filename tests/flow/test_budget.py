from dataclasses import replace
from decimal import Decimal

import pytest

from chalicelib.access.budget import DaySpend, Price, Usage
from chalicelib.access.person import Access
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Charge
from chalicelib.conversation.prompt import Prompt
from chalicelib.conversation.prompt_builder import UNSEEN_TOKENS
from chalicelib.conversation.turn import Lease
from chalicelib.errors import ModelBusy, ModelError, ModelFault, ModelUnusable, PersonUnreachable
from chalicelib.llm.prices import FREE
from tests.fakes import spend
from tests.fakes.inbox import FakeInbox
from tests.fakes.model import Line, ScriptedModel
from tests.flow.bot import SAYS, Bot, InterruptedModel

TODAY, TOMORROW = "2026-11-20", "2026-11-21"
RESET = {"time": "00:00", "zone": "Europe/Berlin"}
NOTICE = SAYS("budget_spent", **RESET)
MOST = 800
"""Micro-USD that one call can cost, when a token of the answer costs one and all others nothing."""


@pytest.fixture
def bot(bot: Bot) -> Bot:
    """A bot that may spend just enough for three answers at once on Messenger, whoever asks."""
    bot.price = Price(Decimal(0), Decimal(0), Decimal(1))
    bot.model.usage = Usage(input=100, output=MOST)
    bot.may_spend("0.0032")
    return bot


def ask(bot: Bot, times: int, *, psid: str = "anna") -> None:
    for number in range(times):
        bot.receives(psid, f"question number {number}")


def owner_learned(bot: Bot) -> list[str]:
    """Of the budget."""
    return [text for subject, text in bot.notifier.told if subject == SAYS("owner_budget_subject")]


def test_when_the_days_money_is_spent_there_is_a_kind_notice_and_no_charge(bot: Bot):
    ask(bot, 4)
    assert bot.sent_to("anna") == ["An answer."] * 3 + [NOTICE]
    assert (len(bot.asked), bot.used("anna")) == (3, 3)
    assert bot.turns("anna")[-1].charged_day is None


def test_the_notice_is_given_to_each_person_once_a_day_and_then_there_is_silence(bot: Bot):
    ask(bot, 3)
    for psid in ("anna", "bert", "anna", "bert"):
        bot.receives(psid, "is anybody there?")
    assert bot.sent_to("anna").count(NOTICE) == bot.sent_to("bert").count(NOTICE) == 1
    assert bot.states("anna")[-1] == "dropped"


def test_the_next_day_has_money_again(bot: Bot):
    ask(bot, 4)
    bot.clock.tick(hours=12)
    ask(bot, 4)
    assert bot.sent_to("anna") == (["An answer."] * 3 + [NOTICE]) * 2
    assert (bot.spent(TODAY).committed, bot.spent(TOMORROW).committed) == (2400, 2400)


def test_an_answer_after_midnight_is_paid_from_the_new_days_budget(bot: Bot):
    bot.clock.tick(hours=10, minutes=59)
    ask(bot, 3)
    bot.accepts("anna", "just before midnight")
    bot.clock.tick(minutes=10)
    bot.works()
    assert len(bot.asked) == 4
    assert (bot.spent(TODAY).answers, bot.spent(TOMORROW).answers) == (3, 1)
    assert bot.known("anna").quota == {TODAY: 4}


def test_an_answer_costs_what_it_used_and_not_what_it_might_have(bot: Bot):
    bot.model.usage = Usage(input=100, cached=30, output=20)
    ask(bot, 2)
    assert bot.spent() == DaySpend(TODAY, 40, tokens_in=200, tokens_cached=60, tokens_out=40, answers=2, calls=2)


def test_all_that_a_call_may_cost_is_set_aside_while_the_model_is_asked(bot: Bot):
    seen: list[DaySpend] = []
    bot.model = InterruptedModel(meanwhile=lambda _: seen.append(bot.spent()))
    ask(bot, 1)
    assert seen == [DaySpend(TODAY, MOST, calls=1)]


def test_a_long_and_odd_question_has_more_set_aside_than_it_can_ever_cost(bot: Bot):
    seen: list[int] = []
    bot.model = InterruptedModel(meanwhile=lambda _: seen.append(bot.spent().committed))
    bot.price = Price(Decimal(1), Decimal(1), Decimal(0))
    bot.may_spend("1")
    question = "\U0001f999" * 4000
    bot.receives("anna", question)
    told = len(question.encode()) + len(bot.last_prompt.instructions.encode())
    assert told < seen[0] < 1.1 * told


def test_the_memory_of_a_conversation_never_outgrows_what_is_set_aside(bot: Bot):
    seen: list[tuple[int, int]] = []

    def look(prompt: Prompt) -> None:
        words = [prompt.instructions, prompt.question]
        words += [part for said in prompt.history for part in (said.question, said.answer)]
        seen.append((sum(len(word.encode()) + 4 for word in words), bot.spent().committed - spent_before))

    bot.model = InterruptedModel(meanwhile=look)
    bot.price = Price(Decimal(1), Decimal(1), Decimal(0))
    bot.may_spend("10")
    bot.limits_to(20)
    for number in range(12):
        spent_before = bot.spent().committed
        bot.receives("anna", f"{number} " + "ß" * 400)
    assert all(told <= set_aside for told, set_aside in seen)
    assert len(bot.last_prompt.history) > 3


def test_the_budget_applies_to_unlimited_users_too(bot: Bot):
    bot.receives("anna", "/help")
    bot.decides("anna", Access.UNLIMITED)
    ask(bot, 4)
    assert bot.sent_to("anna")[1:] == ["An answer."] * 3 + [NOTICE]


def test_commands_are_answered_though_the_money_is_spent(bot: Bot):
    ask(bot, 4)
    bot.receives("anna", "/help")
    assert bot.sent_to("anna")[-1] == SAYS("help")


def test_with_a_budget_of_nothing_no_model_that_costs_money_is_asked(bot: Bot):
    bot.may_spend("0")
    ask(bot, 1)
    assert (bot.asked, bot.sent_to("anna"), bot.spent()) == ([], [NOTICE], DaySpend(TODAY))


def test_a_model_that_costs_nothing_answers_whatever_the_budget_is_and_is_counted(bot: Bot):
    bot.price = FREE
    bot.may_spend("0")
    ask(bot, 2)
    assert bot.sent_to("anna") == ["An answer."] * 2
    assert bot.spent() == DaySpend(TODAY, 0, tokens_in=200, tokens_out=2 * MOST, answers=2, calls=2)
    assert owner_learned(bot) == []


@pytest.mark.parametrize("error", [ModelError("odd"), ModelBusy("the stream broke off")])
def test_a_failed_call_that_may_be_billed_stays_on_the_days_bill(bot: Bot, error: ModelError):
    bot.model.script = [["Once upon ", error]]
    ask(bot, 1)
    assert bot.spent() == DaySpend(TODAY, MOST, calls=1)
    assert (bot.sent_to("anna"), bot.used("anna")) == ([SAYS("apology")], 0)


def test_a_call_that_the_provider_refused_at_once_costs_nothing(bot: Bot):
    bot.model.script = [ModelUnusable("no key", cause=ModelFault.KEY)]
    ask(bot, 1)
    assert bot.spent() == DaySpend(TODAY, calls=1)


def test_a_provider_that_does_not_tell_what_was_used_is_reckoned_with_in_full(bot: Bot):
    bot.model.usage = Usage()
    ask(bot, 1)
    assert bot.spent().committed == MOST


def lost() -> ModelBusy:
    """The connection ended without a response."""
    error = ModelBusy("the provider is out of reach")
    error.began = False
    return error


def test_a_call_that_was_lost_without_a_response_is_made_again_with_money_of_its_own(bot: Bot):
    bot.model.script = [lost(), ["An answer."]]
    ask(bot, 1)
    assert (bot.sent_to("anna"), bot.used("anna"), len(bot.asked)) == (["An answer."], 1, 2)
    assert bot.spent() == DaySpend(TODAY, 2 * MOST, tokens_in=100, tokens_out=MOST, answers=1, calls=2)


def test_a_call_that_was_lost_twice_is_an_apology(bot: Bot):
    bot.model.script = [lost(), lost(), ["An answer."]]
    ask(bot, 1)
    assert (bot.sent_to("anna"), len(bot.asked), bot.spent().committed) == ([SAYS("apology")], 2, 2 * MOST)


def test_a_call_that_was_lost_and_is_not_made_again_for_lack_of_money_is_an_apology(bot: Bot):
    bot.may_spend("0.0012")
    bot.model.script = [lost()]
    ask(bot, 1)
    assert (bot.sent_to("anna"), len(bot.asked), bot.spent().committed) == ([SAYS("apology")], 1, MOST)


def test_a_silent_provider_is_not_asked_again(bot: Bot):
    bot.model = InterruptedModel(script=[lost()], meanwhile=lambda _: bot.clock.tick(seconds=80))
    ask(bot, 1)
    assert (bot.sent_to("anna"), len(bot.asked)) == ([SAYS("apology")], 1)


@pytest.mark.parametrize("line", [["Once upon ", ModelBusy("cut")], ModelError("odd"), ["Once upon a time."]])
def test_what_is_not_told_is_reckoned_by_what_was_sent_and_lies_within_what_was_set_aside(bot: Bot, line: Line):
    set_aside: list[int] = []
    bot.model = InterruptedModel([line], usage=Usage(), meanwhile=lambda _: set_aside.append(bot.spent().committed))
    bot.price = Price(Decimal(1), Decimal(1), Decimal(1))
    bot.may_spend("1")
    ask(bot, 1)
    sent = len((bot.last_prompt.instructions + bot.last_prompt.question).encode())
    assert sent + MOST < bot.spent().committed <= set_aside[0] < sent + MOST + 50


def test_a_call_that_was_lost_with_its_worker_counts_no_more_than_its_own_prompt_can_cost(bot: Bot):
    deaths = [SystemExit("the worker dies")]

    def dies(_: Prompt) -> None:
        if deaths:
            raise deaths.pop()

    bot.model = InterruptedModel(usage=Usage(100, 0, 20), meanwhile=dies)
    bot.price = Price(Decimal(1), Decimal(1), Decimal(1))
    bot.may_spend("1")
    bot.accepts("anna", "Why?")
    with pytest.raises(SystemExit):
        bot.works()
    bot.clock.tick(minutes=3)
    bot.beats()
    bot.works()
    sent = len((bot.last_prompt.instructions + bot.last_prompt.question).encode())
    assert bot.sent_to("anna") == ["An answer."]
    assert 120 + sent + MOST < bot.spent().committed < 120 + sent + MOST + 50


@pytest.mark.parametrize(
    ("thinks", "line", "written"),
    [
        (False, ["Once", " upon"], UNSEEN_TOKENS + 9),
        (False, ["<think>So.</think>", "Once"], UNSEEN_TOKENS + 22),
        (False, ["日本", "語"], UNSEEN_TOKENS + 9),
        (False, ["x" * 700, "y"], MOST),
        (True, ["Once", " upon"], MOST),
    ],
)
def test_a_cancelled_answer_is_reckoned_by_what_was_written_of_it(
    bot: Bot, line: list[str], written: int, *, thinks: bool
):
    bot.model.script, bot.model.may_think_unseen = [line], thinks
    bot.outbox.stops_after = 2
    ask(bot, 1)
    assert bot.spent() == DaySpend(TODAY, written, calls=1)


def test_an_answer_that_cannot_be_sent_was_paid_for_all_the_same(bot: Bot):
    bot.outbox.script = [PersonUnreachable("gone")]
    ask(bot, 1)
    assert (bot.spent().committed, bot.used("anna")) == (MOST, 0)


def test_a_worker_that_dies_with_the_model_leaves_its_money_set_aside_and_the_next_one_sets_aside_its_own(bot: Bot):
    bot.model = InterruptedModel(meanwhile=lambda _: 1 / 0)
    bot.accepts("anna", "a question that breaks the code")
    with pytest.raises(ZeroDivisionError):
        bot.works()
    assert bot.spent().committed == MOST
    bot.model = ScriptedModel(usage=Usage(output=20))
    bot.beats()
    bot.works()
    assert bot.spent() == DaySpend(TODAY, MOST + 20, tokens_out=20, answers=1, calls=2)


def test_a_second_call_that_the_day_cannot_bear_is_a_notice_and_no_charge(bot: Bot):
    bot.may_spend("0.0012")
    bot.model = InterruptedModel(meanwhile=lambda _: 1 / 0)
    bot.accepts("anna", "a question that breaks the code")
    with pytest.raises(ZeroDivisionError):
        bot.works()
    bot.beats()
    bot.works()
    assert (bot.sent_to("anna"), bot.used("anna"), len(bot.asked)) == ([NOTICE], 0, 1)
    assert bot.spent() == DaySpend(TODAY, MOST, calls=1)
    assert owner_learned(bot)[-1] == SAYS("owner_budget_spent", budget="0.0012")


def test_the_owner_is_notified_once_at_half_at_four_fifths_and_when_all_is_spent(bot: Bot):
    bot.may_spend("0.0096")
    bot.limits_to(20)
    part = {"budget": "0.0096", "part": "0.0072", "channel": "Messenger"}
    ask(bot, 6)
    assert owner_learned(bot) == []
    ask(bot, 1)
    assert owner_learned(bot) == [SAYS("owner_budget_half_spent", budget="0.0096")]
    ask(bot, 2)
    assert owner_learned(bot)[1:] == [SAYS("owner_budget_part_nearly_spent", **part)]
    for psid in ("anna", "bert", "anna"):
        ask(bot, 1, psid=psid)
    assert owner_learned(bot)[2:] == [SAYS("owner_budget_part_spent", **part)]


def test_the_owner_is_notified_again_the_next_day(bot: Bot):
    ask(bot, 4)
    bot.clock.tick(hours=12)
    ask(bot, 4)
    assert len(owner_learned(bot)) == 6


def test_an_owner_whose_budget_is_too_small_for_one_answer_learns_that(bot: Bot):
    bot.may_spend("0.0005")
    ask(bot, 2)
    told = SAYS("owner_budget_too_small", model="gpt-6-luna", most="0.0008", budget="0.0005")
    assert owner_learned(bot) == [told]


class OthersAreQuicker(FakeInbox):
    """After each try of a charge somebody else spends the rest."""

    def charge(self, lease: Lease, step: Charge, *, now: int, until: int) -> Charged:
        charged = super().charge(lease, step, now=now, until=until)
        spend.reserve_on(self.memory, replace(step.reserve, amount=2400), None)
        return charged


def test_a_user_overtaken_by_another_at_the_last_cent_gets_the_notice(bot: Bot):
    ask(bot, 2)
    bot.inbox = OthersAreQuicker(bot.memory)
    ask(bot, 1, psid="bert")
    assert bot.sent_to("bert") == [NOTICE]
    assert owner_learned(bot) == [SAYS("owner_budget_spent", budget="0.0032")]


def test_the_cost_of_an_answer_is_logged_in_dollars(bot: Bot):
    bot.model.usage = Usage(input=100, output=123)
    ask(bot, 1)
    [line] = bot.log_lines("model")
    assert line["cost_usd"] == 0.000123
