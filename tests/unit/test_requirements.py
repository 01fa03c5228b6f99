import json
from typing import Any

import pytest

from chalicelib.channels.messenger.events import Ignored, parse
from chalicelib.channels.messenger.requirements import (
    FIELDS,
    NEEDED_FIELDS,
    NEEDED_SCOPE,
    SCOPES,
    VERSION_ENDS,
    version_of,
)
from chalicelib.settings import Settings

WHO = {"sender": {"id": "PSID"}, "recipient": {"id": "PAGE"}}
DELIVERED: dict[str, dict[str, Any]] = {
    "messages": {"messaging": [{**WHO, "message": {"mid": "m", "text": "hello"}}]},
    "messaging_postbacks": {"messaging": [{**WHO, "postback": {"mid": "m", "payload": "/help"}}]},
    "message_echoes": {"messaging": [{**WHO, "message": {"mid": "m", "is_echo": True, "app_id": 263902037430900}}]},
    "message_edits": {"messaging": [{**WHO, "message_edit": {"mid": "m", "text": "new", "num_edit": 1}}]},
    "messaging_policy_enforcement": {"messaging": [{"policy_enforcement": {"action": "warning"}}]},
    "messaging_handovers": {"messaging": [{**WHO, "pass_thread_control": {"new_owner_app_id": "1"}}]},
    "messaging_referrals": {"messaging": [{**WHO, "referral": {"ref": "x"}}]},
    "standby": {"standby": [{**WHO, "message": {"mid": "m", "text": "hello"}}]},
}
"""What Meta sends for each field."""


@pytest.mark.parametrize("field", FIELDS)
def test_what_the_page_is_asked_to_tell_is_known_to_the_bot(field: str):
    entry = {"id": "PAGE", "time": 1_795_175_999_000, **DELIVERED[field]}
    [event] = parse(json.dumps({"object": "page", "entry": [entry]}).encode(), now=0)
    unheard = {Ignored("unknown"), Ignored("unreadable"), Ignored("nobody"), Ignored("echo")}
    assert event not in unheard


@pytest.mark.parametrize("field", ["message_reads", "message_deliveries", "message_reactions"])
def test_what_would_only_cost_invocations_is_left_off(field: str):
    assert field not in FIELDS


def test_what_is_needed_is_wanted():
    assert set(FIELDS) >= NEEDED_FIELDS
    assert NEEDED_SCOPE in SCOPES


@pytest.mark.parametrize(
    ("url", "version"),
    [
        ("https://graph.facebook.com/v25.0", 25),
        ("https://graph.facebook.com/v26.0/", 26),
        ("http://here:1/graph/v9.1", 9),
        ("https://graph.facebook.com", None),
        ("https://graph.facebook.com/v25.0/me", None),
        ("", None),
    ],
)
def test_a_base_url_says_its_version(url: str, version: int | None):
    assert version_of(url) == version


def test_the_version_parley_asks_for_by_itself_is_in_the_table():
    assert version_of(Settings.from_env({}).messenger.graph_url) in VERSION_ENDS


def test_each_version_lives_longer_than_the_one_before():
    ends = [end for _, end in sorted(VERSION_ENDS.items()) if end]
    assert ends == sorted(ends)
    assert None not in [VERSION_ENDS[version] for version in sorted(VERSION_ENDS)[:-1]]
