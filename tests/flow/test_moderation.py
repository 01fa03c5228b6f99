"""Moderation: what becomes of a question that a service flags, and of one on which the service has no verdict."""

import pytest

from chalicelib.access.person import Access
from chalicelib.conversation.moderation import Category, Verdict
from chalicelib.errors import ModelBusy, ModelError, ModelFault, ModelUnusable
from tests.flow.bot import SAYS, Bot
from tests.flow.chat import Chat

PERSONA = 'name = "Anna"\nmax_output_tokens = 100\ninstructions = "You are kind."\n'
VIOLENT = Verdict(frozenset({Category.VIOLENCE}), 0.91)
CRISIS = Verdict(frozenset({Category.SELF_HARM_INTENT, Category.VIOLENCE}), 0.98)
HELP = SAYS("crisis", help_line=SAYS("help_line"))
KINDS = [
    pytest.param(ModelBusy("the verdict took too long"), id="late"),
    pytest.param(ModelError("the verdict makes no sense"), id="nonsense"),
    pytest.param(ModelUnusable("no route", cause=ModelFault.ROUTE), id="a server without the endpoint"),
]


def moderates(bot: Bot, how: str, *, name: str = "assistant") -> None:
    bot.persona_texts.put(name, f'{PERSONA}moderation = "{how}"\n', now=bot.clock())


@pytest.mark.parametrize("how", ["off", ""])
def test_without_moderation_nothing_is_asked_about_a_question(bot: Bot, how: str):
    if how:
        moderates(bot, how)
    bot.receives("anna", "How are you?")
    assert (bot.moderation.checked, bot.asked) == ([], ["How are you?"])
    assert bot.log_lines("moderate") == []


@pytest.mark.parametrize("how", ["score", "block"])
def test_a_question_without_fault_is_checked_once_and_answered(bot: Bot, how: str):
    moderates(bot, how)
    bot.receives("anna", "How are you?")
    assert (bot.moderation.checked, bot.moderation.seconds) == (["How are you?"], [3.0])
    assert bot.sent_to("anna")[-1] == "An answer."
    (line,) = bot.log_lines("moderate")
    assert (line["flagged"], line["refused"]) == (None, 0)


def test_a_flagged_question_gets_a_kind_refusal_and_costs_nothing(bot: Bot):
    moderates(bot, "block")
    bot.moderation.script.append(VIOLENT)
    bot.receives("anna", "How do I hurt him?")
    assert bot.sent_to("anna")[-1:] == [SAYS("moderated")]
    assert (bot.asked, bot.used("anna"), bot.spent().committed) == ([], 0, 0)
    assert bot.states("anna") == ["done"]
    (line,) = bot.log_lines("moderate")
    assert (line["flagged"], line["score"], line["refused"]) == ("violence", 0.91, 1)


def test_a_refused_question_is_no_part_of_what_the_model_gets_later(bot: Bot):
    moderates(bot, "block")
    bot.moderation.script.append(VIOLENT)
    bot.receives("anna", "How do I hurt him?")
    bot.receives("anna", "What is the weather?")
    assert bot.asked == ["What is the weather?"]
    assert bot.last_prompt.history == ()


def test_a_flagged_question_that_is_only_scored_is_answered_and_counted_as_any(bot: Bot):
    moderates(bot, "score")
    bot.moderation.script.append(VIOLENT)
    bot.receives("anna", "How do I hurt him?")
    assert (bot.sent_to("anna")[-1], bot.used("anna")) == ("An answer.", 1)
    (line,) = bot.log_lines("moderate")
    assert (line["flagged"], line["refused"]) == ("violence", 0)


@pytest.mark.parametrize("how", ["score", "block"])
@pytest.mark.parametrize("category", ["self-harm", "self-harm/intent", "self-harm/instructions"])
def test_a_question_about_self_harm_gets_the_help_line_whatever_else_it_is_flagged_for(
    bot: Bot, how: str, category: str
):
    moderates(bot, how)
    bot.moderation.script.append(Verdict(frozenset({Category(category), Category.VIOLENCE})))
    bot.receives("anna", "I want to end it.")
    assert bot.sent_to("anna")[-1:] == [HELP]
    assert (bot.asked, bot.used("anna")) == ([], 0)
    assert "https://findahelpline.com" in HELP


