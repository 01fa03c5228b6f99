"""The circuit breaker: while the provider is down, nobody waits for it, nobody is charged, and it is asked rarely."""

import pytest

from chalicelib.conversation.breaker import FIRST_PAUSE_MS, LONGEST_PAUSE_MS, OPENS_AFTER, Outage
from chalicelib.errors import ModelBusy, ModelError, ModelFault, ModelRefused, ModelUnusable, StoreError
from tests.fakes.model import Line
from tests.fakes.outages import FakeOutages
from tests.flow.bot import SAYS, Bot, InterruptedModel
from tests.flow.chat import Chat

DOWN, APOLOGY = SAYS("provider_down"), SAYS("apology")


def no_response() -> ModelBusy:
    error = ModelBusy("the provider is out of reach")
    error.may_be_billed = error.began = False
    return error


@pytest.fixture
def bot(bot: Bot) -> Bot:
    bot.model.otherwise = no_response()
    bot.limits_to(1000)
    return bot


def ask(bot: Bot, psid: str = "anna") -> str:
    bot.receives(psid, "Are you there?")
    return bot.sent_to(psid)[-1]


def calls(bot: Bot) -> int:
    return len(bot.asked)


def test_after_three_questions_without_a_response_people_get_a_notice_at_once(bot: Bot):
    assert [ask(bot) for _ in range(5)] == [APOLOGY] * OPENS_AFTER + [DOWN] * 2
    assert calls(bot) == OPENS_AFTER
    assert bot.used("anna") == 0
    assert bot.spent().committed == 0


def test_each_question_without_an_answer_is_a_failure_in_the_owners_report(bot: Bot):
    for _ in range(5):
        ask(bot)
    assert bot.spent().failures == 5


def test_200_questions_of_an_hour_without_a_provider_are_a_dozen_calls(bot: Bot):
    for number in range(200):
        ask(bot, f"person-{number % 40}")
        bot.clock.tick(seconds=17)
    assert calls(bot) <= OPENS_AFTER + 3600 * 1000 // LONGEST_PAUSE_MS + 3
    assert bot.spent().questions == calls(bot) == bot.spent().refunded
    assert bot.spent().committed == 0


def test_one_question_is_let_through_after_the_pause_and_its_answer_ends_the_outage(bot: Bot):
    for _ in range(OPENS_AFTER):
        ask(bot)
    bot.clock.tick(seconds=FIRST_PAUSE_MS / 1000)
    bot.model.otherwise = ["An answer."]
    assert [ask(bot, psid) for psid in ("anna", "bert")] == ["An answer."] * 2
    assert calls(bot) == OPENS_AFTER + 2
    assert bot.memory.outages == {}
    assert [line["outcome"] for line in bot.log_lines("breaker")] == ["open", "half_open", "closed"]


def test_the_pauses_double_up_to_five_minutes(bot: Bot):
    for _ in range(OPENS_AFTER):
        ask(bot)
    waited = []
    for _ in range(6):
        before = calls(bot)
        seconds = 0
        while calls(bot) == before:
            bot.clock.tick(seconds=10)
            seconds += 10
            ask(bot)
        waited.append(seconds)
    assert [30 <= waited[0] <= 40, 50 <= waited[1] <= 70, 100 <= waited[2] <= 130] == [True] * 3
    assert all(270 <= seconds <= 310 for seconds in waited[4:])


def test_while_a_question_is_let_through_others_get_the_notice(bot: Bot):
    for _ in range(OPENS_AFTER):
        ask(bot)
    bot.clock.tick(seconds=31)
    seen = bot.outages.current()[""]
    assert bot.outages.claim("", seen, now=bot.clock())
    assert ask(bot, "bert") == DOWN
    assert calls(bot) == OPENS_AFTER


@pytest.mark.parametrize(
    "error",
    [
        ModelRefused("filtered"),
        ModelError("odd"),
        ModelBusy("the stream broke off"),
        ModelUnusable("no key", cause=ModelFault.KEY),
    ],
)
def test_what_a_question_or_the_owner_brings_about_is_no_outage(bot: Bot, error: ModelError):
    bot.model.otherwise = error
    for _ in range(OPENS_AFTER + 2):
        ask(bot)
    assert calls(bot) == OPENS_AFTER + 2
    assert bot.memory.outages == {}


