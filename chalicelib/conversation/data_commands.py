"""The commands about a user's own data: `/privacy` says what is stored, `/export` gives a link to a copy of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chalicelib.access import identity, retention, secret_text
from chalicelib.access.export_link import LINK_KEPT_S, ExportLinks
from chalicelib.clock import Clock
from chalicelib.content.text import Texts
from chalicelib.conversation.turn import Reply
from chalicelib.conversation.turn_context import TurnContext
from chalicelib.errors import ConfigError

PATH: Final = "export"
"""The path of a link, below the address of the REST API; the link's text follows."""


@dataclass(frozen=True)
class DataCommands:
    """Runs these commands."""

    links: ExportLinks
    texts: Texts
    api_url: Callable[[], str]
    """Returns the address of the REST API. Raises ConfigError."""
    random_bytes: Callable[[int], bytes]
    kept_s: int
    """For how many seconds turns are stored."""
    clock: Clock

    def privacy(self, _: TurnContext) -> Reply:
        """Say in a few sentences what is stored, who reads it and what the user can do, with the page's address."""
        whole = retention.days(self.kept_s)
        said = self.texts("privacy", kept=self.texts("days", number=whole) if whole else self.texts("an_hour"))
        try:
            return Reply(f"{said}\n{self.texts('privacy_more', address=f'{self.api_url()}/privacy')}")
        except ConfigError:
            return Reply(said)

    def export(self, context: TurnContext) -> Reply:
        """Give a link to a download of all that is stored; not in a room, where others read it. Raises StoreError."""
        turn = context.turn
        if identity.is_room(turn.conversation):
            return Reply(self.texts("export_not_here"))
        try:
            address = self.api_url()
        except ConfigError:
            return Reply(self.texts("export_by_owner"))
        text = secret_text.new(self.random_bytes)
        link = secret_text.digest(text)
        if not self.links.offer(link, turn.person, asked_at=turn.asked_at, now=self.clock()):
            return Reply(self.texts("export_forgotten"))
        return Reply(self.texts("export_link", address=f"{address}/{PATH}/{text}", minutes=LINK_KEPT_S // 60))
