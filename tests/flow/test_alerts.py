import pytest

from chalicelib.access.person import Access
from chalicelib.errors import ModelFault, ModelUnusable
from chalicelib.settings.stage import Settings
from tests.flow.bot import LIMIT, SAYS, Bot, person_of

NOVA = "bedrock:eu.amazon.nova-lite-v1:0"


def announcement(psid: str) -> tuple[str, str]:
    told = SAYS("owner_new_person", person=person_of(psid), limit=LIMIT, stage="prod")
    return SAYS("owner_new_person_subject"), told


def test_each_new_user_is_reported_to_the_owner_once(bot: Bot):
    for psid in ("anna", "bert", "anna", "bert"):
        bot.receives(psid, "good morning to you")
    assert bot.notifier.told == [announcement("anna"), announcement("bert")]


def test_the_alert_says_how_to_block_the_user_but_not_what_they_wrote(bot: Bot):
    bot.receives("anna", "this is between us")
    [told] = bot.told_owner
    assert f"people block {person_of('anna')} --stage prod" in told
    assert "this is between us" not in told


def test_a_user_who_only_sends_a_command_is_reported_as_well(bot: Bot):
    bot.receives("anna", "/help")
    assert bot.notifier.told == [announcement("anna")]


def test_the_user_is_answered_even_if_the_alert_cannot_be_sent(bot: Bot):
    bot.notifier.fails = True
    bot.receives("anna", "good morning to you")
    assert bot.sent_to("anna") == ["An answer."]
    [line] = bot.log_lines("notify")
    assert (line["error"], line["kind"]) == ("NotifyError", "new_person")


def test_a_forgotten_user_who_writes_again_is_not_reported_again(bot: Bot):
    for text in ("good morning to you", "/forget yes", "here I am again"):
        bot.receives("anna", text)
    assert len(bot.notifier.told) == 1


def test_the_owners_decision_applies_from_the_next_message_on(bot: Bot):
    bot.limits_to(1)
    bot.receives("anna", "a first question")
    bot.decides("anna", Access.DEFAULT, daily_limit=3)
    for number in range(3):
        bot.receives("anna", f"question number {number}")
    assert bot.used("anna") == 3


@pytest.mark.parametrize(
    ("own", "failing", "model", "host"),
    [
        ("gpt-6-luna", "", "gpt-6-luna", "api.openai.com"),
        ("gpt-6-luna", "gpt-6-sol", "gpt-6-sol", "api.openai.com"),
        ("gpt-6-luna", NOVA, NOVA, "bedrock-runtime.eu-central-1.amazonaws.com"),
        (NOVA, "gpt-6-sol", "gpt-6-sol", "api.openai.com"),
    ],
)
def test_an_alert_about_a_model_names_the_one_that_fails(bot: Bot, own: str, failing: str, model: str, host: str):
    bot.settings = Settings.from_env({"PARLEY_MODEL": own, "PARLEY_BEDROCK_REGION": "eu-central-1"})
    error = ModelUnusable("the key is refused", cause=ModelFault.KEY)
    error.model = failing
    bot.owner.model_unusable(error)
    [(_, told)] = bot.notifier.told
    assert told == SAYS("owner_model_key", model=model, host=host, names="", stage="dev")


def test_a_fallback_that_answers_is_said_once_a_day_with_the_reason(bot: Bot):
    bot.settings = Settings.from_env({"PARLEY_FALLBACK_MODEL": "gpt-5.4-mini"})
    for _ in range(2):
        bot.owner.fallback_asked(ModelUnusable("the model does not exist", cause=ModelFault.MISSING))
    [(subject, told)] = bot.notifier.told
    assert subject == "Parley: the fallback answers in place of a model"
    assert told.startswith('The model "gpt-6-luna" at api.openai.com gives no answers: the model does not exist.')
    assert "gpt-5.4-mini is asked in its place" in told
