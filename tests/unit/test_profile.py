import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from chalicelib.channels.messenger import profile
from chalicelib.channels.messenger.events import parse
from chalicelib.content import persona
from chalicelib.content.text import Texts, load
from chalicelib.conversation.commands import Command
from chalicelib.conversation.commands import parse as command_of
from chalicelib.conversation.turn import IncomingMessage
from chalicelib.errors import ConfigError
from chalicelib.settings.languages import LANGUAGES

ENGLISH: Final = load("en")
WANTED: Final = profile.required(ENGLISH)
MENU, *MENUS = WANTED["persistent_menu"]
LIST, *LISTS = WANTED["commands"]


def received(**item: Any) -> IncomingMessage:
    """Return the message that the bot receives when Meta delivers this item."""
    item = {"sender": {"id": "PSID"}, "recipient": {"id": "PAGE"}, "timestamp": 1_795_175_999_000, **item}
    [event] = parse(json.dumps({"object": "page", "entry": [{"id": "PAGE", "messaging": [item]}]}).encode(), now=0)
    assert isinstance(event, IncomingMessage)
    return event


def heard(**item: Any) -> str:
    return received(**item).text


def taps() -> Iterator[str]:
    """Return the text that each button and command of the profile sends."""
    yield heard(postback={"mid": "m", "title": "Get started", "payload": WANTED["get_started"]["payload"]})
    for button in MENU["call_to_actions"]:
        yield heard(postback={"mid": "m", "title": button["title"], "payload": button["payload"]})
    for command in LIST["commands"]:
        yield heard(message={"mid": "m", "text": command["name"], "commands": [{"name": command["name"]}]})


def changed(name: str, old: str, new: str) -> dict[str, Any]:
    """Return the profile with another value in one property."""
    return {**WANTED, name: json.loads(json.dumps(WANTED[name]).replace(old, new))}


def test_every_button_and_command_of_the_profile_is_a_command_of_the_bot():
    offered = [Command.HELP, Command.USAGE, Command.RESET, Command.LANGUAGE, Command.HUMAN, Command.FORGET]
    assert [command_of(text) for text in taps()] == [Command.START, *offered, *offered]


def test_the_greeting_fits():
    greetings = profile.greeting(ENGLISH)["greeting"]
    assert [greeting for greeting in greetings if not 0 < len(greeting["text"]) <= 160] == []


def test_each_property_is_there_once_in_every_language_with_the_deployments_for_everybody_else():
    wanted = {locale for language in LANGUAGES for locale in profile.LOCALES[language]}
    for texts in map(load, LANGUAGES):
        own = set(profile.LOCALES[texts.language])
        built = {**profile.required(texts), **profile.greeting(texts), **profile.questions(texts, None)}
        for name in ("persistent_menu", "commands", "greeting", "ice_breakers"):
            locales = [one["locale"] for one in built[name]]
            assert locales[0] == "default"
            assert sorted(locales[1:]) == sorted(wanted - own)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_every_language_fit(language: str):
    texts = load(language)
    assert profile.required(texts)
    assert profile.greeting(texts)
    asked = profile.questions_of(texts, None)
    assert [question for question in asked if not 0 < len(question) <= 20] == []


def test_who_taps_the_menu_is_answered_in_its_language():
    [german] = [menu for menu in MENUS if menu["locale"] == "de_DE"]
    button = german["call_to_actions"][0]
    tapped = received(postback={"mid": "m", "title": button["title"], "payload": button["payload"]})
    assert (tapped.text, tapped.language) == ("/help", "de")


def test_who_taps_a_question_to_begin_with_asks_it_in_its_language():
    found = profile.questions(ENGLISH, None)["ice_breakers"]
    [korean] = [one for one in found if one["locale"] == "ko_KR"]
    question = korean["call_to_actions"][0]
    tapped = received(postback={"mid": "m", "title": question["question"], "payload": question["payload"]})
    assert (tapped.text, tapped.language) == (load("ko")("ask_what"), "ko")


@pytest.mark.parametrize("payload", ["/help", "/help#", "/help#xx", "/help#de#de", "/help#<b>", "HELLO#de", "#de"])
def test_a_payload_without_a_language_of_ours_is_taken_as_it_always_was(payload: str):
    tapped = received(postback={"mid": "m", "title": "Tapped", "payload": payload})
    assert tapped.language in ("", "de")
    assert tapped.text in ("Tapped", payload, payload.removesuffix("#xx"), payload.removesuffix("#de"))


