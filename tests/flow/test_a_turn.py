from chalicelib.conversation.prompt import FinishReason
from chalicelib.conversation.worker import Outcome
from tests.flow.bot import SAYS, Bot, InterruptedModel


def test_a_question_is_answered_by_the_model(bot: Bot):
    bot.model.script = [["Berlin", ", of course."]]
    bot.receives("anna", "What is the capital of Germany?")
    assert bot.asked == ["What is the capital of Germany?"]
    assert bot.sent_to("anna") == ["Berlin, of course."]
    assert bot.states("anna") == ["done"]
    assert bot.used("anna") == 1


def test_the_webhook_responds_before_any_model_is_asked(bot: Bot):
    bot.accepts("anna", "Are you there?")
    assert (bot.asked, bot.states("anna")) == ([], ["queued"])
    bot.works()
    assert bot.states("anna") == ["done"]


def test_questions_are_answered_in_the_order_they_were_written(bot: Bot):
    bot.model.script = [["one"], ["two"], ["three"]]
    later = bot.message("anna", "second question", at=bot.clock() + 3000)
    earlier = bot.message("anna", "first question", at=bot.clock() + 1000)
    bot.posted(later, earlier)
    bot.receives("anna", "third question", at=bot.clock() + 5000)
    assert bot.asked == ["first question", "second question", "third question"]
    assert bot.sent_to("anna") == ["one", "two", "three"]


def test_a_message_that_comes_while_the_bot_answers_is_answered_by_the_same_worker(bot: Bot):
    bot.model = InterruptedModel(
        meanwhile=lambda _: bot.accepts("anna", "second question") if len(bot.asked) == 1 else None
    )
    bot.accepts("anna", "first question")
    assert bot.run(bot.wake.woken.pop(0)) is Outcome.DRAINED
    assert bot.states("anna") == ["done", "done"]
    assert bot.works() == [Outcome.BUSY]
    assert bot.asked == ["first question", "second question"]


def test_different_people_do_not_wait_for_each_other(bot: Bot):
    bot.accepts("anna", "a question of hers")
    bot.receives("bert", "a question of his")
    assert [len(bot.sent_to(who)) for who in ("anna", "bert")] == [1, 1]
    assert all(prompt.history == () for prompt in bot.model.asked)


def test_the_same_user_on_another_page_is_another_person(bot: Bot):
    bot.page_id = None  # an earlier version deployed the bot: it answers for all pages of its app
    elsewhere = {**bot.message("anna", "what about this page?"), "recipient": {"id": "815"}}
    bot.receives("anna", "and what about that page?")
    bot.posted(elsewhere)
    bot.works()
    assert [delivered.person for delivered in bot.outbox.delivered] == ["messenger:4711:anna", "messenger:815:anna"]
    assert bot.last_prompt.history == ()


def test_a_message_that_comes_again_is_answered_once(bot: Bot):
    message = bot.message("anna", "only one answer, please")
    for _ in range(3):
        bot.posted(message)
        bot.works()
    assert len(bot.sent_to("anna")) == len(bot.asked) == bot.used("anna") == 1


def test_the_person_sees_that_the_bot_types_while_the_model_thinks(bot: Bot):
    seen: list[int] = []
    bot.model = InterruptedModel(meanwhile=lambda _: seen.append(bot.outbox.attending))
    bot.receives("anna", "do you type?")
    assert seen == [1]
    assert bot.outbox.attending == 0


def test_a_person_is_a_pseudonym_to_the_models_provider(bot: Bot):
    bot.receives("anna", "who am I?")
    bot.receives("anna", "and now?")
    bot.receives("bert", "who am I then?")
    hashes = [prompt.person_hash for prompt in bot.model.asked]
    assert hashes[0] == hashes[1] != hashes[2]
    assert "anna" not in hashes[0]


def test_pictures_are_mentioned_to_the_model_but_not_shown(bot: Bot):
    bot.receives("anna", "what is this?", attachments=[{"type": "image", "payload": {"url": "https://example.org/x"}}])
    assert bot.asked == ["what is this?\n[attached, but not visible to you: image]"]


def test_a_picture_without_text_is_answered_by_the_notice_that_the_bot_reads_text_only(bot: Bot):
    bot.receives("anna", attachments=[{"type": "image", "payload": {"url": "https://example.org/x"}}])
    assert bot.sent_to("anna") == [SAYS("text_only")]
    assert (bot.asked, bot.used("anna")) == ([], 0)


def test_a_message_longer_than_the_bot_reads_is_turned_down_without_a_charge(bot: Bot):
    bot.receives("anna", "long " * 801)
    assert bot.sent_to("anna") == [SAYS("too_long", limit=4000)]
    assert (bot.asked, bot.used("anna")) == ([], 0)


def test_the_longest_message_is_read_whole(bot: Bot):
    bot.receives("anna", "long " * 800)
    assert bot.asked == ["long " * 800]


def test_an_answer_that_got_too_long_says_that_it_stops(bot: Bot):
    bot.has_talked_to("anna")
    bot.model.script = [["Once upon a time", FinishReason.LENGTH]]
    bot.receives("anna", "tell me everything")
    [answer] = bot.read("anna")
    assert (answer.text, answer.footer) == ("Once upon a time", SAYS("cut_short"))
    assert bot.used("anna") == 1
