"""What all views of the owner's page share: the visit, the words, the frame with the tabs, and rows of people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.access import handles, identity
from chalicelib.access.person import Access, Person
from chalicelib.clock import local_date
from chalicelib.content import owner_format, owner_html
from chalicelib.content.owner_face import face
from chalicelib.content.owner_html import Html, Words, fill, joined
from chalicelib.content.page import HtmlPage
from chalicelib.ids import KeyId, PersonId
from chalicelib.operations.owner_sign_in import Visit
from chalicelib.operations.people_rows import Row

TABS: Final = ("today", "people", "money", "bot")
"""The views with a tab."""
_NEW_MS: Final = 24 * 60 * 60 * 1000


def page_name(person: PersonId) -> str:
    """Return the name of a person's page: 16 hex digits that begin with the handle."""
    return identity.pseudonym(person, digits=16)


@dataclass(frozen=True)
class View:
    """One visit, as the pages show it."""

    visit: Visit
    words: Words
    up: str
    """Leads from the page's address to the REST API's, such as `../`."""
    zone: ZoneInfo
    now: int
    bot: str
    """The name of the persona that answers."""
    stage: str

    @property
    def today(self) -> date:
        """The date in the owner's time zone."""
        return local_date(self.now, self.zone)

    def page(self, tab: str, body: Html, *, title: str, status: int = 200) -> HtmlPage:
        """Return a whole page, on which one of TABS is marked."""
        here = {f"here_{name}": Html(' aria-current="page"' if name == tab else "") for name in TABS}
        names = {"bot": self.bot, "stage": self.stage, "up": self.up, "form": self.visit.form_code}
        footer = self.words(
            "footer", time=owner_format.time(self.now, zone=self.zone, words=self.words), zone=self.zone.key
        )
        shell = fill("shell", self.words, body=body, footer=footer, **names, **here)
        return owner_html.page(shell, title=f"{title} · {self.bot}", words=self.words, up=self.up, status=status)

    def ago(self, at: int) -> str:
        """Write how long ago a time was."""
        return owner_format.ago(at, now=self.now, zone=self.zone, words=self.words)

    def is_today(self, at: int) -> bool:
        """Whether a time is today in the owner's time zone."""
        return local_date(at, self.zone) == self.today

    def person_row(self, row: Row, keys: Mapping[KeyId, str]) -> Html:
        """Draw a row of the list of people, which leads to the person's page, or to the visitors of a key."""
        person = row.first.person
        key = identity.key_of(person.id)
        name = page_name(person.id)
        limit = row.first.limit
        return fill(
            "person_row",
            self.words,
            address=f"{self.up}owner/people?key={key}" if row.is_sum else f"{self.up}owner/people/{name}",
            face=face(identity.group_of(person.id) if row.is_sum else person.id),
            handle=self.words.count("visitors", len(row.people)) if row.is_sum else handles.handle_of(person.id),
            badge=Html("") if row.is_sum else self.badge(person),
            from_where=self.from_where(person.id, keys),
            used=self._used_today(row, limit),
            seen=self.ago(row.last_seen),
        )

    def rows(self, rows: Sequence[Row], keys: Mapping[KeyId, str]) -> Html:
        """Draw a list of people, or the sentence that there are none."""
        if not rows:
            return Html(f'<p class="empty">{owner_html.html(self.words("no_people"))}</p>')
        drawn = joined(self.person_row(row, keys) for row in rows)
        return Html(f'<ul class="people">{drawn.text}</ul>')

    def _used_today(self, row: Row, limit: int | None) -> str:
        if not row.used:
            return ""
        return self.words("used_today", used=self.used(row.used, limit if limit and not row.is_sum else None))

    def used(self, used: int, limit: int | None) -> str:
        """Write how many questions were asked today, and of how many."""
        return self.words.number(used) if limit is None else self.words("used_of", used=used, limit=limit)

    def from_where(self, person: PersonId, keys: Mapping[KeyId, str]) -> str:
        """Write how the person comes: on which channel, and with which key."""
        if not identity.traits_of(person).has_api_keys:
            return "Messenger"
        key = identity.key_of(person)
        return keys.get(key, key) if key else self.words("signed_in")

    def badge(self, person: Person) -> Html:
        """Draw what the owner decided about a person, or that the person is an owner or new; nothing for most."""
        if kind := self.kind(person):
            return Html(f'<span class="badge badge-{kind}">{owner_html.html(self.words(f"badge_{kind}"))}</span>')
        return Html("")

    def kind(self, person: Person) -> str:
        """Return what the owner decided about a person, or `owner` or `new`; empty for most."""
        if person.is_owner:
            return "owner"
        if person.access is not Access.DEFAULT:
            return person.access.value
        if person.daily_limit is not None:
            return "limited"
        return "new" if self.now - person.first_seen < _NEW_MS else ""
