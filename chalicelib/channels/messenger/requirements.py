"""Defines what the bot requires at Meta: webhook fields, permissions, a version of the Graph API in service."""

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

FIELDS: Final = (
    "messages",
    "messaging_postbacks",
    "message_echoes",
    "message_edits",
    "messaging_policy_enforcement",
    "messaging_handovers",
    "messaging_referrals",
    "standby",
)
"""The webhook fields to subscribe to: all that `events` handles, and those that Conversation Routing needs.

Deliveries, reads and reactions are left out: each would be a request to the webhook that does nothing.
"""
NEEDED_FIELDS: Final = frozenset({"messages", "messaging_postbacks"})
"""Fields without which the bot receives no messages."""

SCOPES: Final = ("pages_messaging", "pages_manage_metadata", "pages_show_list")
"""Permissions of the page token; Meta's review of the first depends on the others."""
NEEDED_SCOPE: Final = "pages_messaging"
"""The permission without which the bot can send no answers."""

VERSION_ENDS: Final[Mapping[int, date | None]] = MappingProxyType(
    {
        21: date(2027, 1, 21),
        22: date(2027, 5, 20),
        23: date(2027, 10, 8),
        24: date(2028, 2, 18),
        25: date(2028, 7, 29),
        26: None,
    }
)
"""The last day of each version of the Graph API, or None while none is announced; older versions have ended.

Source: Meta's "Graph API changelog: available versions", as of 20 November 2026.
"""
_VERSION: Final = re.compile(r"/v(\d{1,3})\.\d+/?$")


def version_of(graph_url: str) -> int | None:
    """Parse the major version in a base URL: 25 for `https://graph.facebook.com/v25.0`; None without one."""
    match = _VERSION.search(graph_url)
    return int(match[1]) if match else None
