"""The AsyncAPI document: sound in itself, and word for word what `docs/websocket.md` says."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from chalicelib.channels.web import handshake
from tests.frame_schema import DOCUMENT, MAX_BYTES, MESSAGES, check, problems
from tests.json_references import at, references

WORDS: Final = (Path(__file__).parents[2] / "docs" / "websocket.md").read_text()
SCHEMAS: Final = DOCUMENT["components"]["schemas"]
TURN: Final = "1795286400000#" + "0" * 64
KEYWORDS: Final = {
    *("$ref", "additionalProperties", "const", "description", "enum", "items", "maxLength", "minItems", "minLength"),
    *("minimum", "oneOf", "pattern", "properties", "required", "type"),
}
"""Of JSON Schema: the validator takes no notice of one that is misspelt."""
SAID: Final = {name: message for name, message in MESSAGES.items() if "type" in message["payload"]["properties"]}
ASKED: Final = {name: message for name, message in MESSAGES.items() if name not in SAID}
ALIASES: Final = {"sendMessage", "message", "data", "authenticate_with_api_key"}


def rows(heading: str) -> Iterator[list[str]]:
    """The cells of the first table below a heading, without those of its head."""
    below = WORDS.partition(f"\n{heading}\n")[2].partition("\n|")[2].partition("\n\n")[0]
    for line in below.splitlines()[2:]:
        yield [cell.strip() for cell in line.split("|")[1:-1]]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def names_in(sentence: str) -> set[str]:
    """Of a form such as `{"name", "opening"}`, found by how it begins."""
    return set(re.findall(r'"(\w+)"', WORDS.partition(sentence)[2].partition("`")[0]))


def fields(message: str) -> set[str]:
    return set(MESSAGES[message]["payload"]["properties"])


def same(summary: str, words: str) -> bool:
    return summary.rstrip(".").lower() == words.rstrip(".").lower()


def schemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema and all within it."""
    yield schema
    within = [*schema.get("properties", {}).values(), *schema.get("oneOf", [])]
    for inner in [*within, schema["items"]] if "items" in schema else within:
        yield from schemas(inner)


def test_it_is_a_document_of_asyncapi_3_with_nothing_in_it_that_has_no_place_there():
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert DOCUMENT.keys() == {
        *("asyncapi", "info", "defaultContentType", "servers", "channels", "operations", "components")
    }
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    for server in DOCUMENT["servers"].values():
        blanks = set(re.findall(r"{(\w+)}", f"{server['host']}{server['pathname']}"))
        assert (server["protocol"], server["variables"].keys()) == ("wss", blanks)
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] in ("send", "receive")
        assert operation.keys() <= {"action", "summary", "channel", "messages", "reply"}
    for message in MESSAGES.values():
        assert message.keys() == {"summary", "payload", "examples"}


def test_every_reference_in_it_leads_somewhere():
    for reference in references(DOCUMENT):
        assert at(DOCUMENT, reference), reference


def test_the_parameters_of_the_address_are_those_that_are_read():
    [channel] = DOCUMENT["channels"].values()
    named = {cell.strip("`") for cell, _ in rows("### In the address")}
    assert named == channel["bindings"]["ws"]["query"]["properties"].keys() == handshake.PARAMETERS.keys()


def test_every_message_has_its_place_in_the_channel_and_in_an_operation():
    [channel] = DOCUMENT["channels"].values()
    assert channel["messages"] == {name: {"$ref": f"#/components/messages/{name}"} for name in MESSAGES}
    used: dict[str, set[str]] = {"send": set(), "receive": set()}
    for operation in DOCUMENT["operations"].values():
        used[operation["action"]] |= {reference["$ref"] for reference in operation["messages"]}
        used["send"] |= {reference["$ref"] for reference in operation.get("reply", {}).get("messages", [])}
    assert used["receive"] == {f"#/channels/chat/messages/{name}" for name in ASKED}
    assert used["send"] == {f"#/channels/chat/messages/{name}" for name in SAID}


def test_every_schema_is_made_of_words_that_are_understood():
    for whole in [*SCHEMAS.values(), *(message["payload"] for message in MESSAGES.values())]:
        for schema in schemas(whole):
            assert schema.keys() <= KEYWORDS
            assert "properties" not in schema or set(schema.get("required", [])) <= schema["properties"].keys()


def test_every_schema_is_used():
    used = {reference.rpartition("/")[2] for reference in references([MESSAGES, SCHEMAS])}
    assert used == SCHEMAS.keys()


