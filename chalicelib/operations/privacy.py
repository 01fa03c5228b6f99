"""The privacy page, and requests to delete data: stored, reported to the owner, shown to the user; nothing is deleted.

A request has an id of the user that leads to no conversation, so the owner carries it out by hand.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.access.retention import (
    BACKUP_S,
    COUNTS_KEPT_S,
    DELETION_KEPT_S,
    LOOKS_KEPT,
    MONTHS_KEPT,
    QUOTA_DAYS_KEPT,
    days,
    turn_kept_s,
)
from chalicelib.clock import Clock, day_text, local_date
from chalicelib.content import page
from chalicelib.content.page import HtmlPage, Link
from chalicelib.content.text import Texts, load
from chalicelib.log import Log
from chalicelib.operations.alerts import AlertService
from chalicelib.operations.deletion import Deletion
from chalicelib.operations.ports import Deletions
from chalicelib.settings.languages import ENGLISH, preferred
from chalicelib.settings.stage import Settings

_CODE: Final = re.compile(r"[0-9a-f]{32}")
_DAY_S: Final = 24 * 60 * 60


@dataclass(frozen=True)
class Privacy:
    """Answers users who ask what is stored about them or request its deletion."""

    deletions: Deletions
    alerts: Callable[[], AlertService]
    settings: Settings
    clock: Clock
    log: Log

    def policy(self, languages: str = "") -> HtmlPage:
        """Return the page that says what is stored about users, where, for how long, and who can read it.

        It is in the first of the `languages`, as in Accept-Language, that the bot speaks, else in the deployment's.
        """
        texts, region = load(preferred(languages, self.settings.language)), self.settings.privacy.region
        kept = days(turn_kept_s(self.settings.privacy.keep_days))
        facts = {
            "turns_kept": texts("days", number=kept) if kept else texts("an_hour"),
            "counts_days": _days(COUNTS_KEPT_S),
            "backup_days": _days(BACKUP_S),
            "quota_days": str(QUOTA_DAYS_KEPT),
            "looks_kept": str(LOOKS_KEPT),
            "months": str(MONTHS_KEPT),
            "region": texts("privacy_region", region=region) if region else "",
            "model_host": self.settings.model.host,
        }
        return self._page("privacy", facts, texts)

    def receive_deletion_request(self, user: str, *, code: str) -> None:
        """Store a request under its confirmation code and alert the owner, once per code. Raises StoreError."""
        is_new = self.deletions.keep(Deletion(code, received_at=self.clock(), user=user))
        self.log("deletion", outcome="new" if is_new else "repeated")
        if is_new:
            self.alerts().deletion_requested(code)

    @staticmethod
    def confirmation(code: str, *, base_url: str) -> dict[str, str]:
        """Return the response that Meta requires for a deletion request: the code, and the URL of its status page.

        `base_url` is the API's own address without a slash at its end. Source: Meta's "Data deletion request callback".
        """
        return {"url": f"{base_url}/deletion/{code}", "confirmation_code": code}

    def progress(self, code: str) -> HtmlPage:
        """Return the status page of a request; for an unknown code a page with status 404. Raises StoreError."""
        deletion = self.deletions.get(code, now=self.clock()) if _CODE.fullmatch(code) else None
        if deletion is None:
            kept = {"kept_days": _days(DELETION_KEPT_S)}
            return self._page("deletion_unknown", kept, load(ENGLISH), status=404)
        facts = {
            "code": deletion.code,
            "received": self._date(deletion.received_at),
            "until": self._date(deletion.received_at + DELETION_KEPT_S * 1000),
        }
        if deletion.done_at is None:
            return self._page("deletion_open", facts, load(ENGLISH))
        return self._page("deletion_done", {**facts, "done": self._date(deletion.done_at)}, load(ENGLISH))

    def _page(self, name: str, facts: Mapping[str, str], texts: Texts, *, status: int = 200) -> HtmlPage:
        words = {**facts, "forget_yes": texts("forget_yes"), "contact": self._contact(texts)}
        return page.render(name, words, self.settings.stage.channels, status=status, language=texts.language)

    def _contact(self, texts: Texts) -> str | Link:
        contact, channels = self.settings.privacy.contact, self.settings.stage.channels
        if not contact:
            return texts("contact_page" if channels.messenger else "contact_site")
        return Link(contact, contact if contact.startswith("https:") else f"mailto:{contact}")

    def _date(self, at: int) -> str:
        return day_text(local_date(at, self.settings.limits.zone))


def _days(seconds: int) -> str:
    return str(seconds // _DAY_S)
