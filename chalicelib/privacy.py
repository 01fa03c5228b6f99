"""What people are told of their data, and what becomes of a request that it be deleted: kept, passed on, shown.

Such a request names somebody by an id that leads to no conversation, so the owner carries it out by hand.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from chalicelib import pages
from chalicelib.channels.messenger import signed_request
from chalicelib.errors import BodyTooLarge, InvalidSignature
from chalicelib.messages import Deletion
from chalicelib.observability import Log
from chalicelib.owner import Owner
from chalicelib.pages import Link, Page
from chalicelib.ports import Clock, Deletions
from chalicelib.quota import DAYS_KEPT
from chalicelib.settings import Settings
from chalicelib.store.schema import BACKUP_S, COUNTS_KEPT_S, DELETION_KEPT_S, TURN_KEPT_S
from chalicelib.texts import Texts

MAX_FORM: Final = 16 * 1024
_CODE: Final = re.compile(r"[0-9a-f]{32}")
_DAY_S: Final = 24 * 60 * 60


@dataclass(frozen=True)
class Privacy:
    """Answers those who ask what is stored of them, and those who want it deleted."""

    deletions: Deletions
    owner: Callable[[], Owner]
    app_secrets: Callable[[], Sequence[str]] = field(repr=False)
    texts: Texts
    settings: Settings
    clock: Clock
    log: Log

    def policy(self) -> Page:
        """What is stored of people, where, for how long, and who gets to see it."""
        facts = {
            "turn_days": _days(TURN_KEPT_S),
            "counts_days": _days(COUNTS_KEPT_S),
            "backup_days": _days(BACKUP_S),
            "quota_days": str(DAYS_KEPT),
            "region": f" (region {self.settings.region})" if self.settings.region else "",
            "model_host": self.settings.model_host,
        }
        return pages.render("privacy", {**facts, **self._ways_out()})

    def take_in(self, form: bytes) -> str:
        """Keep a request that Meta passes on, and tell the owner, once however often it comes; its confirmation code.

        Raises BodyTooLarge, InvalidSignature and UnreadableRequest with nothing done, and StoreError.
        """
        if len(form) > MAX_FORM:
            raise BodyTooLarge(f"more than {MAX_FORM} bytes")
        try:
            wish = signed_request.read(form, secrets=self.app_secrets())
        except InvalidSignature as exc:
            self.log.failure("signature", exc)
            raise
        is_new = self.deletions.keep(Deletion(wish.code, received_at=self.clock(), user=wish.user))
        self.log("deletion", outcome="new" if is_new else "repeated")
        if is_new:
            self.owner().deletion_is_wanted(wish.code)
        return wish.code

    def progress(self, code: str) -> Page:
        """How far a request is; for a code that nobody has been given, a page that says so. Raises StoreError."""
        deletion = self.deletions.get(code, now=self.clock()) if _CODE.fullmatch(code) else None
        if deletion is None:
            kept = {"kept_days": _days(DELETION_KEPT_S)}
            return pages.render("deletion_unknown", {**kept, **self._ways_out()}, status=404)
        facts = {
            "code": deletion.code,
            "received": self._date(deletion.received_at),
            "until": self._date(deletion.received_at + DELETION_KEPT_S * 1000),
        }
        if deletion.done_at is None:
            return pages.render("deletion_open", {**facts, **self._ways_out()})
        return pages.render("deletion_done", {**facts, "done": self._date(deletion.done_at), **self._ways_out()})

    def _ways_out(self) -> dict[str, str | Link]:
        return {"forget_yes": self.texts("forget_yes"), "contact": self._contact()}

    def _contact(self) -> str | Link:
        contact = self.settings.contact
        if not contact:
            return self.texts("contact_page")
        return Link(contact, contact if contact.startswith("https:") else f"mailto:{contact}")

    def _date(self, at: int) -> str:
        day = datetime.fromtimestamp(at / 1000, self.settings.zone)
        return f"{day.day} {day:%B %Y}"


def _days(seconds: int) -> str:
    return str(seconds // _DAY_S)