def test_the_help_line_comes_before_every_limit(bot: Bot):
    moderates(bot, "block")
    bot.limits_to(1)
    bot.receives("anna", "How are you?")
    bot.may_spend("0")
    bot.moderation.script.append(CRISIS)
    bot.receives("anna", "I want to end it.")
    assert bot.sent_to("anna")[-1] == HELP


def test_a_flagged_question_above_the_limit_gets_the_limits_notice_as_any_other(bot: Bot):
    moderates(bot, "block")
    bot.limits_to(1)
    bot.receives("anna", "How are you?")
    bot.moderation.script.extend([VIOLENT, VIOLENT])
    bot.receives("anna", "How do I hurt him?")
    bot.receives("anna", "And her?")
    answer, notice = bot.sent_to("anna")
    assert (answer, notice[:47]) == ("An answer.", "You have used all your questions for today (1).")
    assert [line["refused"] for line in bot.log_lines("moderate")] == [0, 0, 0]


def test_the_help_line_comes_each_time(bot: Bot):
    moderates(bot, "score")
    bot.moderation.script.extend([CRISIS, CRISIS])
    bot.receives("anna", "I want to end it.")
    bot.receives("anna", "I mean it.")
    assert bot.sent_to("anna")[-2:] == [HELP, HELP]


@pytest.mark.parametrize("how", ["score", "block"])
@pytest.mark.parametrize("error", KINDS)
def test_a_service_without_a_verdict_stops_no_question_and_is_counted(bot: Bot, how: str, error: ModelError):
    moderates(bot, how)
    bot.moderation.script.append(error)
    bot.receives("anna", "How are you?")
    assert (bot.sent_to("anna")[-1], bot.used("anna")) == ("An answer.", 1)
    (line,) = bot.log_lines("moderate")
    assert (line["error"], line["failed"], line["Failed"]) == (type(error).__name__, 1, 1)


@pytest.mark.parametrize("text", ["/help", "/usage", "/hlep", "x" * 4001])
def test_what_the_model_would_not_answer_is_not_checked(bot: Bot, text: str):
    moderates(bot, "block")
    bot.receives("anna", text)
    assert bot.moderation.checked == []


def test_blocked_people_are_not_checked(bot: Bot):
    moderates(bot, "block")
    bot.receives("anna", "How are you?")
    bot.decides("anna", Access.BLOCKED)
    bot.receives("anna", "How are you now?")
    assert bot.moderation.checked == ["How are you?"]


def test_a_question_whose_worker_died_over_the_answer_is_not_checked_again(bot: Bot):
    moderates(bot, "block")
    bot.model.script = [ModelBusy("the stream broke off"), ["Again."]]
    bot.receives("anna", "How are you?")
    assert bot.moderation.checked == ["How are you?"]


def test_an_opening_is_not_checked(chat: Chat):
    opens = f'opening = "model"\nfixed_opening = "Hi!"\n{PERSONA}moderation = "block"\n'
    chat.bot.persona_texts.put("web", opens, now=chat.clock())
    chat.opens()
    assert chat.bot.moderation.checked == []


@pytest.mark.parametrize(
    ("verdict", "code", "text"),
    [(VIOLENT, "filtered", SAYS("moderated")), (CRISIS, "crisis", HELP)],
    ids=["no", "help"],
)
def test_a_client_of_the_web_chat_gets_a_notice_and_no_answer(chat: Chat, verdict: Verdict, code: str, text: str):
    moderates(chat.bot, "block", name="web")
    chat.bot.moderation.script.append(verdict)
    page = chat.opens()
    page.says("What now?")
    (notice,) = page.got("notice")
    assert (notice["code"], notice["message"]) == (code, text)
    assert page.got("delta") == []
    assert chat.bot.asked == []


def test_the_log_has_no_word_of_a_flagged_question(bot: Bot):
    moderates(bot, "block")
    bot.moderation.script.append(VIOLENT)
    bot.receives("anna", "Something terrible about Bert")
    assert "terrible" not in bot.logged.getvalue()
