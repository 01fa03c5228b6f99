import pytest

from chalicelib.access.person import Access, Person
from chalicelib.conversation.prompt import FinishReason
from chalicelib.ids import PersonId
from tests.fakes.people import FakePeople
from tests.flow.bot import LIMIT, SAYS, Bot

RESET = {"time": "00:00", "zone": "Europe/Berlin"}


class MeanwhileBlocked(FakePeople):
    """The owner blocks whoever was just read."""

    def get(self, person: PersonId) -> Person | None:
        read = super().get(person)
        self.decide(person, Access.BLOCKED, daily_limit=None)
        return read


class MeanwhileUsed(FakePeople):
    """Whoever was just read uses all questions in another room."""

    def get(self, person: PersonId) -> Person | None:
        read = super().get(person)
        self.memory.people[person].change(quota={"2026-11-20": LIMIT})
        return read


def ask(bot: Bot, times: int, *, psid: str = "anna") -> None:
    for number in range(times):
        bot.receives(psid, f"question number {number}")


def test_the_notice_of_the_limit_says_when_there_are_more_questions(bot: Bot):
    bot.limits_to(2)
    ask(bot, 3)
    assert bot.sent_to("anna")[2] == SAYS("limit_reached", limit=2, **RESET)
    assert (len(bot.asked), bot.used("anna")) == (2, 2)


def test_the_notice_of_the_limit_is_sent_once_and_then_there_is_silence_for_an_hour(bot: Bot):
    bot.limits_to(1)
    ask(bot, 5)
    assert len(bot.sent_to("anna")) == 2
    assert bot.states("anna") == ["done", "done", "dropped", "dropped", "dropped"]
    bot.clock.tick(minutes=58)
    ask(bot, 1)
    assert len(bot.sent_to("anna")) == 2


def test_a_person_who_asks_all_day_gets_the_notice_at_most_once_an_hour(bot: Bot):
    bot.limits_to(1)
    ask(bot, 1)
    for _ in range(9 * 6):
        bot.clock.tick(minutes=10)
        ask(bot, 1)
    notices = bot.sent_to("anna")[1:]
    assert 7 <= len(notices) <= 10
    assert set(notices) == {SAYS("limit_reached", limit=1, **RESET)}
    assert (len(bot.asked), bot.used("anna")) == (1, 1)


def test_the_notice_of_the_limit_is_sent_again_the_next_day(bot: Bot):
    bot.limits_to(1)
    ask(bot, 3)
    bot.clock.tick(days=1)
    ask(bot, 3)
    assert len(bot.sent_to("anna")) == 4
    assert bot.known("anna").quota == {"2026-11-20": 1, "2026-11-21": 1}


def test_the_day_ends_at_the_owners_midnight(bot: Bot):
    bot.limits_to(1)
    ask(bot, 1)
    bot.clock.tick(hours=10, minutes=59)
    ask(bot, 1)
    assert len(bot.asked) == 1
    bot.clock.tick(minutes=1)
    ask(bot, 1)
    assert len(bot.asked) == 2


def test_a_question_counts_for_the_day_it_was_written_on(bot: Bot):
    bot.clock.tick(hours=10, minutes=59)
    bot.accepts("anna", "just before midnight")
    bot.clock.tick(minutes=10)
    bot.works()
    assert bot.known("anna").quota == {"2026-11-20": 1}


def test_the_last_questions_of_the_day_are_counted_down(bot: Bot):
    bot.has_talked_to("anna")
    bot.limits_to(4)
    ask(bot, 4)
    footers = [delivered.footer for delivered in bot.read("anna")]
    assert footers == ["", SAYS("few_left", left=2), SAYS("few_left", left=1), SAYS("none_left", **RESET)]


def test_the_count_of_what_is_left_never_becomes_memory(bot: Bot):
    bot.limits_to(2)
    ask(bot, 2)
    [exchange] = bot.last_prompt.history
    assert exchange.answer == "An answer."


def test_an_answer_that_stopped_short_with_few_left_says_both(bot: Bot):
    bot.has_talked_to("anna")
    bot.limits_to(1)
    bot.model.script = [["So long", FinishReason.LENGTH]]
    ask(bot, 1)
    assert bot.read("anna")[0].footer == f"{SAYS('cut_short')}\n\n{SAYS('none_left', **RESET)}"


def test_an_unlimited_user_is_counted_but_never_refused(bot: Bot):
    bot.limits_to(1)
    ask(bot, 1)
    bot.decides("anna", Access.UNLIMITED)
    ask(bot, 3)
    assert (len(bot.asked), bot.used("anna")) == (4, 4)
    assert [delivered.footer for delivered in bot.read("anna")[1:]] == ["", "", ""]


