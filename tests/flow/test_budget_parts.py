"""The budget's parts: nobody takes more than a share of it, and no channel what is kept for the other one."""

from decimal import Decimal

import pytest

from chalicelib.access.budget import Price, Usage, usd
from chalicelib.access.person import Access
from chalicelib.content import persona
from chalicelib.errors import ModelBusy
from chalicelib.ids import Channel
from tests.fakes.model import ScriptedModel
from tests.flow.bot import SAYS, Bot
from tests.flow.chat import Chat, Tab

TODAY = "2026-11-20"
RESET = {"time": "00:00", "zone": "Europe/Berlin"}
MOST = persona.load("assistant").max_output_tokens
"""Micro-USD that one call can cost on Messenger."""
SHARE, SPENT = SAYS("share_spent", **RESET), SAYS("budget_spent", **RESET)


def prepare(bot: Bot, *, calls: int, person_share: str) -> Bot:
    """Answers cost all that they may, and the budget bears so many of them."""
    bot.price = Price(Decimal(0), Decimal(0), Decimal(1))
    bot.model.usage = Usage(input=100, output=MOST)
    bot.may_spend(usd(calls * MOST), person_share=person_share)
    bot.limits_to(100)
    return bot


@pytest.fixture
def bot(bot: Bot) -> Bot:
    return prepare(bot, calls=16, person_share="0.25")


def ask(bot: Bot, psid: str, times: int = 1) -> list[str]:
    for number in range(times):
        bot.receives(psid, f"question number {number}")
    return bot.sent_to(psid)


def owner_learned(bot: Bot) -> list[str]:
    return [text for subject, text in bot.notifier.told if subject == SAYS("owner_budget_subject")]


def test_a_person_gets_a_share_of_the_budget_and_then_a_kind_notice(bot: Bot):
    assert ask(bot, "anna", 6) == ["An answer."] * 4 + [SHARE]
    assert (bot.used("anna"), bot.known("anna").spent) == (4, {TODAY: 4 * MOST})
    assert ask(bot, "bert") == ["An answer."]
    assert [line["reason"] for line in bot.log_lines("refuse")] == ["share_spent"] * 2
    assert owner_learned(bot) == []


