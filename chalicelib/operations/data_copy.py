"""The page behind a user's link to their data. A preview of the link only reads it; the button gives the file."""

from dataclasses import dataclass
from typing import Any

from chalicelib.access import secret_text
from chalicelib.access.export_link import ExportLinks
from chalicelib.clock import Clock
from chalicelib.content import page
from chalicelib.content.page import HtmlPage
from chalicelib.errors import UnknownPerson
from chalicelib.operations.export import Exports
from chalicelib.settings.languages import preferred
from chalicelib.settings.stage import Settings


@dataclass(frozen=True)
class DataCopies:
    """Answers browsers with a link. All methods raise StoreError."""

    links: ExportLinks
    exports: Exports
    settings: Settings
    clock: Clock

    def offer(self, text: str, languages: str = "") -> HtmlPage:
        """Return the page with the button, and leave the link as it is; 404 for one that does not work.

        It is in the first of the `languages`, as in Accept-Language, that the bot speaks, else in the deployment's.
        """
        is_there = secret_text.is_secret(text) and self.links.is_offered(secret_text.digest(text), now=self.clock())
        return self._page("export_offer", languages) if is_there else self.gone(languages)

    def take(self, text: str) -> dict[str, Any] | None:
        """Use the link up and return the document; None for a link that does not work (any more)."""
        link = secret_text.digest(text) if secret_text.is_secret(text) else ""
        person = self.links.take(link, now=self.clock()) if link else None
        if person is None:
            return None
        try:
            return self.exports.document(person)
        except UnknownPerson:
            return None

    def gone(self, languages: str = "") -> HtmlPage:
        """Return the page that says how to get a new link."""
        return self._page("export_gone", languages, status=404)

    def _page(self, name: str, languages: str, *, status: int = 200) -> HtmlPage:
        language, channels = preferred(languages, self.settings.language), self.settings.stage.channels
        return page.render(name, {}, channels, status=status, sends_form=True, language=language)