@pytest.mark.parametrize("own", [0, 1, 3])
def test_a_persons_own_limit_goes_before_everybodys(bot: Bot, own: int):
    bot.limits_to(2)
    bot.receives("anna", "/help")
    bot.decides("anna", Access.DEFAULT, daily_limit=own)
    ask(bot, 4)
    assert (len(bot.asked), bot.used("anna")) == (own, own)
    refusal = SAYS("limit_reached", limit=own, **RESET) if own else SAYS("no_questions")
    assert refusal in bot.sent_to("anna")


def test_one_persons_limit_is_not_anothers(bot: Bot):
    bot.limits_to(1)
    ask(bot, 2)
    ask(bot, 1, psid="bert")
    assert (bot.used("anna"), bot.used("bert")) == (1, 1)


def test_a_blocked_user_gets_no_answer_and_nothing_is_stored(bot: Bot):
    ask(bot, 1)
    bot.decides("anna", Access.BLOCKED)
    ask(bot, 3)
    assert (len(bot.sent_to("anna")), len(bot.turns("anna")), len(bot.asked)) == (1, 1, 1)


def test_a_blocked_user_may_delete_what_is_stored_and_stays_blocked(bot: Bot):
    ask(bot, 2)
    bot.decides("anna", Access.BLOCKED)
    bot.receives("anna", "/forget")
    [yes, _] = bot.read("anna")[-1].choices
    bot.receives("anna", yes.title, quick_reply={"payload": yes.command})
    assert bot.sent_to("anna")[2:] == [
        SAYS("forget_ask"),
        SAYS("forget_done_decided", done=SAYS("forget_done", counts="3 days"), decision=SAYS("decided_blocked")),
    ]
    assert [(turn.text, turn.reply) for turn in bot.turns("anna")] == [("", None)]
    assert (bot.known("anna").access, bot.known("anna").first_seen) == (Access.BLOCKED, 0)
    bot.receives("anna", "Am I still blocked?")
    bot.receives("anna", "/help")
    assert (len(bot.sent_to("anna")), len(bot.asked)) == (4, 2)


def test_a_blocked_user_who_never_wrote_and_forgets_is_not_announced_to_the_owner(bot: Bot):
    bot.decides("anna", Access.BLOCKED)
    bot.receives("anna", "/forget yes")
    assert (len(bot.sent_to("anna")), bot.told_owner, bot.asked) == (1, [], [])


def test_a_user_blocked_while_a_message_waits_gets_no_answer(bot: Bot):
    bot.accepts("anna", "quick, before they block me")
    bot.decides("anna", Access.BLOCKED)
    bot.works()
    assert (bot.sent_to("anna"), bot.asked, bot.states("anna"), bot.used("anna")) == ([], [], ["dropped"], 0)


def test_a_user_blocked_between_reading_and_charging_is_not_charged(bot: Bot):
    bot.people = MeanwhileBlocked(bot.memory)
    bot.receives("anna", "quick, before they block me")
    assert (bot.sent_to("anna"), bot.asked, bot.states("anna"), bot.used("anna")) == ([], [], ["dropped"], 0)


def test_questions_used_elsewhere_between_the_worker_reading_and_charging_count(bot: Bot):
    bot.people = MeanwhileUsed(bot.memory)
    ask(bot, 1)
    assert bot.sent_to("anna") == [SAYS("limit_reached", limit=LIMIT, **RESET)]
    assert (bot.asked, bot.used("anna")) == ([], LIMIT)


def test_a_person_who_is_unblocked_is_answered_again(bot: Bot):
    ask(bot, 1)
    bot.decides("anna", Access.BLOCKED)
    ask(bot, 1)
    bot.decides("anna", Access.DEFAULT)
    ask(bot, 1)
    assert len(bot.sent_to("anna")) == 2


def test_counts_of_days_long_gone_are_thrown_away(bot: Bot):
    for _ in range(5):
        ask(bot, 1)
        bot.clock.tick(days=1)
    assert sorted(bot.known("anna").quota) == ["2026-11-22", "2026-11-23", "2026-11-24"]


@pytest.mark.parametrize("now_allowed", [3, 1])
def test_a_person_whose_limit_was_lowered_has_not_used_more_than_it(bot: Bot, now_allowed: int):
    bot.limits_to(4)
    ask(bot, 4)
    bot.decides("anna", Access.DEFAULT, daily_limit=now_allowed)
    bot.receives("anna", "/usage")
    assert bot.sent_to("anna")[-1] == SAYS("usage", used=now_allowed, limit=now_allowed, **RESET)


def test_a_person_who_may_ask_nothing_is_not_told_of_questions_they_have_used(bot: Bot):
    bot.limits_to(0)
    ask(bot, 1)
    bot.receives("anna", "/usage")
    bot.receives("anna", "/start")
    assert bot.sent_to("anna") == [SAYS("no_questions")] * 3