def test_a_share_is_of_what_answers_cost_and_not_of_what_they_might(bot: Bot):
    bot.model.usage = Usage(input=100, output=MOST // 10)
    assert ask(bot, "anna", 30) == ["An answer."] * 30
    assert bot.known("anna").spent == {TODAY: 3 * MOST}


def test_the_next_day_has_a_share_of_its_own(bot: Bot):
    ask(bot, "anna", 5)
    bot.clock.tick(hours=12)
    assert ask(bot, "anna", 5) == (["An answer."] * 4 + [SHARE]) * 2
    assert bot.known("anna").spent == {TODAY: 4 * MOST, "2026-11-21": 4 * MOST}


def test_shares_of_days_gone_by_are_deleted(bot: Bot):
    ask(bot, "anna", 2)
    bot.clock.tick(days=3)
    ask(bot, "anna")
    assert bot.known("anna").spent == {"2026-11-23": MOST}


def test_an_unlimited_person_has_no_share_but_the_channel_has_its_part(bot: Bot):
    bot.receives("anna", "/help")
    bot.decides("anna", Access.UNLIMITED)
    assert ask(bot, "anna", 14)[1:] == ["An answer."] * 12 + [SPENT]


def test_an_owner_may_give_everybody_all(bot: Bot):
    prepare(bot, calls=16, person_share="1")
    assert ask(bot, "anna", 14) == ["An answer."] * 12 + [SPENT]


@pytest.mark.parametrize("share", ["0.01", "0.25"])
def test_in_a_small_budget_everybody_gets_an_answer_as_long_as_it_lasts(bot: Bot, share: str):
    prepare(bot, calls=3, person_share=share)
    for psid in ("anna", "bert"):
        assert ask(bot, psid, 3) == ["An answer.", SHARE]
    assert ask(bot, "carl") == [SPENT]


def test_calls_whose_cost_is_unknown_count_in_the_persons_share(bot: Bot):
    bot.model.otherwise = ["Once upon ", ModelBusy("the stream broke off")]
    ask(bot, "anna", 5)
    assert (len(bot.asked), bot.sent_to("anna")[-1]) == (4, SHARE)


def test_a_second_call_beyond_the_share_is_not_made_and_the_person_is_not_blamed(bot: Bot):
    prepare(bot, calls=16, person_share="0.1")
    lost = ModelBusy("the provider is out of reach")
    lost.began = False
    bot.model.script = [lost]
    assert ask(bot, "anna") == [SAYS("apology")]
    assert (len(bot.asked), bot.used("anna"), bot.spent().committed) == (1, 0, MOST)


def test_one_channel_uses_three_quarters_and_the_owner_is_told_which(bot: Bot):
    part = {
        "budget": f"{Decimal(16 * MOST) / 10**6:f}",
        "part": f"{Decimal(12 * MOST) / 10**6:f}",
        "channel": "Messenger",
    }
    for psid in ("anna", "bert"):
        ask(bot, psid, 4)
    assert owner_learned(bot) == []
    ask(bot, "carl")
    assert owner_learned(bot) == [SAYS("owner_budget_half_spent", budget=part["budget"])]
    ask(bot, "carl", 3)
    assert owner_learned(bot)[1:] == [SAYS("owner_budget_part_nearly_spent", **part)]
    assert ask(bot, "dora") == [SPENT]
    assert owner_learned(bot)[2:] == [SAYS("owner_budget_part_spent", **part)]
    assert bot.spent().channels == {Channel.MESSENGER: 12 * MOST}
    assert bot.log_lines("refuse")[-1]["reason"] == "channel_spent"


@pytest.fixture
def web(chat: Chat) -> Chat:
    prepare(chat.bot, calls=16, person_share="0.25")
    chat.bot.model = ScriptedModel(usage=Usage(input=100, output=MOST))
    chat.changes_key(daily_messages=100)
    return chat


def asks(tab: Tab, times: int) -> list[str]:
    """The codes of the notices."""
    before = len(tab.got("notice"))
    for number in range(times):
        tab.says(f"question number {number}")
    return [frame["code"] for frame in tab.got("notice")[before:]]


def test_visitors_of_one_address_cannot_multiply_the_webs_part(web: Chat):
    notices = [code for number in range(20) for code in asks(web.opens(f"visitor-{number}"), 5)]
    assert set(notices) == {"share_spent", "budget_spent"}
    assert web.bot.spent().committed <= 12 * MOST
    for psid in ("anna", "bert", "carl", "dora"):
        assert ask(web.bot, psid) == ["An answer."]
    assert owner_learned(web.bot)[-1].startswith("Four fifths of today's budget")


def test_messenger_cannot_silence_the_web(web: Chat):
    for psid in ("anna", "bert", "carl", "dora"):
        ask(web.bot, psid, 5)
    assert asks(web.opens("emil"), 1) == []


def test_when_both_channels_have_spent_their_parts_the_whole_is_spent(web: Chat):
    for psid in ("anna", "bert", "carl"):
        ask(web.bot, psid, 4)
    for number in range(6):
        asks(web.opens(f"visitor-{number}"), 1)
    assert asks(web.opens("late"), 1) == ["budget_spent"]
    assert web.bot.spent().committed <= 16 * MOST
    assert owner_learned(web.bot)[-1] == SAYS("owner_budget_spent", budget=usd(16 * MOST))


def test_a_visitor_gets_the_notice_of_the_share_for_each_question(web: Chat):
    codes = asks(web.opens("anna"), 10)
    assert codes == ["share_spent"] * len(codes)
    assert len(codes) > 2
