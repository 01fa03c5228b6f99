import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.channels.messenger.events import Ignored, parse
from chalicelib.conversation.turn import IncomingMessage

NOW = 1_795_176_000_000
GOOD = (
    '{"sender":{"id":"GOOD"},"recipient":{"id":"PAGE"},"timestamp":1795175999000,'
    '"message":{"mid":"m_good","text":"Is \\"[{\\" anybody \\\\ there?"}}'
)
WORDS = [
    *("sender", "recipient", "id", "timestamp", "message", "mid", "text", "is_echo", "is_deleted", "app_id", "payload"),
    *("metadata", "attachments", "type", "quick_reply", "postback", "title", "message_edit", "num_edit", "read"),
    *("policy_enforcement", "action", "referral", "user_ref", "sticker_id", "is_unsupported"),
    *("new_owner_app_id", "requested_owner_app_id"),
]
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(
        ["PAGE", "PSID", "\ud83d", "a\udc00", "1795175999000", "GET_STARTED", "/x", "t#1", "#", '"[{', "\\"]
    )
)
junk = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=4), inner, max_size=6)
    ),
    max_leaves=12,
)
roles = st.dictionaries(st.just("id"), scalars, max_size=1) | scalars
likely_junk = st.fixed_dictionaries(
    {},
    optional={
        "sender": roles,
        "recipient": roles,
        "timestamp": scalars,
        "message": st.dictionaries(st.sampled_from(WORDS), junk, max_size=6) | junk,
        "postback": st.dictionaries(st.sampled_from(["mid", "title", "payload"]), junk) | junk,
        "message_edit": st.dictionaries(st.sampled_from(["mid", "text", "num_edit"]), junk) | junk,
        "policy_enforcement": junk,
        **{f"{act}_thread_control": junk for act in ("pass", "take", "request")},
    },
)
DEEP = 100_000
MONSTERS = [
    "9" * 5000,
    f"-{'9' * 5000}",
    f'{{"timestamp":{"9" * 5000},"sender":{{"id":{"7" * 5000}}}}}',
    "1e999",
    "NaN",
    "-Infinity",
    '"\\ud800"',
    f'{{"message":{{"text":"\\udfff","mid":{"1" * 65}}},"sender":{{"id":"x"}}}}',
    "[" * DEEP + "]" * DEEP,
    '{"message":' * DEEP + "1" + "}" * DEEP,
    '[{"a":' * DEEP + '"]}"' + "}]" * DEEP,
    '{"sender":{"id":"x"},"message":{"mid":"m","text":"' + "[{" * DEEP + '"}}',
    '{"sender":{"id":"x"},"message":{"mid":"m","text":"' + '\\"[' * DEEP + '"}}',
    "[" + ",".join(["{}"] * 500) + "]",
]


def _dumped(values: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    return values.map(json.dumps)


def _parsed(items: list[str]) -> list[Any]:
    raw = f'{{"object":"page","entry":[{{"id":"PAGE","time":{NOW},"messaging":[{",".join(items)}]}}]}}'
    return list(parse(raw.encode("utf-8", "surrogatepass"), now=NOW))


[EXPECTED] = _parsed([GOOD])


def test_the_valid_item_is_parsed():
    assert isinstance(EXPECTED, IncomingMessage)
    assert EXPECTED.text == 'Is "[{" anybody \\ there?'


@given(
    before=st.lists(_dumped(likely_junk | junk), max_size=3), after=st.lists(_dumped(likely_junk | junk), max_size=3)
)
def test_a_valid_item_is_never_lost_between_invalid_ones(before: list[str], after: list[str]):
    events = _parsed([*before, GOOD, *after])
    assert len(events) == len(before) + 1 + len(after)
    assert events[len(before)] == replace(EXPECTED, place=len(before))


@pytest.mark.slow
def test_a_valid_item_is_never_lost_between_huge_ones():
    events = _parsed([*MONSTERS, GOOD, *MONSTERS])
    assert len(events) == 2 * len(MONSTERS) + 1
    assert events[len(MONSTERS)] == replace(EXPECTED, place=len(MONSTERS))


@given(entries=st.lists(_dumped(junk), max_size=3))
def test_a_valid_entry_is_never_lost_behind_invalid_ones(entries: list[str]):
    raw = f'{{"object":"page","entry":[{",".join([*entries, f"""{{"id":"PAGE","messaging":[{GOOD}]}}"""])}]}}'
    events = parse(raw.encode(), now=NOW)
    assert events[-1] == replace(EXPECTED, place=len(events) - 1)


@given(_dumped(likely_junk | junk))
def test_every_parsed_event_can_be_stored_and_logged(item: str):
    for event in _parsed([item]):
        assert repr(event).encode()
        assert all(said.encode() for said in _said(event) if said)
        if isinstance(event, IncomingMessage):
            assert event.text.strip() or event.attachments
            assert 10**12 <= event.at < 10**13
            assert len(event.conversation.encode()) < 2048


def _said(event: object) -> Iterator[str]:
    for value in vars(event).values():
        yield from (said for said in (value if isinstance(value, tuple) else (value,)) if isinstance(said, str))


@pytest.mark.parametrize("kind", ['"message":{"is_deleted":true,"mid":%s}', '"message_edit":{"text":"x","mid":%s}'])
def test_an_id_with_a_lone_surrogate_can_be_looked_up(kind: str):
    [event] = _parsed(['{"sender":{"id":"P"},"recipient":{"id":"PAGE"},%s}' % (kind % '"a\\ud800"')])
    assert event.message_id == "a\ufffd"


@given(st.binary())
@example(b'{"object":"page","entry":[]}')
def test_arbitrary_bytes_never_raise(body: bytes):
    parse(body, now=NOW)


@given(_dumped(junk))
def test_arbitrary_json_never_raises(body: str):
    parse(body.encode(), now=NOW)


@given(st.text(alphabet='{}[]":,\\a1 ', max_size=60), st.integers(0, 30))
def test_almost_json_never_raises(text: str, repeated: int):
    parse((text * repeated).encode(), now=NOW)


@pytest.mark.parametrize("broken", [GOOD[:-1], GOOD + "}", "{" * DEEP, '"' + "a" * DEEP, "]" * DEEP])
def test_broken_json_is_unreadable_as_a_whole(broken: str):
    assert _parsed([broken, GOOD]) == [Ignored("unreadable")]
