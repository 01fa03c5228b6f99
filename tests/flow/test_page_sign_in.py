"""How a chat page signs a person in, as the page, the window and strangers see it."""

import io
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.access.page_sign_in import slot_of
from chalicelib.channels.web.page_sign_in import SIGN_INS_AN_HOUR, PageSignIn
from chalicelib.content import persona
from chalicelib.content.assets import Asset
from chalicelib.errors import BadRequest, InvalidToken, IssuerUnavailable, RateLimited, UnknownKey
from chalicelib.log import Log
from tests.fakes.adapters import FakeClock
from tests.fakes.api_keys import FakeTickets
from tests.fakes.handovers import FakeHandovers
from tests.fakes.memory import Memory

SECRET, VERIFIER, OTHER = "s" * 43, "v" * 43, "o" * 43
STATE = f"{slot_of(SECRET)}.shopshopsh."
HOME, WORK = "192.0.2.1", "192.0.2.2"


@dataclass
class Issuer:
    """Gives a token for each code but `wrong`, and remembers what it was asked."""

    asked: list[tuple[str, str, str]] = field(default_factory=list)
    is_there: bool = True

    def authorization_endpoint(self) -> str:
        if not self.is_there:
            raise IssuerUnavailable("no answer")
        return "https://issuer.example/authorize"

    def exchange(self, code: str, *, verifier: str, callback: str) -> str:
        self.asked.append((code, verifier, callback))
        if not self.is_there:
            raise IssuerUnavailable("no answer")
        if code == "wrong":
            raise InvalidToken("the issuer refused the code")
        return f"token for {code}"


@dataclass
class Site:
    issuer: Issuer = field(default_factory=Issuer)
    memory: Memory = field(default_factory=Memory)
    clock: FakeClock = field(default_factory=FakeClock)
    client: str | None = "parley"
    logged: io.StringIO = field(default_factory=io.StringIO)

    @property
    def sign_in(self) -> PageSignIn:
        return PageSignIn(
            client=self.client,
            issuer=lambda: self.issuer,
            handovers=FakeHandovers(self.memory),
            tickets=FakeTickets(self.memory),
            ticket_key=lambda: "the ticket key, of thirty-two characters",
            api_url=lambda: "https://bot.example/dev/",
            websocket_url=lambda: "wss://sockets.example/dev",
            persona=lambda: persona.load("web"),
            clock=self.clock,
            log=Log(lambda: "key", "dev", stream=lambda: self.logged),
        )

    def leaves(self, *, site: str = "same-origin", **wish: str) -> Asset:
        query = {"state": STATE, "challenge": OTHER, "nonce": OTHER, **wish}
        return self.sign_in.leave(query, site=site)

    def asks(self, address: str = HOME, **body: Any) -> str | None:
        return self.sign_in.token({"verifier": VERIFIER, **body}, address=address)


def test_a_page_of_the_bots_own_is_led_to_the_issuer():
    page = Site().leaves()
    assert page.status == 200
    assert 'data-address="https://issuer.example/authorize?response_type=code&amp;client_id=parley&amp;' in page.content
    assert "redirect_uri=https%3A%2F%2Fbot.example%2Fdev%2Fchat%2Fsigned-in" in page.content
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
def test_a_link_of_another_page_to_the_issuer_leads_nowhere(site: str):
    """Whoever could send a person there with a state of their own would get that person's code."""
    page = Site().leaves(site=site)
    assert (page.status, "issuer.example" in page.content) == (403, False)


def test_a_hostile_query_changes_nothing_on_the_page():
    page = Site().leaves(state=f'{slot_of(SECRET)}..x"><script>')
    assert (page.status, "<script>" in page.content) == (200, False)
    assert Site().leaves(nonce='"><script>').status == 400


def test_an_issuer_out_of_reach_is_said_on_the_page_and_to_the_owner():
    site = Site(Issuer(is_there=False))
    page = site.leaves()
    assert (page.status, 'data-trouble="sign_in_unavailable"' in page.content) == (503, True)
    assert '"stage":"sign_in"' in site.logged.getvalue().replace(": ", ":")


def test_after_a_sign_out_the_issuer_asks_for_the_password():
    assert "prompt=login" in Site().leaves(again="1").content
    assert "prompt=login" not in Site().leaves().content


