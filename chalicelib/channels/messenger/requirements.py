"""What Parley wants of Meta: webhook fields, permissions, a version of the Graph API that is alive. Pure."""

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
"""What the page tells the webhook: all that `events` acts on, and what Conversation Routing needs.

Deliveries, reads and reactions are left off: each would be one more invocation that does nothing.
"""
NEEDED_FIELDS: Final = frozenset({"messages", "messaging_postbacks"})
"""Without these nobody is heard."""

SCOPES: Final = ("pages_messaging", "pages_manage_metadata", "pages_show_list")
"""Permissions of the page token; Meta's review of the first depends on the others."""
NEEDED_SCOPE: Final = "pages_messaging"
"""Without this nobody is answered."""

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
"""The last day of each version of the Graph API, None while none is announced; those before are dead.

Source: Meta's "Graph API changelog: available versions", as of 20 November 2026.
"""
_VERSION: Final = re.compile(r"/v(\d{1,3})\.\d+/?$")


def version_of(graph_url: str) -> int | None:
    """The version a base URL asks for: 25 for `https://graph.facebook.com/v25.0`; None without one."""
    found = _VERSION.search(graph_url)
    return int(found[1]) if found else None
