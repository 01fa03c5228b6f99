from chalicelib.conversation.limits import MAX_OPEN_TURNS
from tests.flow.bot import SAYS, Bot, conversation_of

FLOOD = MAX_OPEN_TURNS + 4


def flood(bot: Bot, psid: str = "anna") -> None:
    for number in range(FLOOD):
        bot.accepts(psid, f"line {number} of a flood")


def test_a_user_who_writes_too_fast_gets_one_notice(bot: Bot):
    flood(bot)
    bot.works()
    assert bot.sent_to("anna") == ["An answer."] * MAX_OPEN_TURNS + [SAYS("overflow")]


def test_waiting_messages_are_answered_in_order_and_only_they_are_charged(bot: Bot):
    flood(bot)
    bot.works()
    assert bot.asked == [f"line {number} of a flood" for number in range(MAX_OPEN_TURNS)]
    assert bot.used("anna") == MAX_OPEN_TURNS


def test_the_words_of_lost_messages_are_not_kept(bot: Bot):
    flood(bot)
    assert [turn.text for turn in bot.turns("anna")][MAX_OPEN_TURNS:] == [""]


def test_the_notice_is_no_memory(bot: Bot):
    flood(bot)
    bot.works()
    bot.limits_to(10)
    bot.receives("anna", "and now slowly")
    assert len(bot.last_prompt.history) == MAX_OPEN_TURNS


def test_once_the_bot_has_caught_up_everything_is_read_again(bot: Bot):
    bot.limits_to(20)
    flood(bot)
    bot.works()
    flood(bot)
    bot.works()
    assert bot.sent_to("anna").count(SAYS("overflow")) == 2
    assert bot.used("anna") == 2 * MAX_OPEN_TURNS


def test_a_refused_message_that_is_repeated_gets_no_second_notice(bot: Bot):
    for number in range(MAX_OPEN_TURNS):
        bot.accepts("anna", f"line {number} of a flood")
    lost = bot.message("anna", "the straw")
    for _ in range(3):
        bot.posted(lost)
    bot.works()
    assert bot.sent_to("anna").count(SAYS("overflow")) == 1


def test_one_persons_flood_is_nothing_to_another(bot: Bot):
    flood(bot)
    bot.receives("bert", "a quiet question")
    assert bot.sent_to("bert") == ["An answer."]


def test_a_flood_still_wakes_a_worker(bot: Bot):
    flood(bot)
    assert set(bot.wake.woken) == {conversation_of("anna")}