def test_server_frames_have_only_documented_fields():
    for whole in [*(message["payload"] for message in SAID.values()), SCHEMAS["past_turn"], SCHEMAS["choice"]]:
        for schema in schemas(whole):
            assert schema.get("type") != "object" or schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("name", "frame"),
    [(name, example["payload"]) for name, message in MESSAGES.items() for example in message["examples"]],
)
def test_every_example_is_as_promised(name: str, frame: dict[str, Any]):
    assert problems(name, frame) == []
    assert name not in SAID or frame["type"] == name


def test_the_actions_and_their_fields_are_those_that_the_words_name():
    told = {quoted(action)[0]: set(quoted(fields)) for action, fields, _ in rows("## Client to server")}
    drawn = {name: fields(name) - {"action"} for name in ASKED.keys() - ALIASES}
    assert drawn == told


def test_actions_have_the_same_description_in_both_documents():
    for action, _, what in rows("## Client to server"):
        assert same(MESSAGES[quoted(action)[0]]["summary"], what)


def test_the_frames_of_older_systems_are_those_that_the_words_name():
    told = [
        (json.loads(quoted(frame)[0]), quoted(meaning))
        for frame, meaning in rows("The frames of four older systems are understood as well:")
    ]
    assert [set(frame) for frame, _ in told] == [fields(name) for name in ASKED if name in ALIASES]
    for name, (frame, meaning) in zip([name for name in ASKED if name in ALIASES], told, strict=True):
        assert problems(name, {**frame, **({"conversationId": "kitchen"} if "conversationId" in frame else {})}) == []
        assert set(quoted(MESSAGES[name]["summary"])) == set(meaning)


def test_the_frames_and_their_fields_are_those_that_the_words_name():
    told = {quoted(kind)[0]: set(quoted(named)) for kind, named, _ in rows("## Server to client")}
    assert {name: fields(name) - {"type"} for name in SAID} == told


def test_frames_have_the_same_description_in_both_documents():
    for kind, _, meaning in rows("## Server to client"):
        assert not meaning or same(MESSAGES[quoted(kind)[0]]["summary"], meaning)


def test_fields_of_frames_are_those_of_the_document():
    assert SCHEMAS["persona"]["properties"].keys() == names_in("`persona` is `")
    assert SCHEMAS["past_turn"]["properties"].keys() == names_in("as far as they fit: `")
    assert SCHEMAS["choice"]["properties"].keys() == names_in("are buttons,\n`")
    states = WORDS.partition("`completed.state`:")[2].partition(". ")[0]
    assert MESSAGES["completed"]["payload"]["properties"]["state"]["enum"] == quoted(states.replace("`cancel`", ""))
    assert set(SCHEMAS["past_turn"]["properties"]["state"]["enum"]) == {"open", "done", "stopped", "dropped"}


def test_the_codes_are_those_that_the_words_name():
    notices = WORDS.partition("### Codes of `notice`\n")[2].partition("\n### ")[0].replace("`/help`", "")
    assert SCHEMAS["notice_code"]["enum"] == quoted(notices)
    assert SCHEMAS["error_code"]["enum"] == [quoted(code)[0] for code, _, _ in rows("### Codes of `error`")]


GOOD: Final = {"type": "delta", "turn": TURN, "seq": 1, "text": "Hello"}


@pytest.mark.parametrize(
    "change",
    [
        {"type": "surprise"},
        {"type": None},
        {"type": "authenticate"},
        {"seq": 0},
        {"seq": "1"},
        {"seq": True},
        {"text": ""},
        {"text": None},
        {"turn": ""},
        {"more": 1},
        {"text": "x" * MAX_BYTES},
    ],
)
def test_a_frame_that_is_not_promised_is_noticed(change: dict[str, Any]):
    check(GOOD)
    with pytest.raises(AssertionError, match="does not promise"):
        check(GOOD | change)


@pytest.mark.parametrize("missing", GOOD)
def test_a_frame_that_lacks_something_is_noticed(missing: str):
    with pytest.raises(AssertionError, match="does not promise"):
        check({name: value for name, value in GOOD.items() if name != missing})


@pytest.mark.parametrize(
    "inner",
    [
        {"you": "anna"},
        {"room": "a room"},
        {"persona": {"name": "Santa", "instructions": "secret"}},
        {"history": []},
        {"history": [{"turn": TURN, "from": "3f1c09ab", "state": "queued"}]},
        {"history": [{"turn": TURN, "from": "3f1c09ab", "state": "done", "person": "web:key:anna"}]},
        {"remaining": -1},
        {"limit": None},
    ],
)
def test_an_undocumented_nested_field_is_found(inner: dict[str, Any]):
    ready = {"type": "ready", "you": "3f1c09ab", "persona": {"name": "Santa"}, "now": 1795286400000}
    check(ready)
    with pytest.raises(AssertionError, match="does not promise"):
        check(ready | inner)
