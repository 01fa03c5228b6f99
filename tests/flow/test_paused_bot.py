"""The owner pauses the whole bot: commands are still answered, questions are not, and cost nothing."""

from chalicelib.access.pauses import UNTIL_RESUMED
from tests.flow.bot import SAYS, Bot, InterruptedModel
from tests.flow.chat import Chat


def test_a_question_to_a_paused_bot_costs_nothing_and_is_answered_with_that(bot: Bot):
    bot.pauses.pause(until=UNTIL_RESUMED)
    bot.receives("anna", "What is new?")
    assert bot.sent_to("anna") == [SAYS("paused")]
    assert (bot.asked, bot.used("anna"), bot.spent().committed) == ([], 0, 0)


def test_the_notice_comes_once_an_hour_on_messenger(bot: Bot):
    bot.pauses.pause(until=UNTIL_RESUMED)
    for _ in range(3):
        bot.receives("anna", "What is new?")
    assert bot.sent_to("anna") == [SAYS("paused")]
    bot.clock.tick(minutes=61)
    bot.receives("anna", "What is new?")
    assert bot.sent_to("anna") == [SAYS("paused")] * 2


def test_commands_are_answered_while_the_bot_is_paused(bot: Bot):
    bot.pauses.pause(until=UNTIL_RESUMED)
    bot.receives("anna", "/help")
    assert bot.sent_to("anna") == [SAYS("help")]


def test_a_pause_ends_by_itself_at_its_time(bot: Bot):
    bot.pauses.pause(until=bot.clock() + 60_000)
    bot.clock.tick(minutes=2)
    bot.receives("anna", "What is new?")
    assert (len(bot.asked), bot.used("anna")) == (1, 1)


def test_questions_are_answered_again_after_the_pause(bot: Bot):
    bot.pauses.pause(until=UNTIL_RESUMED)
    bot.receives("anna", "What is new?")
    bot.pauses.resume(now=bot.clock())
    bot.receives("anna", "And now?")
    assert bot.asked == ["And now?"]


def test_an_answer_that_was_begun_before_the_pause_is_finished(bot: Bot):
    bot.model = InterruptedModel(meanwhile=lambda _: bot.pauses.pause(until=UNTIL_RESUMED))
    bot.receives("anna", "What is new?")
    assert bot.sent_to("anna") == ["An answer."]
    bot.receives("anna", "And now?")
    assert bot.sent_to("anna")[1:] == [SAYS("paused")]


def test_each_question_in_the_web_chat_ends_with_the_notice(chat: Chat):
    tab = chat.opens()
    chat.bot.pauses.pause(until=UNTIL_RESUMED)
    for _ in range(2):
        frames = tab.says("What is new?")
        assert [frame["type"] for frame in frames] == ["accepted", "question", "notice", "completed"]
        assert (frames[2]["code"], frames[2]["message"]) == ("paused", SAYS("paused"))
    assert (chat.asked, chat.used(), chat.key.used) == ([], 0, 0)


def test_a_conversation_that_the_model_would_open_begins_with_the_fixed_words(chat: Chat):
    opened = 'name = "Santa"\nmax_output_tokens = 900\ninstructions = "You are Santa."\n'
    chat.bot.persona_texts.put("web", f'{opened}opening = "model"\nfixed_opening = "Hello there."\n', now=chat.clock())
    chat.bot.pauses.pause(until=UNTIL_RESUMED)
    chat.opens()
    chat.works()
    assert (chat.asked, [turn.reply.text for turn in chat.turns() if turn.reply]) == ([], ["Hello there."])
