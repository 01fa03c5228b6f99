import pytest

from chalicelib.access.person import Access
from chalicelib.errors import DeliveryError
from tests.flow.bot import LIMIT, SAYS, Bot, conversation_of

FORGOTTEN = SAYS("forget_done", counts="3 days")
RESET = {"time": "00:00", "zone": "Europe/Berlin"}


def forget(bot: Bot, psid: str = "anna") -> None:
    """As it is done: ask for it, then tap the button."""
    bot.receives(psid, "/forget")
    [yes, _] = bot.read(psid)[-1].choices
    bot.receives(psid, yes.title, quick_reply={"payload": yes.command})


def words_kept(bot: Bot, psid: str = "anna") -> list[str]:
    kept = [kept.turn for kept in bot.memory.of(conversation_of(psid))]
    replies = [turn.reply for turn in kept if turn.reply]
    words = [turn.text for turn in kept] + [reply.text for reply in replies] + [reply.footer for reply in replies]
    return [word for word in words if word]


@pytest.mark.parametrize("typed", ["/help", "/HELP", "  /help  "])
def test_help_is_the_bots_own_text_and_costs_nothing(bot: Bot, typed: str):
    bot.receives("anna", typed)
    assert bot.sent_to("anna") == [SAYS("help")]
    assert (bot.asked, bot.used("anna")) == ([], 0)


def test_start_is_answered_by_a_welcome(bot: Bot):
    bot.posted(bot.item("anna", postback={"mid": "mid-start", "title": "Get started", "payload": "GET_STARTED"}))
    bot.works()
    assert bot.sent_to("anna") == [SAYS("welcome", limit=LIMIT)]


def test_start_can_be_typed_as_well(bot: Bot):
    bot.receives("anna", "/start")
    assert bot.sent_to("anna") == [SAYS("welcome", limit=LIMIT)]


def test_an_unlimited_user_is_welcomed_without_a_number(bot: Bot):
    bot.receives("anna", "/help")
    bot.decides("anna", Access.UNLIMITED)
    bot.receives("anna", "/start")
    bot.receives("anna", "/usage")
    assert bot.sent_to("anna")[1:] == [SAYS("welcome_unlimited"), SAYS("usage_unlimited", used=0)]


def test_usage_tells_what_is_used_and_when_the_count_starts_again(bot: Bot):
    bot.receives("anna", "a first question")
    bot.receives("anna", "/usage")
    assert bot.sent_to("anna")[1] == SAYS("usage", used=1, limit=LIMIT, **RESET)


def test_commands_are_answered_when_no_question_is_left(bot: Bot):
    bot.limits_to(0)
    bot.receives("anna", "/usage")
    assert bot.sent_to("anna") == [SAYS("no_questions")]


@pytest.mark.parametrize(
    ("typed", "word", "nearest"), [("/hepl", "/hepl", "/help"), ("/Forgot everything", "/Forgot", "/forget")]
)
def test_a_misspelt_command_costs_nothing_and_is_answered_with_the_nearest(
    bot: Bot, typed: str, word: str, nearest: str
):
    bot.receives("anna", typed)
    [answer] = bot.read("anna")
    assert answer.text == SAYS("unknown_command_nearest", typed=word, nearest=nearest)
    assert [choice.command for choice in answer.choices] == [nearest]
    assert (bot.asked, bot.used("anna"), bot.spent().committed) == ([], 0, 0)


def test_the_button_of_the_nearest_command_runs_it(bot: Bot):
    bot.receives("anna", "/hepl")
    [choice] = bot.read("anna")[0].choices
    bot.receives("anna", choice.title, quick_reply={"payload": choice.command})
    assert bot.sent_to("anna")[-1] == SAYS("help")


def test_an_unknown_command_without_a_near_one_is_answered_with_help(bot: Bot):
    bot.receives("anna", "/imagine a castle")
    [answer] = bot.read("anna")
    assert (answer.text, answer.choices) == (SAYS("unknown_command", typed="/imagine"), ())
    assert (bot.asked, bot.used("anna")) == ([], 0)


def test_an_unknown_command_is_answered_also_when_no_question_is_left_and_is_no_memory(bot: Bot):
    bot.limits_to(1)
    bot.receives("anna", "/hepl")
    bot.receives("anna", "a question")
    assert bot.last_prompt.history == ()
    bot.receives("anna", "/usgae")
    assert bot.read("anna")[-1].choices[0].command == "/usage"


@pytest.mark.parametrize("text", ["/etc/hosts is what?", "/ how are you", "/s just kidding"])
def test_a_message_that_only_begins_with_a_slash_is_asked(bot: Bot, text: str):
    bot.receives("anna", text)
    assert (bot.asked, bot.used("anna")) == ([text], 1)


def test_after_a_reset_the_model_hears_nothing_of_what_was_said_before(bot: Bot):
    bot.receives("anna", "my cat is called Minka")
    bot.receives("anna", "/reset")
    bot.receives("anna", "what is my cat called?")
    assert bot.last_prompt.history == ()
    assert bot.sent_to("anna")[1] == SAYS("reset")


def test_a_reset_holds_for_messages_that_wait_behind_it(bot: Bot):
    bot.accepts("anna", "my cat is called Minka")
    bot.accepts("anna", "/reset")
    bot.accepts("anna", "what is my cat called?")
    bot.accepts("anna", "and my dog?")
    bot.works()
    histories = {prompt.question: [exchange.question for exchange in prompt.history] for prompt in bot.model.asked}
    assert histories["what is my cat called?"] == []
    assert histories["and my dog?"] == ["what is my cat called?"]


