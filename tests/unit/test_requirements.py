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
from chalicelib.settings.stage import Settings

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
def test_every_required_field_is_handled(field: str):
    entry = {"id": "PAGE", "time": 1_795_175_999_000, **DELIVERED[field]}
    [event] = parse(json.dumps({"object": "page", "entry": [entry]}).encode(), now=0)
    unheard = {Ignored("unknown"), Ignored("unreadable"), Ignored("nobody"), Ignored("echo")}
    assert event not in unheard


@pytest.mark.parametrize("field", ["message_reads", "message_deliveries", "message_reactions"])
def test_fields_without_a_use_are_not_subscribed(field: str):
    assert field not in FIELDS


def test_the_needed_fields_and_scope_are_among_the_required():
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
def test_the_version_of_a_base_url_is_parsed(url: str, version: int | None):
    assert version_of(url) == version


def test_the_default_version_is_in_the_table():
    assert version_of(Settings.from_env({}).messenger.graph_url) in VERSION_ENDS


def test_each_version_ends_after_the_one_before():
    ends = [end for _, end in sorted(VERSION_ENDS.items()) if end]
    assert ends == sorted(ends)
    assert None not in [VERSION_ENDS[version] for version in sorted(VERSION_ENDS)[:-1]]
