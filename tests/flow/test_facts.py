"""What a person asks the bot to remember: `/remember`, `/memory`, `/forget 3`."""

import json

import pytest

from chalicelib.access.facts import MOST_FACTS
from chalicelib.content.token_estimate import tokens
from chalicelib.conversation.notes import FACTS_TOKENS
from chalicelib.conversation.tool import ToolCall
from tests.flow.bot import SAYS, Bot
from tests.flow.chat import Chat, person_of
from tests.flow.test_summary import SAID, SummarizingModel, until_summarised
from tests.flow.test_tools import PERSONA, names, results

REX = "My dog is called Rex."


@pytest.fixture
def bot(bot: Bot) -> Bot:
    """A bot whose people have agreed to be remembered."""
    bot.consents("anna", "bert")
    return bot


def said(bot: Bot) -> str:
    return bot.sent_to("anna")[-1]


def remembered(bot: Bot) -> list[str]:
    return [fact.text for fact in bot.known("anna").facts]


def test_what_a_person_wants_remembered_is_in_the_notes_of_every_question_and_costs_none(bot: Bot):
    bot.receives("anna", f"/remember {REX}")
    assert said(bot) == f"I will remember this (number 1): {REX}"
    assert bot.used("anna") == 0
    bot.receives("anna", "What is my dog called?")
    assert bot.last_prompt.notes == (
        f"What the person asked you to remember, with its number and day:\n1. (2026-11-20) {REX}"
    )
    assert REX not in bot.last_prompt.instructions
    assert bot.last_prompt.history == ()


def test_memory_shows_the_facts_with_numbers_and_days_and_the_summary(bot: Bot):
    model = SummarizingModel(otherwise=["And so on, and so on. " * 40], summaries=[SAID])
    bot.model = model
    bot.limits_to(100)
    bot.may_spend("100")
    bot.receives("anna", f"/remember {REX}")
    bot.receives("anna", "/remember I am a vegetarian")
    until_summarised(bot)
    bot.receives("anna", "/memory")
    assert said(bot) == (
        f"What I am to remember:\n1. {REX} (20 November 2026)\n2. I am a vegetarian (20 November 2026)\n\n"
        f"My summary of what we said before, of 20 November 2026:\n{SAID}\n\n{SAYS('memory_how')}"
    )


def test_a_person_of_whom_nothing_is_remembered_learns_how_to_change_that(bot: Bot):
    bot.receives("anna", "/memory")
    assert said(bot) == f"{SAYS('memory_empty')}\n\n{SAYS('memory_how')}"
    bot.receives("anna", "/remember")
    assert said(bot) == SAYS("remember_what")


@pytest.mark.parametrize("typed", ["/forget 1", "/FORGET  1", "/forget #1", "/forget 1."])
def test_one_fact_is_deleted_by_its_number(bot: Bot, typed: str):
    bot.receives("anna", f"/remember {REX}")
    bot.receives("anna", "/remember I am a vegetarian")
    bot.receives("anna", typed)
    assert said(bot) == "Number 1 is deleted."
    assert remembered(bot) == ["I am a vegetarian"]
    bot.receives("anna", "What do you know?")
    assert "Rex" not in bot.last_prompt.notes
    assert "2. (2026-11-20) I am a vegetarian" in bot.last_prompt.notes


def test_a_number_that_does_not_exist_is_said(bot: Bot):
    bot.receives("anna", "/forget 7")
    assert said(bot) == "There is no number 7. /memory shows what I remember."


@pytest.mark.parametrize(
    ("text", "key"), [("x" * 201, "fact_too_long"), ("字" * 4000, "fact_too_long"), ("x" * 5000, "fact_too_long")]
)
def test_what_is_too_long_is_not_remembered(bot: Bot, text: str, key: str):
    bot.receives("anna", f"/remember {text}")
    assert said(bot) == SAYS(key, longest=200)
    assert remembered(bot) == []


def test_the_same_is_remembered_once(bot: Bot):
    bot.receives("anna", f"/remember {REX}")
    bot.receives("anna", f"/remember {REX.upper()}")
    assert said(bot) == f"I remember this already (number 1): {REX}"
    assert remembered(bot) == [REX]