def test_a_reset_that_comes_late_shows_nothing_that_a_later_one_has_hidden(bot: Bot):
    early = bot.clock()
    bot.clock.tick(minutes=1)
    bot.receives("anna", "my cat is called Minka")
    bot.receives("anna", "/reset")
    bot.receives("anna", "/reset", at=early)
    bot.receives("anna", "what is my cat called?")
    assert bot.last_prompt.history == ()


def test_a_reset_of_one_person_is_nothing_to_another(bot: Bot):
    bot.receives("bert", "my dog is called Rex")
    bot.receives("anna", "/reset")
    bot.receives("bert", "what is my dog called?")
    assert len(bot.last_prompt.history) == 1


def test_forgetting_is_asked_back_with_two_buttons(bot: Bot):
    bot.receives("anna", "/forget")
    [asked] = bot.read("anna")
    assert (asked.text, [choice.title for choice in asked.choices]) == (
        SAYS("forget_ask"),
        [SAYS("forget_yes"), SAYS("forget_no")],
    )


def test_after_forgetting_no_word_is_stored_not_even_of_the_confirmation(bot: Bot):
    bot.receives("anna", "my cat is called Minka")
    forget(bot)
    assert bot.sent_to("anna")[-1] == FORGOTTEN
    assert words_kept(bot) == []
    assert bot.states("anna") == ["done"]


@pytest.mark.parametrize(
    ("access", "daily_limit", "stays"),
    [
        (Access.UNLIMITED, None, "no daily limit"),
        (Access.DEFAULT, 7, "questions a day: 7"),
        (Access.DEFAULT, 0, "questions a day: 0"),
    ],
)
def test_whoever_is_forgotten_is_told_which_decision_of_the_owner_stays(
    bot: Bot, access: Access, daily_limit: int | None, stays: str
):
    bot.receives("anna", "my cat is called Minka")
    bot.decides("anna", access, daily_limit=daily_limit)
    forget(bot)
    assert bot.sent_to("anna")[-1] == f"{FORGOTTEN} What the owner decided about you stays too: {stays}."
    assert (bot.known("anna").access, bot.known("anna").daily_limit) == (access, daily_limit)


def test_after_forgetting_the_model_hears_nothing_of_what_was_said_before(bot: Bot):
    bot.receives("anna", "my cat is called Minka")
    forget(bot)
    bot.receives("anna", "what is my cat called?")
    assert bot.last_prompt.history == ()


def test_forgetting_holds_for_messages_that_wait_behind_it(bot: Bot):
    bot.accepts("anna", "my cat is called Minka")
    bot.accepts("anna", "/forget yes")
    bot.accepts("anna", "what is my cat called?")
    bot.works()
    assert bot.last_prompt.history == ()


def test_forgetting_is_no_way_to_more_questions(bot: Bot):
    bot.limits_to(1)
    bot.receives("anna", "a first question")
    forget(bot)
    bot.receives("anna", "a second question")
    assert len(bot.asked) == bot.used("anna") == 1


def test_forgetting_is_no_way_out_of_a_limit_of_ones_own(bot: Bot):
    bot.receives("anna", "a first question")
    bot.decides("anna", Access.DEFAULT, daily_limit=1)
    forget(bot)
    assert bot.known("anna").daily_limit == 1


def test_the_counts_of_a_forgotten_user_are_deleted_after_three_days(bot: Bot):
    bot.receives("anna", "a first question")
    forget(bot)
    bot.memory.expire(now=bot.clock.tick(days=3, seconds=1))
    assert bot.memory.people == {}


def test_a_forgotten_user_who_writes_again_is_remembered_again(bot: Bot):
    bot.receives("anna", "a first question")
    forget(bot)
    bot.receives("anna", "a second question")
    bot.memory.expire(now=bot.clock.tick(days=4))
    assert bot.known("anna").first_seen > 0


def test_forgetting_can_be_called_off(bot: Bot):
    bot.receives("anna", "my cat is called Minka")
    bot.receives("anna", "/forget")
    [_, no] = bot.read("anna")[-1].choices
    bot.receives("anna", no.title, quick_reply={"payload": no.command})
    assert bot.sent_to("anna")[-1] == SAYS("forget_cancelled")
    bot.receives("anna", "what is my cat called?")
    assert [exchange.question for exchange in bot.last_prompt.history] == ["my cat is called Minka"]


def test_forgetting_one_person_leaves_the_others_alone(bot: Bot):
    bot.receives("bert", "my dog is called Rex")
    forget(bot)
    assert "my dog is called Rex" in words_kept(bot, "bert")


def test_words_forgotten_while_their_confirmation_cannot_be_sent_stay_forgotten(bot: Bot):
    bot.receives("anna", "my cat is called Minka")
    bot.outbox.script = [DeliveryError("later")]
    bot.accepts("anna", "/forget yes")
    bot.works_badly()
    bot.clock.tick(minutes=1)
    assert bot.run(conversation_of("anna")).value == "drained"
    assert (bot.sent_to("anna")[-1], words_kept(bot)) == (FORGOTTEN, [])


def test_a_command_with_a_question_behind_it_costs_nothing_and_says_how_to_ask_it(bot: Bot):
    bot.receives("anna", "/help me with my homework")
    assert bot.sent_to("anna") == [SAYS("more_than_a_command", nearest="/help")]
    assert bot.asked == []


def test_a_message_that_meta_repeats_after_it_was_forgotten_is_not_answered_again(bot: Bot):
    message = bot.message("anna", "my cat is called Minka")
    bot.posted(message)
    bot.works()
    forget(bot)
    bot.posted(message)
    bot.works()
    assert (len(bot.asked), bot.used("anna"), words_kept(bot)) == (1, 1, [])
