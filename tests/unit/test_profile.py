import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from chalicelib.channels.messenger import profile
from chalicelib.channels.messenger.events import parse
from chalicelib.content.text import Texts, load
from chalicelib.conversation.commands import Command
from chalicelib.conversation.commands import parse as command_of
from chalicelib.conversation.turn import IncomingMessage
from chalicelib.errors import ConfigError

ENGLISH: Final = load("en")
WANTED: Final = profile.required(ENGLISH)
[MENU] = WANTED["persistent_menu"]
[LIST] = WANTED["commands"]


def heard(**item: Any) -> str:
    """Return the text that the bot receives when Meta delivers this item."""
    item = {"sender": {"id": "PSID"}, "recipient": {"id": "PAGE"}, "timestamp": 1_795_175_999_000, **item}
    [event] = parse(json.dumps({"object": "page", "entry": [{"id": "PAGE", "messaging": [item]}]}).encode(), now=0)
    assert isinstance(event, IncomingMessage)
    return event.text


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
    offered = [Command.HELP, Command.USAGE, Command.RESET, Command.FORGET]
    assert [command_of(text) for text in taps()] == [Command.START, *offered, *offered]


def test_the_greeting_fits():
    [greeting] = profile.greeting(ENGLISH)["greeting"]
    assert 0 < len(greeting["text"]) <= 160


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
    found = {**WANTED, "persistent_menu": [more], "ice_breakers": [{"call_to_actions": []}]}
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


def test_a_property_that_does_not_exist_is_missing():
    assert profile.missing({}, WANTED) == list(profile.PROPERTIES)
    assert profile.missing({**WANTED, "commands": []}, WANTED) == ["commands"]
