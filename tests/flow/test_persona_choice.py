"""`/persona`: people choose who answers them, where the owner offers it."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.content import persona
from chalicelib.conversation.command_handlers import titles
from chalicelib.settings.stage import Settings
from tests.flow.bot import SAYS, Bot
from tests.flow.chat import Chat, Tab

OFFERED = "assistant,santa,seller"


def offering(names: str, bot: Bot) -> Bot:
    bot.settings = Settings.from_env(
        {"PARLEY_STAGE": "prod", "PARLEY_TIMEZONE": "Europe/Berlin", "PARLEY_PERSONAS_OFFERED": names}
    )
    return bot


@pytest.fixture
def bot(bot: Bot) -> Bot:
    return offering(OFFERED, bot)


@pytest.fixture
def chat() -> Chat:
    chat = Chat()
    offering("web,santa,seller", chat.bot)
    return chat


def speaks_as(bot: Bot) -> str:
    """Return the name of the persona whose instructions the model got last."""
    return next(name for name in persona.names() if bot.last_prompt.instructions.startswith(_rules(name)))


def _rules(name: str) -> str:
    return persona.load(name).instructions


def shown(tab: Tab) -> str:
    """Return the name that the page shows after it has connected."""
    return str(tab.got("ready")[-1]["persona"]["name"])


def noticed(frames: list[Any]) -> str:
    """Return the bot's own sentence."""
    return str(next(frame["message"] for frame in frames if frame["type"] == "notice"))


# -- on Messenger -----------------------------------------------------------------------------------------------------


def test_the_offered_personas_are_listed_with_buttons(bot: Bot):
    bot.receives("anna", "/persona")
    [listed] = bot.read("anna")
    assert listed.text == SAYS("persona_choose", name="Assistant")
    assert [(choice.title, choice.command) for choice in listed.choices] == [
        ("Assistant", "/persona assistant"),
        ("Santa Claus", "/persona santa"),
        ("중고 판매자", "/persona seller"),
    ]
    assert (bot.asked, bot.used("anna")) == ([], 0)


def test_buttons_of_personas_with_the_same_name_say_which_file_each_is(bot: Bot):
    offering("assistant,santa,web", bot).receives("anna", "/persona")
    shown = [choice.title for choice in bot.read("anna")[-1].choices]
    assert shown == ["Assistant: assistant", "Santa Claus", "Assistant: web"]


def test_buttons_with_long_names_that_begin_alike_have_the_files_names():
    long = {
        name: replace(persona.load("web"), name=f"The assistant of the {where}")
        for name, where in (("shop", "shop"), ("cafe", "café"))
    }
    assert titles(long | {"santa": persona.load("santa")}) == {"shop": "shop", "cafe": "cafe", "santa": "Santa Claus"}


def test_who_taps_a_button_is_answered_by_that_persona_from_then_on(bot: Bot):
    bot.receives("anna", "/persona")
    [_, santa, _] = bot.read("anna")[-1].choices
    bot.receives("anna", santa.title, quick_reply={"payload": santa.command})
    changed = bot.read("anna")[-1]
    assert changed.text == f"{SAYS('persona_changed', name='Santa Claus')}\n\n{persona.load('santa').welcome.opening}"
    bot.receives("anna", "A train, please")
    assert speaks_as(bot) == "santa"
    assert bot.last_prompt.max_output_tokens == 300
    bot.clock.tick(seconds=2 * 24 * 60 * 60)
    bot.receives("anna", "And a ball")
    assert speaks_as(bot) == "santa"


@pytest.mark.parametrize("typed", ["/persona santa", "/PERSONA Santa", "/persona Santa Claus"])
def test_a_persona_may_be_named_as_its_file_or_as_people_read_it(bot: Bot, typed: str):
    bot.receives("anna", typed)
    bot.receives("anna", "Hello?")
    assert speaks_as(bot) == "santa"


def test_another_persona_knows_nothing_of_what_was_said_before_also_if_a_question_waits_already(bot: Bot):
    for text in ("my cat is called Minka", "/persona santa", "what is my cat called?"):
        bot.accepts("anna", text)
    bot.works()
    assert (bot.last_prompt.question, bot.last_prompt.history) == ("what is my cat called?", ())


def test_another_persona_knows_nothing_of_what_was_said_before(bot: Bot):
    bot.receives("anna", "My secret is 42")
    bot.receives("anna", "/persona seller")
    bot.receives("anna", "자전거 있어요?")
    assert bot.last_prompt.history == ()


