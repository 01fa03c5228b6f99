"""The page behind a user's link to their data. A preview of the link only reads it; the button gives the file."""

from dataclasses import dataclass
from typing import Any

from chalicelib.access import owner_session
from chalicelib.access.export_link import ExportLinks
from chalicelib.clock import Clock
from chalicelib.content import page
from chalicelib.content.page import HtmlPage
from chalicelib.errors import UnknownPerson
from chalicelib.ids import Channels
from chalicelib.operations.export import Exports


@dataclass(frozen=True)
class DataCopies:
    """Answers browsers with a link. All methods raise StoreError."""

    links: ExportLinks
    exports: Exports
    channels: Channels
    clock: Clock

    def offer(self, text: str) -> HtmlPage:
        """Return the page with the button, and leave the link as it is; 404 for one that does not work."""
        is_there = owner_session.is_text(text) and self.links.is_offered(owner_session.digest(text), now=self.clock())
        return page.render("export_offer", {}, self.channels, sends_form=True) if is_there else self.gone()

    def take(self, text: str) -> dict[str, Any] | None:
        """Use the link up and return the document; None for a link that does not work (any more)."""
        link = owner_session.digest(text) if owner_session.is_text(text) else ""
        person = self.links.take(link, now=self.clock()) if link else None
        if person is None:
            return None
        try:
            return self.exports.document(person)
        except UnknownPerson:
            return None

    def gone(self) -> HtmlPage:
        """Return the page that says how to get a new link."""
        return page.render("export_gone", {}, self.channels, status=404)
