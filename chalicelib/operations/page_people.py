"""The view of all people on the owner's page: searched, filtered, and in pages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from chalicelib.access import handles
from chalicelib.access.person import Person
from chalicelib.content.owner_html import Html, fill, html, joined
from chalicelib.content.page import HtmlPage
from chalicelib.ids import KeyId
from chalicelib.operations import people_rows
from chalicelib.operations.admin import Admin, Standing
from chalicelib.operations.owner_view import View
from chalicelib.operations.people_rows import PeoplePage, State, web_key_of
from chalicelib.operations.whole_number import whole_number

ROWS: Final = 40
"""Rows of a page."""
_LONGEST: Final = 80
_MOST_PAGES: Final = 999_999
CHIPS: Final = ("", "new", State.UNLIMITED.value, State.LIMITED.value, State.BLOCKED.value)
"""What can be chosen; all people at first."""


@dataclass(frozen=True)
class Wanted:
    """What the query of an address asks for; what cannot be understood asks for nothing."""

    text: str = ""
    chip: str = ""
    key: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        """Read a query."""
        chip, page = query.get("show", ""), query.get("page", "")
        return cls(
            query.get("q", "").strip()[:_LONGEST],
            chip if chip in CHIPS else "",
            query.get("key", "")[:_LONGEST],
            whole_number(page, most=_MOST_PAGES) or 1,
        )

    @property
    def is_all(self) -> bool:
        """Whether all people are asked for."""
        return not (self.text or self.chip or self.key)

    def query(self, **changed: str) -> str:
        """Return the query that asks for the same, but for these values."""
        values = {"q": self.text, "show": self.chip, "key": self.key, **changed}
        return urlencode({name: value for name, value in values.items() if value})


@dataclass(frozen=True)
class PeopleView:
    """Draws the view. Raises StoreError."""

    admin: Admin

    def page(self, view: View, keys: Mapping[KeyId, str], query: Mapping[str, str]) -> HtmlPage:
        """Draw one page of the people that the query asks for."""
        wanted, everyone = Wanted.of(query), self.admin.list()
        found = [standing for standing in everyone if _fits(standing, wanted, view, keys)]
        rows = people_rows.summed(found) if wanted.is_all else people_rows.each(found)
        shown = PeoplePage.of(rows, number=wanted.page, size=ROWS)
        lead = "people_lead" if wanted.is_all else "people_found"
        empty = Html(f'<p class="empty">{html(view.words("nobody_found"))}</p>')
        body = fill(
            "people",
            view.words,
            up=view.up,
            lead=view.words.count(lead, len(found)),
            asked=wanted.text,
            hidden=_hidden(wanted),
            chips=_chips(view, wanted),
            rows=view.rows(shown.rows, keys) if shown.rows or wanted.is_all else empty,
            pager=_pager(view, wanted, shown),
        )
        return view.page("people", body, title=view.words("tab_people"))


def _fits(standing: Standing, wanted: Wanted, view: View, keys: Mapping[KeyId, str]) -> bool:
    person = standing.person
    if wanted.key and web_key_of(person) != wanted.key:
        return False
    if wanted.chip and view.kind(person) != wanted.chip:
        return False
    text = wanted.text.casefold()
    return not text or any(text in each.casefold() for each in _names(person, view, keys))


def _names(person: Person, view: View, keys: Mapping[KeyId, str]) -> Sequence[str]:
    return handles.handle_of(person.id), view.from_where(person.id, keys), person.persona, person.model, person.id


def _hidden(wanted: Wanted) -> Html:
    fields = {"show": wanted.chip, "key": wanted.key}
    return joined(
        Html(f'<input type="hidden" name="{name}" value="{html(value)}">') for name, value in fields.items() if value
    )


def _chips(view: View, wanted: Wanted) -> Html:
    named: Callable[[str], str] = lambda chip: view.words(f"chip_{chip or 'all'}")  # noqa: E731 (short)
    return chips(
        view, [(named(chip), f"owner/people?{wanted.query(show=chip, key='')}", chip == wanted.chip) for chip in CHIPS]
    )


def chips(view: View, each: Sequence[tuple[str, str, bool]]) -> Html:
    """Draw a row of links, each with its words, its path, and whether it is chosen."""
    return joined(
        Html(f'<a class="chip" href="{html(view.up + path)}"{CHOSEN if is_chosen else ""}>{html(words)}</a>')
        for words, path, is_chosen in each
    )


CHOSEN: Final = ' aria-current="true"'


def _pager(view: View, wanted: Wanted, shown: PeoplePage) -> Html:
    if shown.pages <= 1:
        return Html("")
    around = {"newer": shown.number - 1, "older": shown.number + 1}
    links = {
        name: f'<a href="{view.up}owner/people?{html(wanted.query(page=str(number)))}">{html(view.words(name))}</a>'
        for name, number in around.items()
        if 1 <= number <= shown.pages
    }
    where = html(view.words("page_of", page=shown.number, pages=shown.pages))
    newer, older = links.get("newer", "<span></span>"), links.get("older", "<span></span>")
    return Html(f'<p class="pager">{newer}<span class="soft">{where}</span>{older}</p>')
