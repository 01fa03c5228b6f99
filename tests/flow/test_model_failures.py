import pytest

from chalicelib.conversation.prompt import FinishReason
from chalicelib.errors import ModelBusy, ModelError, ModelFault, ModelRefused, ModelUnusable
from tests.fakes.model import Line, ScriptedModel
from tests.flow.bot import SAYS, Bot, InterruptedModel

FAILURES = [
    pytest.param(ModelError("odd"), "apology", id="an answer that makes no sense"),
    pytest.param(ModelBusy("busy"), "apology", id="too busy"),
    pytest.param(["Once upon ", ModelBusy("cut")], "apology", id="broken off midway"),
    pytest.param(ModelRefused("no"), "filtered", id="refused by the filter"),
    pytest.param(ModelUnusable("no key", cause=ModelFault.KEY), "apology", id="no use until the owner acts"),
    pytest.param([], "apology", id="an empty answer"),
    pytest.param(["  \n", "\n "], "apology", id="an answer of blanks"),
    pytest.param([FinishReason.LENGTH], "apology", id="cut short before the first word"),
    pytest.param(["<think>Who is ", "Mimi?", FinishReason.LENGTH], "apology", id="cut short while it thought"),
    pytest.param(["Who is Mimi?", "</think>", "\n\n"], "apology", id="thoughts without an answer"),
]


@pytest.mark.parametrize(("line", "sentence"), FAILURES)
def test_when_the_model_fails_there_is_one_apology_and_no_charge(bot: Bot, line: Line, sentence: str):
    bot.model.script = [line]
    bot.receives("anna", "a hard question")
    assert bot.sent_to("anna") == [SAYS(sentence)]
    assert (bot.states("anna"), bot.used("anna"), len(bot.asked)) == (["done"], 0, 1)
    assert bot.turns("anna")[0].charged_day is None


@pytest.mark.parametrize(("line", "sentence"), FAILURES)
def test_after_a_failure_the_next_question_is_answered_and_charged(bot: Bot, line: Line, sentence: str):
    bot.model.script = [line]
    bot.limits_to(1)
    bot.receives("anna", "a hard question")
    bot.receives("anna", "an easy question")
    assert bot.sent_to("anna") == [SAYS(sentence), "An answer."]
    assert bot.used("anna") == 1


def test_a_failure_does_not_hold_up_what_waits_behind_it(bot: Bot):
    bot.model.script = [ModelBusy("busy"), ["second answer"]]
    bot.accepts("anna", "a hard question")
    bot.accepts("anna", "an easy question")
    bot.works()
    assert bot.sent_to("anna") == [SAYS("apology"), "second answer"]


@pytest.mark.parametrize("cause", ModelFault)
def test_the_owner_is_notified_once_a_day_of_what_only_the_owner_can_fix(bot: Bot, cause: ModelFault):
    bot.receives("anna", "good morning to you")
    bot.receives("bert", "good morning to you too")
    bot.notifier.told.clear()
    bot.model.otherwise = ModelUnusable("no use", cause=cause, names=["max_tokens", "stream"])
    for psid in ("anna", "bert", "anna"):
        bot.receives(psid, "is anybody there?")
    asked = bot.settings.model
    told = SAYS(f"owner_model_{cause}", model=asked.name, host=asked.host, names="max_tokens, stream", stage="prod")
    assert bot.notifier.told == [(SAYS("owner_model_subject"), told)]
    bot.clock.tick(days=1)
    bot.receives("anna", "is anybody there today?")
    assert bot.told_owner == [told, told]


@pytest.mark.parametrize("cause", [ModelFault.REFUSED, ModelFault.VERIFICATION])
def test_the_owner_learns_which_parameter_the_provider_refuses(bot: Bot, cause: ModelFault):
    bot.model.otherwise = ModelUnusable("no use", cause=cause, names=["reasoning.effort"])
    bot.receives("anna", "is anybody there?")
    assert "reasoning.effort" in bot.told_owner[0]


def test_who_is_refused_by_the_filter_learns_how_to_start_anew(bot: Bot):
    bot.model.script = [ModelRefused("no")]
    bot.receives("anna", "a question")
    assert "/reset" in bot.sent_to("anna")[0]


def test_two_different_faults_are_two_messages_to_the_owner(bot: Bot):
    bot.model.script = [
        ModelUnusable("no key", cause=ModelFault.KEY),
        ModelUnusable("no credit", cause=ModelFault.CREDIT),
    ]
    bot.receives("anna", "is anybody there?")
    bot.receives("anna", "is anybody there now?")
    assert len(bot.told_owner) == 3


@pytest.mark.parametrize("error", [ModelError("odd"), ModelBusy("busy"), ModelRefused("no")])
def test_the_owner_is_not_notified_of_faults_that_pass(bot: Bot, error: ModelError):
    bot.receives("anna", "good morning to you")
    bot.notifier.told.clear()
    bot.model.script = [error]
    bot.receives("anna", "a hard question")
    assert bot.told_owner == []


def test_the_apology_has_no_count_of_what_is_left(bot: Bot):
    bot.has_talked_to("anna")
    bot.limits_to(1)
    bot.model.script = [ModelBusy("busy")]
    bot.receives("anna", "a hard question")
    assert bot.read("anna")[0].footer == ""


def test_a_failure_is_logged_by_kind_and_without_the_providers_words(bot: Bot):
    bot.model.script = [ModelBusy("the provider is busy: HTTP 429")]
    bot.receives("anna", "a hard question")
    [line] = bot.log_lines("model")
    assert (line["error"], line["message"]) == ("ModelBusy", "the provider is busy: HTTP 429")


def test_an_unexpected_error_is_raised_and_the_turn_is_kept(bot: Bot):
    bot.model = InterruptedModel(meanwhile=lambda _: 1 / 0)
    bot.accepts("anna", "a question that breaks the code")
    with pytest.raises(ZeroDivisionError):
        bot.works()
    assert bot.states("anna") == ["running"]
    bot.model = ScriptedModel()
    bot.beats()
    bot.works()
    assert (bot.states("anna"), bot.used("anna")) == (["done"], 1)
