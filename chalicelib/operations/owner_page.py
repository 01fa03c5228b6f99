"""The owner's page: who may see it, and which view a request gets. The views are in `page_*`.

Nothing here shows the words of people, but for the view that the owner has to ask for, which is noted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from chalicelib.access import owner_session
from chalicelib.access.ports import ApiKeys
from chalicelib.clock import Clock
from chalicelib.content import owner_html, text
from chalicelib.content.owner_html import Html, Words, fill
from chalicelib.content.page import HtmlPage
from chalicelib.errors import UnknownPerson
from chalicelib.ids import KeyId
from chalicelib.operations.owner_sign_in import OwnerSignIn, Visit
from chalicelib.operations.owner_view import View
from chalicelib.operations.page_bot import BotView
from chalicelib.operations.page_money import MoneyView
from chalicelib.operations.page_people import PeopleView
from chalicelib.operations.page_person import PersonView
from chalicelib.operations.page_today import TodayView
from chalicelib.settings.languages import preferred
from chalicelib.settings.stage import Settings

SAID: Final = ("saved", "wrong_number")
"""The texts about what a form did."""


@dataclass(frozen=True)
class FormSent:
    """A form that a browser sent, and what says whether it is one of ours."""

    fields: Mapping[str, str]
    host: str
    origin: str
    site: str
    """`Sec-Fetch-Site`."""

    @property
    def is_own(self) -> bool:
        """Whether it came from a page of this host."""
        return owner_session.is_own_form(host=self.host, origin=self.origin, site=self.site)

    def is_of(self, visit: Visit) -> bool:
        """Whether it came from a page of this visit."""
        code = self.fields.get("form", "")
        return self.is_own and owner_session.is_form_code(code, cookie=visit.cookie)


@dataclass(frozen=True)
class OwnerPage:
    """Answers the requests of owners' browsers. `up` leads from the request's address to the REST API's.

    All methods raise StoreError.
    """

    sign_in: OwnerSignIn
    today: TodayView
    people: PeopleView
    person: PersonView
    money: MoneyView
    bot: BotView
    keys: ApiKeys
    settings: Settings
    bot_name: Callable[[], str]
    clock: Clock
    language: str

    def speaking(self, header: str) -> "OwnerPage":
        """Return the page in the first language of an `Accept-Language` header that it has, else the deployment's."""
        return replace(self, language=preferred(header, self.settings.language))

    @property
    def words(self) -> Words:
        """The words of the page."""
        return owner_html.words(self.language)

    @staticmethod
    def sent(fields: Mapping[str, str], *, host: str, origin: str, site: str) -> FormSent:
        """Return a form as a browser sent it."""
        return FormSent(fields, host, origin, site)

    def offer(self, link: str, *, up: str) -> HtmlPage:
        """Return the page with the button that opens the link; this does not use the link up."""
        if not self.sign_in.is_open(link):
            return self.gone(up=up)
        enter = fill("enter", self.words)
        return self._alone("enter", self.words("enter_heading"), enter, up=up)

    def gone(self, *, up: str) -> HtmlPage:
        """Return the page for a link that does not work; all look alike."""
        return self._alone("gone", self.words("gone_title"), self._how(), up=up, status=HTTPStatus.NOT_FOUND)

    def signed_out(self, *, up: str) -> HtmlPage:
        """Return the page for a browser in which no owner is signed in."""
        return self._alone("out", self.words("out_title"), self._how(), up=up, status=HTTPStatus.FORBIDDEN)

    def wrong_form(self, *, up: str) -> HtmlPage:
        """Return the page that says that a form was not accepted."""
        return self._alone("wrong", self.words("wrong_title"), self._back(up), up=up, status=HTTPStatus.FORBIDDEN)

    def failed(self, *, up: str) -> HtmlPage:
        """Return the page that says that the table cannot be read."""
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return self._alone("failed", self.words("failed_title"), self._back(up), up=up, status=status)

    def show_today(self, visit: Visit, *, up: str) -> HtmlPage:
        """Return the first view."""
        return self.today.page(self._view(visit, up), self._key_names())

    def show_people(self, visit: Visit, query: Mapping[str, str], *, up: str) -> HtmlPage:
        """Return the list of people that a query asks for."""
        return self.people.page(self._view(visit, up), self._key_names(), query)

    def show_person(self, visit: Visit, name: str, *, up: str, said: str = "") -> HtmlPage:
        """Return one person; `said` is one of SAID, or nothing."""
        said = said if said in SAID else ""
        return self._about(lambda view: self.person.page(view, self._key_names(), name, said=said), visit, up)

    def show_words(self, visit: Visit, name: str, *, up: str) -> HtmlPage:
        """Return one person with their words, and store that they were read."""
        return self._about(lambda view: self.person.read(view, self._key_names(), name), visit, up)

    def decide(self, name: str, form: FormSent) -> str:
        """Carry out a decision about a person; return which of SAID says so. Raises UnknownPerson."""
        return self.person.decide(name, form.fields)

    def show_money(self, visit: Visit, query: Mapping[str, str], *, up: str) -> HtmlPage:
        """Return the report of a period."""
        return self.money.page(self._view(visit, up), text.load(self.language), query)

    def show_bot(self, visit: Visit, *, up: str) -> HtmlPage:
        """Return the bot with its keys and settings."""
        return self.bot.page(self._view(visit, up), list(self.keys.list()))

    def missing(self, *, up: str) -> HtmlPage:
        """Return the page that says that there is no such person."""
        return self._alone("missing", self.words("missing_title"), self._back(up), up=up, status=HTTPStatus.NOT_FOUND)

    def _about(self, draw: Callable[[View], HtmlPage], visit: Visit, up: str) -> HtmlPage:
        try:
            return draw(self._view(visit, up))
        except UnknownPerson:
            return self.missing(up=up)

    def _view(self, visit: Visit, up: str) -> View:
        zone = self.settings.limits.zone
        return View(visit, self.words, up, zone, self.clock(), self.bot_name(), self.settings.stage.name)

    def _key_names(self) -> Mapping[KeyId, str]:
        return {key.id: key.name for key in self.keys.list()}

    def _how(self) -> Html:
        command = f"scripts/parley owner open --stage {self.settings.stage.name}"
        words = owner_html.html(self.words("out_how"))
        return Html(f"<p>{words}</p><p><code>{owner_html.html(command)}</code></p>")

    def _back(self, up: str) -> Html:
        return Html(f'<p><a class="main-button" href="{up}owner">{owner_html.html(self.words("back"))}</a></p>')

    def _alone(self, name: str, heading: str, more: Html, *, up: str, status: HTTPStatus = HTTPStatus.OK) -> HtmlPage:
        body = fill("alone", self.words, heading=heading, lead=self.words(f"{name}_lead"), more=more)
        title = self.words(f"{name}_title")
        return owner_html.page(body, title=title, words=self.words, up=up, status=status.value)