def test_beyond_the_most_the_oldest_is_offered_for_deletion(bot: Bot):
    for number in range(MOST_FACTS + 1):
        bot.receives("anna", f"/remember Fact {number}")
    assert "/forget 1 \n" not in said(bot)
    assert "the oldest is number 1, so /forget 1" in said(bot).replace("\n", " ")
    assert len(remembered(bot)) == MOST_FACTS


@pytest.mark.parametrize("letter", ["a", "字", "가"])
def test_thirty_long_facts_take_no_more_of_the_prompt_than_their_part(bot: Bot, letter: str):
    for number in range(MOST_FACTS):
        bot.clock.tick(minutes=1)
        bot.receives("anna", f"/remember {number:02} {letter * 190}")
    bot.receives("anna", "What do you know?")
    notes = bot.last_prompt.notes
    assert tokens(notes) <= FACTS_TOKENS
    assert f"30. (2026-11-20) 29 {letter}" in notes
    bot.receives("anna", "/memory")
    assert said(bot).count("20 November 2026") == MOST_FACTS


def test_switched_off_nothing_is_kept_or_used_until_it_is_switched_on(bot: Bot):
    model = SummarizingModel(otherwise=["And so on, and so on. " * 40], summaries=[SAID])
    bot.model = model
    bot.limits_to(100)
    bot.may_spend("100")
    bot.receives("anna", f"/remember {REX}")
    until_summarised(bot)
    bot.receives("anna", "/memory off")
    bot.receives("anna", "/remember I am a vegetarian")
    assert said(bot) == SAYS("memory_is_off")
    for number in range(30):
        bot.receives("anna", f"And then? {number}")
        assert bot.last_prompt.notes == ""
    assert len(model.asked_for_summaries) == 1
    bot.receives("anna", "/memory")
    assert REX in said(bot)
    assert SAID not in said(bot)
    assert said(bot).endswith(SAYS("memory_is_off"))
    bot.receives("anna", "/memory on")
    bot.receives("anna", "And now?")
    assert REX in bot.last_prompt.notes
    assert len(model.asked_for_summaries) == 2


def test_facts_survive_a_reset_and_not_a_forget(bot: Bot):
    bot.receives("anna", f"/remember {REX}")
    bot.receives("anna", "/reset")
    bot.receives("anna", "What do you know?")
    assert REX in bot.last_prompt.notes
    bot.receives("anna", "/forget yes")
    assert remembered(bot) == []
    bot.receives("anna", "What do you know?")
    assert bot.last_prompt.notes == ""


def test_no_fact_is_told_in_a_room_and_none_is_shown_or_stored_there(chat: Chat):
    alone = chat.opens("anna")
    alone.says(f"/memory yes {REX}")
    alone.says("What is my dog called?")
    assert REX in chat.bot.last_prompt.notes
    kitchen = chat.opens("anna", room="kitchen")
    for typed in ("/memory", "/remember I am a vegetarian", "/forget 1", "/memory off"):
        frames = kitchen.says(typed)
        assert SAYS("memory_not_here") in str(frames)
        assert "Rex" not in str(frames)
    kitchen.says("What is my dog called?")
    assert chat.bot.last_prompt.notes == ""
    known = chat.bot.memory.people[person_of("anna")].person
    assert ([fact.text for fact in known.facts], known.memory_off) == ([REX], False)


def test_one_persons_facts_reach_no_other(bot: Bot):
    bot.receives("anna", f"/remember {REX}")
    bot.receives("bert", "What do you know?")
    assert bot.last_prompt.notes == ""
    bot.receives("bert", "/forget 1")
    assert remembered(bot) == [REX]


