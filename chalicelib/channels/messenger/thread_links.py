"""Finds where a human answers a user of Messenger: the address of their thread in the page's inbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from chalicelib.access import identity
from chalicelib.channels.meta.graph import Graph, GraphError
from chalicelib.errors import ConfigError
from chalicelib.ids import PersonId

_FACEBOOK: Final = "https://www.facebook.com"


@dataclass(frozen=True)
class MessengerThreadLinks:
    """`operations.takeover_notices.ThreadLinks` over the Graph API."""

    graph: Graph

    def link_of(self, person: PersonId) -> str | None:
        query = {"platform": "messenger", "user_id": identity.psid_of(person), "fields": "link"}
        try:
            return _link(self.graph.get("me/conversations", query))
        except (GraphError, ConfigError):  # the inbox itself is good enough; a fault of the page is found elsewhere
            return None


def _link(answer: Mapping[str, Any]) -> str | None:
    """Return the first thread's address, which Meta sends without a host; None for anything but one of Facebook's."""
    match answer:
        case {"data": [{"link": str(link)}, *_]}:
            address = urljoin(_FACEBOOK, link)
            parts = urlsplit(address)
            is_theirs = parts.scheme == "https" and f".{parts.hostname}".endswith(".facebook.com")
            return address if is_theirs else None
    return None