def test_the_personas_questions_are_offered_in_the_languages_that_it_has():
    shop = persona.load("shop")
    own = profile.questions_of(ENGLISH, shop)
    assert list(own) == list(shop.welcome.starters)
    assert profile.questions_of(load("fr"), shop) == profile.questions_of(load("fr"), None)


def test_questions_of_the_owner_are_not_ours():
    ours = profile.questions(ENGLISH, None)["ice_breakers"]
    theirs = [{"locale": "default", "call_to_actions": [{"question": "Are you open?", "payload": "OPEN"}]}]
    odd: list[object] = [["theirs"], [{}], "x", theirs, [*ours, *theirs]]
    assert (profile.are_ours(ours), profile.are_ours(None), profile.are_ours([])) == (True, True, True)
    assert [found for found in odd if profile.are_ours(found)] == []


def test_the_menu_fits_and_leaves_people_their_keyboard():
    assert 0 < len(MENU["call_to_actions"]) <= 20
    assert all(0 < len(button["title"]) <= 30 and len(button["payload"]) <= 1000 for button in MENU["call_to_actions"])
    assert MENU["composer_input_disabled"] is False


def test_the_commands_fit_and_have_no_slash():
    assert 0 < len(LIST["commands"]) <= 100
    for command in LIST["commands"]:
        assert 0 < len(command["name"]) <= 32
        assert not command["name"].startswith("/")
        assert 0 < len(command["description"]) <= 64


def test_every_property_is_named():
    assert tuple(WANTED) == profile.PROPERTIES
    assert tuple(profile.greeting(ENGLISH)) == profile.GREETING


@pytest.mark.parametrize(
    ("build", "key", "limit"), [(profile.greeting, "greeting", 160), (profile.required, "menu_reset", 30)]
)
def test_a_text_that_is_too_long_is_named_before_meta_refuses_it(
    build: Callable[[Texts], profile.Profile], key: str, limit: int
):
    fits = Texts("en", {**ENGLISH.sentences, key: "x" * limit})
    assert build(fits)
    with pytest.raises(ConfigError, match=f'"{key}" has {limit + 1} characters; Meta takes {limit}'):
        build(Texts("en", {**ENGLISH.sentences, key: "x" * (limit + 1)}))


def test_only_what_differs_is_written():
    found = changed("commands", "What I can do", "Help")
    assert profile.differing(found, WANTED) == {"commands": WANTED["commands"]}
    assert profile.differing({}, WANTED) == WANTED
    assert profile.differing(WANTED, WANTED) == {}


def test_fields_that_meta_or_the_owner_adds_are_no_difference():
    more = {**MENU, "disabled_surfaces": []}
    found = {**WANTED, "persistent_menu": [more, *MENUS], "ice_breakers": [{"call_to_actions": []}]}
    assert profile.differing(found, WANTED) == {}


@pytest.mark.parametrize("odd", [None, "x", {}, [], [None], [MENU, MENU], [{"locale": "default"}]])
def test_a_menu_of_another_shape_is_written_again(odd: object):
    assert list(profile.differing({**WANTED, "persistent_menu": odd}, WANTED)) == ["persistent_menu"]


def test_an_owner_may_change_the_texts_but_not_the_commands():
    assert profile.missing(changed("commands", "What I can do", "Help"), WANTED) == []
    assert profile.missing(changed("persistent_menu", "Start a new conversation", "Start over"), WANTED) == []
    assert profile.missing(changed("persistent_menu", "/reset", "RESET"), WANTED) == ["persistent_menu"]
    assert profile.missing(changed("commands", '"forget"', '"delete"'), WANTED) == ["commands"]
    assert profile.missing(changed("get_started", "/start", "HELLO"), WANTED) == ["get_started"]


def test_an_owner_may_add_a_button():
    link = {"type": "web_url", "title": "Our shop", "url": "https://example.org"}
    found = {**WANTED, "persistent_menu": [{**MENU, "call_to_actions": [*MENU["call_to_actions"], link]}]}
    assert profile.missing(found, WANTED) == []


def test_a_menu_of_an_earlier_version_lacks_only_what_is_new():
    found = json.loads(json.dumps(WANTED["persistent_menu"]).replace("#en", ""))
    assert profile.missing({**WANTED, "persistent_menu": found}, WANTED) == []
    found[0]["call_to_actions"] = [each for each in found[0]["call_to_actions"] if each["payload"] != "/language"]
    assert profile.missing({**WANTED, "persistent_menu": found[:1]}, WANTED) == ["persistent_menu"]


def test_a_property_that_does_not_exist_is_missing():
    assert profile.missing({}, WANTED) == list(profile.PROPERTIES)
    assert profile.missing({**WANTED, "commands": []}, WANTED) == ["commands"]