def test_a_worker_that_dies_after_it_has_remembered_or_forgotten_does_it_once(bot: Bot):
    """The turn is run again, since its reply was not recorded."""
    for text in (f"/remember {REX}", "/remember I am a vegetarian", "/forget 1"):
        bot.accepts("anna", text)
        [turn] = [turn for turn in bot.turns("anna") if turn.is_open]
        if text.startswith("/forget"):
            bot.facts.forget(turn.person, 1, source=turn.id)
        else:
            bot.facts.remember(
                turn.person, text.partition(" ")[2], source=turn.id, asked_at=bot.clock(), now=bot.clock()
            )
        bot.works()
        assert "deleted" in said(bot) or "I will remember" in said(bot)
    assert remembered(bot) == ["I am a vegetarian"]


def test_a_question_that_begins_like_the_command_is_none(bot: Bot):
    bot.receives("anna", "remember that my dog is called Rex")
    assert bot.asked == ["remember that my dog is called Rex"]
    assert remembered(bot) == []


# By the model's tools.


def asks_for(name: str, call: int = 1, /, **arguments: object) -> ToolCall:
    return ToolCall(f"call_{call}", name, json.dumps(arguments))


@pytest.fixture
def helper(bot: Bot) -> Bot:
    """The persona may remember and forget."""
    names(bot, "remember", "forget")
    return bot


def test_the_model_remembers_what_it_is_asked_to_and_forgets_it_again(helper: Bot):
    helper.model.script = [[asks_for("remember", fact=REX)], ["I will."]]
    helper.receives("anna", "Remember that my dog is called Rex, please.")
    assert said(helper) == "I will."
    assert results(helper.last_prompt) == [f"Remembered as number 1: {REX}"]
    assert remembered(helper) == [REX]
    helper.receives("anna", "What is my dog called?")
    assert f"1. (2026-11-20) {REX}" in helper.last_prompt.notes
    helper.model.script = [[asks_for("forget", number=1)], ["Done."]]
    helper.receives("anna", "Forget that.")
    assert results(helper.last_prompt) == ["Number 1 is forgotten."]
    assert remembered(helper) == []


@pytest.mark.parametrize(
    ("call", "result"),
    [
        (asks_for("remember", fact="x" * 201), "fact: String should have at most 200 characters"),
        (asks_for("remember", fact="  "), "fact: String should have at least 1 character"),
        (asks_for("remember", fact=REX, person="messenger:4711:bert"), "person: Extra inputs are not permitted"),
        (asks_for("forget", number=9), "There is no number 9."),
        (asks_for("forget", number=0), "number: Input should be greater than or equal to 1"),
    ],
)
def test_what_cannot_be_done_is_said_to_the_model(helper: Bot, call: ToolCall, result: str):
    helper.model.script = [[call], ["I am sorry."]]
    helper.receives("anna", "Remember this.")
    assert result in results(helper.last_prompt)[0]
    assert remembered(helper) == []


def test_a_model_that_repeats_itself_remembers_once(helper: Bot):
    helper.model.script = [[asks_for("remember", 1, fact=REX), asks_for("remember", 2, fact=REX)], ["I will."]]
    helper.receives("anna", "Remember that my dog is called Rex, please.")
    assert "already, as number 1" in results(helper.last_prompt)[1]
    assert remembered(helper) == [REX]


def test_switched_off_the_model_remembers_nothing_either(helper: Bot):
    helper.receives("anna", "/memory off")
    helper.model.script = [[asks_for("remember", fact=REX)], ["I may not."]]
    helper.receives("anna", "Remember that my dog is called Rex, please.")
    assert "switched this off" in results(helper.last_prompt)[0]
    assert remembered(helper) == []


def test_in_a_room_the_model_can_neither_remember_nor_forget(chat: Chat):
    bot = chat.bot
    bot.persona_texts.put("web", PERSONA.format(tools=["remember", "forget"]), now=bot.clock())
    alone = chat.opens("anna")
    alone.says(f"/memory yes {REX}")
    kitchen = chat.opens("anna", room="kitchen")
    bot.model.script = [[asks_for("remember", 1, fact="A secret"), asks_for("forget", 2, number=1)], ["I cannot."]]
    kitchen.says("Remember this.")
    assert all("in a room" in result for result in results(bot.last_prompt))
    known = bot.memory.people[person_of("anna")].person
    assert [fact.text for fact in known.facts] == [REX]