def test_one_can_go_back(bot: Bot):
    bot.receives("anna", "/persona santa")
    bot.receives("anna", "/persona assistant")
    assert bot.read("anna")[-1].text == SAYS("persona_changed", name="Assistant")
    bot.receives("anna", "Hello?")
    assert speaks_as(bot) == "assistant"


def test_the_choice_of_one_person_changes_nothing_for_another(bot: Bot):
    bot.receives("anna", "/persona santa")
    bot.receives("bert", "Hello?")
    assert speaks_as(bot) == "assistant"


@pytest.mark.parametrize("typed", ["/persona shop", "/persona baker", "/persona ../santa", "/persona santa seller"])
def test_a_persona_that_is_not_offered_is_answered_by_the_list(bot: Bot, typed: str):
    bot.receives("anna", typed)
    assert bot.read("anna")[-1].text == SAYS("persona_choose", name="Assistant")
    bot.receives("anna", "Hello?")
    assert speaks_as(bot) == "assistant"


@pytest.mark.parametrize("names", ["", "santa,seller"])
def test_where_the_owner_does_not_offer_it_nobody_changes(bot: Bot, names: str):
    offering(names, bot)
    bot.receives("anna", "/persona santa")
    assert bot.read("anna")[-1].text == SAYS("persona_fixed", name="Assistant")
    bot.receives("anna", "Hello?")
    assert speaks_as(bot) == "assistant"


def test_what_is_no_longer_offered_no_longer_answers(bot: Bot):
    bot.receives("anna", "/persona santa")
    offering("assistant,seller", bot)
    bot.receives("anna", "Hello?")
    assert speaks_as(bot) == "assistant"


def test_help_names_the_command_only_where_it_is_offered(bot: Bot):
    bot.receives("anna", "/help")
    assert bot.sent_to("anna") == [f"{SAYS('help')}\n{SAYS('help_persona')}"]
    offering("", bot)
    bot.receives("anna", "/help")
    assert bot.sent_to("anna")[-1] == SAYS("help")


def test_forgetting_forgets_the_choice(bot: Bot):
    bot.receives("anna", "/persona santa")
    bot.receives("anna", "/forget yes")
    assert bot.known("anna").persona == ""
    bot.receives("anna", "Hello?")
    assert speaks_as(bot) == "assistant"


def test_a_button_is_never_longer_than_messenger_takes_it(bot: Bot):
    long = persona.shipped("assistant").replace('name = "Assistant"', 'name = "Anna from the bakery at Mill"')
    bot.persona_texts.put("assistant", long, now=bot.clock())
    bot.receives("anna", "/persona")
    [first, *_] = bot.read("anna")[-1].choices
    assert first.title == "Anna from the baker…"


# -- in the web chat --------------------------------------------------------------------------------------------------


def test_a_visitor_chooses_and_the_page_shows_the_persona_when_it_connects_again(chat: Chat):
    tab = chat.opens("anna")
    assert shown(tab) == "Assistant"
    frames = tab.says("/persona")
    assert [choice["command"] for choice in frames[-1]["choices"]] == [
        *("/persona web", "/persona santa", "/persona seller"),
    ]
    assert noticed(tab.says("/persona santa")).startswith(SAYS("persona_changed", name="Santa Claus"))
    tab.says("A train, please")
    assert speaks_as(chat.bot) == "santa"
    assert shown(chat.opens("anna")) == "Santa Claus"
    assert shown(chat.opens("bert")) == "Assistant"


def test_in_a_room_where_others_write_too_the_persona_is_that_of_the_key(chat: Chat):
    chat.opens("anna").says("/persona santa")
    room = chat.opens("anna", room="camera")
    assert shown(room) == "Assistant"
    assert noticed(room.says("/persona seller")) == SAYS("persona_fixed", name="Assistant")
    room.says("Hello?")
    assert speaks_as(chat.bot) == "web"


def test_visitors_of_a_key_whose_persona_is_not_offered_keep_it(chat: Chat):
    chat.changes_key(persona="shop")
    tab = chat.opens("anna")
    assert noticed(tab.says("/persona seller")) == SAYS("persona_fixed", name="The shop")
    tab.says("Hello?")
    assert speaks_as(chat.bot) == "shop"


@pytest.mark.parametrize(
    "question", ["Wie geht es dir?", "How are you, what is new?", "Comment vas-tu, et qui es-tu ?"]
)
def test_who_changes_is_greeted_by_the_new_persona_in_their_language_if_it_has_it(bot: Bot, question: str):
    santa = persona.load("santa")
    expected = santa.translations["de"].opening if question.startswith("Wie") else santa.welcome.opening
    bot.receives("anna", question)
    bot.receives("anna", "/persona santa")
    assert bot.sent_to("anna")[-1].endswith(f"\n\n{expected}")