def test_a_tab_exchanges_its_code_itself():
    site = Site()
    assert site.asks(code="c1") == "token for c1"
    assert site.issuer.asked == [("c1", VERIFIER, "https://bot.example/dev/chat/signed-in")]


def test_a_frame_gets_what_its_window_handed_over_once():
    site = Site()
    assert site.asks(secret=SECRET) is None
    site.sign_in.put({"slot": slot_of(SECRET), "code": "c1"})
    assert site.asks(secret=OTHER) is None
    assert site.asks(secret=SECRET) == "token for c1"
    assert site.asks(secret=SECRET) is None


def test_who_knows_only_the_slot_gets_nothing():
    site = Site()
    site.sign_in.put({"slot": slot_of(SECRET), "code": "c1"})
    assert site.asks(secret=slot_of(SECRET)) is None
    assert site.asks(secret=SECRET) == "token for c1"


def test_what_was_handed_over_is_not_replaced():
    site = Site()
    for code in ("c1", "c2"):
        site.sign_in.put({"slot": slot_of(SECRET), "code": code})
    assert site.asks(secret=SECRET) == "token for c1"


def test_a_code_is_gone_after_five_minutes():
    site = Site()
    site.sign_in.put({"slot": slot_of(SECRET), "code": "c1"})
    site.clock.tick(minutes=5)
    assert site.asks(secret=SECRET) is None
    assert site.issuer.asked == []


@pytest.mark.parametrize("body", [{"slot": slot_of(SECRET)}, {"slot": slot_of(SECRET), "code": ""}])
def test_a_person_who_did_not_sign_in_is_told_in_the_frame(body: dict[str, str]):
    site = Site()
    site.sign_in.put(body)
    with pytest.raises(InvalidToken, match="has not signed in"):
        site.asks(secret=SECRET)
    assert site.issuer.asked == []


def test_a_refused_code_and_a_silent_issuer_are_told_apart():
    with pytest.raises(InvalidToken):
        Site().asks(code="wrong")
    site = Site(Issuer(is_there=False))
    with pytest.raises(IssuerUnavailable):
        site.asks(code="c1")
    assert "IssuerUnavailable" in site.logged.getvalue()
    assert "c1" not in site.logged.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": ""},
        {"code": 7},
        {"code": "a b"},
        {"secret": "short"},
        {"secret": None},
        {"verifier": "x", "code": "c1"},
        {"verifier": None, "code": "c1"},
    ],
)
def test_a_request_that_no_page_makes_is_refused_before_the_issuer_is_asked(body: dict[str, Any]):
    site = Site()
    with pytest.raises(BadRequest):
        site.asks(**body)
    assert site.issuer.asked == []


@pytest.mark.parametrize("body", [{}, {"slot": "x"}, {"slot": SECRET, "code": "a b"}, {"slot": SECRET, "code": 7}])
def test_a_hand_over_that_no_page_makes_is_not_stored(body: dict[str, object]):
    site = Site()
    with pytest.raises(BadRequest):
        site.sign_in.put(body)
    assert site.memory.handovers == {}


def test_one_address_cannot_make_the_bot_ask_the_issuer_without_end():
    site = Site()
    for _ in range(SIGN_INS_AN_HOUR):
        site.asks(code="c1")
    with pytest.raises(RateLimited):
        site.asks(code="c1")
    assert site.asks(WORK, code="c1")
    assert len(site.issuer.asked) == SIGN_INS_AN_HOUR + 1


def test_a_page_without_a_key_learns_where_to_connect_and_gets_no_ticket():
    config = Site().sign_in.config()
    assert (config["websocket_url"], set(config)) == ("wss://sockets.example/dev", {"websocket_url", "persona"})


def test_without_an_issuer_nothing_of_this_is_there():
    site = Site(client=None)
    with pytest.raises(UnknownKey):
        site.sign_in.config()
    with pytest.raises(BadRequest):
        site.asks(code="c1")
    assert site.leaves().status == 403
    assert site.issuer.asked == []


def test_without_an_issuer_strangers_can_leave_nothing_in_the_table():
    site = Site(client=None)
    with pytest.raises(BadRequest):
        site.sign_in.put({"slot": slot_of(SECRET), "code": "anything"})
    assert FakeHandovers(site.memory).take(slot_of(SECRET), now=site.clock()) is None
