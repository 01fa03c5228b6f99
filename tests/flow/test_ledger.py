"""What the day and the person show of a day's questions, as the report reads it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from chalicelib.access.budget import Price
from chalicelib.access.ledger import MonthUse
from chalicelib.errors import ModelBusy, PersonUnreachable
from chalicelib.operations.period import Period
from chalicelib.operations.report import Reports
from tests.fakes.api_keys import FakeApiKeys
from tests.flow.bot import SAYS, Bot, InterruptedModel

MONTH = "2026-11"


@pytest.fixture
def bot(bot: Bot) -> Bot:
    bot.price = Price(Decimal(0), Decimal(0), Decimal(1))
    bot.limits_to(100)
    return bot


def test_a_question_is_counted_in_the_hour_of_the_owners_day_as_its_persona(bot: Bot):
    bot.receives("anna", "Hello?")
    bot.clock.tick(hours=2)
    bot.receives("bert", "Hello?")
    spent = bot.spent()
    assert spent.hours == {13: 1, 15: 1}
    assert spent.personas == {"assistant": 40}
    assert (spent.questions, spent.committed, spent.of_no_person) == (2, 40, 0)
    assert bot.known("anna").months == {MONTH: MonthUse(1, 20)}


def test_the_time_that_a_person_waited_is_counted_with_the_answer(bot: Bot):
    bot.model = InterruptedModel(meanwhile=lambda _: bot.clock.tick(seconds=3))
    bot.receives("anna", "Hello?")
    assert bot.spent().answer_ms == {4000: 1}


def test_an_apology_is_a_failure_and_a_refund(bot: Bot):
    bot.model.script = [ModelBusy("the stream broke off")]
    bot.receives("anna", "Hello?")
    spent = bot.spent()
    assert (spent.questions, spent.failures, spent.refunded, spent.answer_ms) == (1, 1, 1, {})
    assert bot.known("anna").months[MONTH].refunded == 1


def test_an_answer_that_cannot_be_delivered_is_unanswered(bot: Bot):
    bot.outbox.script = [PersonUnreachable("gone")]
    bot.receives("anna", "Hello?")
    assert (bot.spent().unanswered, bot.spent().refunded, bot.spent().questions) == (1, 1, 1)


def test_a_question_that_became_too_old_is_unanswered_though_no_model_was_asked(bot: Bot):
    bot.accepts("anna", "Hello?")
    bot.clock.tick(hours=2)
    bot.works()
    assert (bot.spent().unanswered, bot.spent().questions, bot.spent().calls) == (1, 0, 0)


def test_commands_and_refused_questions_are_no_questions_of_the_ledger(bot: Bot):
    bot.receives("anna", "/help")
    bot.limits_to(0)
    bot.receives("anna", "Hello?")
    assert bot.spent().questions == bot.spent().unanswered == 0


def test_forgetting_leaves_the_days_sums(bot: Bot):
    bot.receives("anna", "Hello?")
    bot.receives("anna", "/forget")
    bot.receives("anna", "/forget yes")
    assert bot.spent().committed == 20
    assert sum(bot.spent().models.values()) == 20
    assert bot.sent_to("anna")[-1] == SAYS("forget_done", counts="3 days")


def test_the_report_of_a_mixed_day_is_the_sum_over_the_ledger(bot: Bot):
    """After failures, crashes and refunds of several people."""
    for number in range(6):
        bot.model.script = [ModelBusy("cut")] if number % 3 == 2 else []
        bot.receives(f"person-{number % 4}", "Hello?")
    ordinary, bot.model = bot.model, InterruptedModel(meanwhile=lambda _: 1 / 0)
    bot.accepts("anna", "This one kills its worker")
    with pytest.raises(ZeroDivisionError):
        bot.works()
    bot.model = replace(ordinary, script=[])
    bot.beats()
    bot.works()
    spent = bot.spent()
    people = [known.person for known in bot.memory.people.values()]
    cost = sum(use.cost for person in people for use in person.months.values())
    assert spent.committed == cost == sum(spent.models.values()) == sum(spent.personas.values())
    assert spent.committed == sum(spent.channels.values())
    assert spent.questions == sum(spent.hours.values()) == 7
    assert spent.refunded == spent.failures == 2
    zone = bot.settings.limits.zone
    reports = Reports("prod", zone, 1_000_000, bot.spending, bot.people, FakeApiKeys(bot.memory), bot.invites)
    report = reports.of(Period.month(date(2026, 11, 20)), now=bot.clock())
    assert report.totals.cost == spent.committed
    assert sum(row.cost for row in report.people.rows) + report.people.rest == spent.committed
    for shares in (report.channels, report.models, report.personas):
        assert sum(share.cost for share in shares) == spent.committed
