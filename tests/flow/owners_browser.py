"""An owner's browser: opens links, keeps the cookie, and looks at the owner's page of a bot over fakes."""

import re
from dataclasses import dataclass, field
from html import unescape
from itertools import count

from chalicelib.access import owner_session
from chalicelib.bootstrap import owner_page
from chalicelib.content.page import HtmlPage
from chalicelib.ids import PersonId
from chalicelib.operations.owner_link import OwnerLinks
from chalicelib.operations.owner_page import FormSent, OwnerPage
from chalicelib.operations.owner_sign_in import Visit
from tests.fakes.checkups import FakeCheckups
from tests.fakes.owner_sessions import FakeOwnerSessions
from tests.flow.bot import Bot

HOST = "bot.example"


@dataclass
class OwnersBrowser:
    """One browser."""

    bot: Bot
    cookie: str = ""
    random: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def sessions(self) -> FakeOwnerSessions:
        return FakeOwnerSessions(self.bot.memory)

    @property
    def page(self) -> OwnerPage:
        return owner_page.assemble(
            self.bot.ports, self.sessions, FakeCheckups(self.bot.memory), random_bytes=self.random_bytes
        )

    def random_bytes(self, size: int) -> bytes:
        return next(self.random).to_bytes(size)

    def link(self, owner: PersonId | None = None) -> str:
        """The text of a new link, as a command or a chat gives it."""
        links = OwnerLinks(self.sessions, lambda: f"https://{HOST}/api", self.random_bytes, self.bot.clock)
        return links.mint(owner).rpartition("/")[2]

    def enters(self, owner: PersonId | None = None) -> "OwnersBrowser":
        self.cookie = self.page.sign_in.enter(self.link(owner))
        return self

    def another(self) -> "OwnersBrowser":
        """Another browser, in which the owner is signed in too."""
        return OwnersBrowser(self.bot, random=self.random).enters()

    def visit(self) -> Visit | None:
        return self.page.sign_in.visit(f"{owner_session.COOKIE}={self.cookie}")

    @property
    def visits(self) -> Visit:
        """The visit of an owner who is signed in."""
        found = self.visit()
        assert found
        return found

    def form(self, **fields: str) -> FormSent:
        """A form of the page, as its browser sends it."""
        return FormSent({"form": self.visits.form_code, **fields}, HOST, f"https://{HOST}", "same-origin")


def words(page: HtmlPage) -> str:
    """The visible text of the page, in one line."""
    body = page.html.partition("<body>")[2]
    return " ".join(unescape(re.sub("<[^>]+>", " ", body)).split())