def test_an_answer_between_two_failures_begins_the_count_anew(bot: Bot):
    for _ in range(4):
        for _ in range(OPENS_AFTER - 1):
            bot.model.script.append(no_response())
        bot.model.script.append(["An answer."])
    answers = [ask(bot) for _ in range(4 * OPENS_AFTER)]
    assert answers == ([APOLOGY] * (OPENS_AFTER - 1) + ["An answer."]) * 4


def test_failures_of_an_hour_ago_are_forgotten(bot: Bot):
    for _ in range(OPENS_AFTER + 1):
        assert ask(bot) == APOLOGY
        bot.clock.tick(hours=1)
    assert bot.memory.outages[""] == (1, bot.memory.outages[""][1])


def test_the_owner_is_notified_once_a_day_that_the_provider_is_down(bot: Bot):
    for _ in range(30):
        ask(bot)
        bot.clock.tick(minutes=3)
    subjects = [subject for subject, _ in bot.notifier.told]
    assert subjects.count(SAYS("owner_down_subject")) == 1


def test_commands_are_answered_meanwhile(bot: Bot):
    for _ in range(OPENS_AFTER):
        ask(bot)
    bot.receives("anna", "/help")
    assert bot.sent_to("anna")[-1] == SAYS("help")


def test_a_question_whose_worker_died_is_not_asked_again_meanwhile_and_refunded(bot: Bot):
    for _ in range(OPENS_AFTER - 1):
        ask(bot)
    bot.model = InterruptedModel(otherwise=no_response(), meanwhile=lambda _: 1 / 0)
    bot.accepts("anna", "What a question")
    with pytest.raises(ZeroDivisionError):
        bot.works()
    before = calls(bot)
    bot.clock.tick(minutes=3)
    bot.outages.count("", now=bot.clock(), anew=False)
    bot.beats()
    bot.works()
    assert (calls(bot), bot.used("anna"), bot.sent_to("anna")[-1]) == (before, 0, APOLOGY)


def test_each_model_has_a_breaker_of_its_own(bot: Bot):
    for _ in range(OPENS_AFTER):
        ask(bot)
    bot.memory.people[next(iter(bot.memory.people))].change(model="other")
    bot.model.otherwise = ["An answer."]
    assert ask(bot) == "An answer."
    assert ask(bot, "bert") == DOWN


def test_a_visitor_of_the_web_chat_gets_an_end_of_each_question(chat: Chat):
    chat.bot.model.otherwise = no_response()
    chat.changes_key(daily_messages=100)
    tab = chat.opens("cleo")
    for number in range(OPENS_AFTER + 1):
        tab.says(f"Are you there? {number}")
    assert [frame["code"] for frame in tab.got("notice")] == ["apology"] * (OPENS_AFTER + 1)
    assert tab.got("notice")[-1]["message"] == DOWN


@pytest.mark.parametrize(("failures", "seconds"), [(3, 30), (4, 60), (5, 120), (6, 240), (7, 300), (1000, 300)])
def test_a_pause_is_longer_with_each_failure(failures: int, seconds: int):
    assert Outage(failures, 5).until == 5 + seconds * 1000


class BrokenOutages(FakeOutages):
    """Takes no note of anything."""

    def count(self, model: str, *, now: int, anew: bool) -> Outage:
        raise StoreError("DynamoDB is out of reach")

    def end(self, model: str) -> None:
        raise StoreError("DynamoDB is out of reach")


@pytest.mark.parametrize("otherwise", [["An answer."], no_response()])
def test_a_store_that_fails_after_the_answer_costs_neither_the_answer_nor_a_second_call(bot: Bot, otherwise: Line):
    """The reply is recorded before it is noted whether the model has answered."""
    bot.memory.outages[""] = 1, bot.clock()
    bot.outages, bot.model.otherwise = BrokenOutages(bot.memory), otherwise
    bot.accepts("anna", "Are you there?")
    assert isinstance(bot.works_badly(), StoreError)
    bot.outages = FakeOutages(bot.memory)
    bot.clock.tick(minutes=3)
    bot.beats()
    bot.works()
    assert (len(bot.sent_to("anna")), calls(bot)) == (1, 1)
