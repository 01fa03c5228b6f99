"""Tools of other servers, as far as the bot knows them, and the port that keeps what it knows."""

from dataclasses import dataclass
from typing import Protocol

from chalicelib.conversation.tool import ToolSpec


@dataclass(frozen=True)
class KnownTools:
    """The tools that a server has listed."""

    tools: tuple[ToolSpec, ...]
    """Under the server's own names."""
    fresh_until: int
    """In milliseconds since 1970: the server is asked again afterwards."""


class ToolLists(Protocol):
    """Keeps the tools of servers by the servers' addresses. All methods raise StoreError."""

    def get(self, url: str) -> KnownTools | None:
        """Return what was kept last; None if nothing is kept of this server."""

    def put(self, url: str, known: KnownTools) -> None:
        """Keep it in place of what was kept before, for 30 days after it was fresh."""
