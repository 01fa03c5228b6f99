"""How a chat page gets its config and ticket, as pages and their visitors see it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import jwt
import pytest

from chalicelib.access import api_key, secret_text, signed_visitor, ticket
from chalicelib.access.api_key import ApiKey
from chalicelib.access.personas import Personas
from chalicelib.channels.web.config import TICKETS_AN_HOUR, TICKETS_OF_A_SITE, ChatConfig, IssuedConfig
from chalicelib.content import persona
from chalicelib.errors import BadRequest, ConfigError, InvalidToken, RateLimited, UnknownKey, WrongOrigin
from chalicelib.ids import KeyId
from tests.fakes.adapters import FakeClock
from tests.fakes.api_keys import FakeApiKeys, FakeTickets
from tests.fakes.memory import Memory
from tests.fakes.personas import FakePersonaTexts

SECRET = "the ticket key, of thirty-two characters"
OWN, PAGE, ELSEWHERE = "https://bot.example", "https://shop.example", "https://elsewhere.example"
SOCKET = "wss://sockets.example/dev"
HOME, WORK = "192.0.2.1", "192.0.2.2"
SHOP, BLOG = "shopshopsh", "blogblogbl"


@dataclass
class Site:
    """A bot with two keys: the shop's, and that of a blog."""

    memory: Memory = field(default_factory=Memory)
    clock: FakeClock = field(default_factory=FakeClock)
    ids: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        for name in (SHOP, BLOG):
            key = ApiKey(
                KeyId(name), name, "0" * 64, "web", created_at=self.clock(), daily_messages=20, origins=(PAGE,)
            )
            FakeApiKeys(self.memory).create(key)

    @property
    def visitors(self) -> ChatConfig:
        return ChatConfig(
            keys=FakeApiKeys(self.memory),
            tickets=FakeTickets(self.memory),
            personas=Personas(FakePersonaTexts(self.memory)),
            ticket_key=lambda: SECRET,
            own_origin=lambda: OWN,
            websocket_url=lambda: SOCKET,
            new_id=lambda: f"visitor-{next(self.ids)}",
            clock=self.clock,
        )

    def comes(
        self,
        key: str = SHOP,
        *,
        origin: str = PAGE,
        address: str = HOME,
        bearer: str = "",
        site: str = "",
        mode: str = "",
        signed: str = "",
    ) -> IssuedConfig:
        return self.visitors.issue(
            key, origin=origin, address=address, bearer=bearer, site=site, mode=mode, signed=signed
        )

    def signs(self, customer: str, key: str = SHOP, **changed: Any) -> str:
        """Return a token in which the site of a key says who its visitor is, good for ten minutes."""
        secret = signed_visitor.secret_of(self.memory.keys[KeyId(key)], ticket_key=SECRET)
        claims = {"sub": customer, "aud": key, "exp": self.clock() // 1000 + 600, **changed}
        return jwt.encode(claims, secret, algorithm="HS256")

    def rules(self, key: str = SHOP) -> str:
        """Return the Content-Security-Policy of the chat page."""
        return self.visitors.page(key).headers["Content-Security-Policy"]

    def who(self, config: IssuedConfig) -> str:
        return ticket.read(config.ticket, secret=SECRET, now=self.clock()).visitor

    def becomes(self, name: str = SHOP, **values: Any) -> None:
        """Change fields of a key."""
        self.memory.keys[KeyId(name)] = replace(self.memory.keys[KeyId(name)], **values)


@pytest.fixture
def site() -> Site:
    return Site()


# What a page is told.


def test_the_config_has_the_url_the_ticket_and_the_persona(site: Site):
    config = site.comes()
    web = persona.load("web")
    assert config.as_json() == {
        "websocket_url": SOCKET,
        "ticket": config.ticket,
        "address_ticket": config.address_ticket,
        "expires_in": 300,
        "persona": web.public(),
        "limit": 20,
    }


def test_the_ticket_is_valid_for_the_key(site: Site):
    shown = ticket.read(site.comes().ticket, secret=SECRET, now=site.clock())
    assert (shown.key, shown.visitor) == (SHOP, "visitor-0")


def test_the_ticket_for_an_address_is_of_the_same_visitor_and_for_nothing_else(site: Site):
    config = site.comes()
    shown = ticket.read_from_address(config.address_ticket, secret=SECRET, now=site.clock())
    assert (shown.key, shown.visitor) == (SHOP, site.who(config))
    with pytest.raises(InvalidToken):
        ticket.read(config.address_ticket, secret=SECRET, now=site.clock())


@pytest.mark.parametrize("minutes", [0, 4, 6, 29 * 24 * 60])
def test_a_ticket_for_an_address_renews_nothing(site: Site, minutes: int):
    first = site.comes()
    who = site.who(first)
    site.clock.tick(minutes=minutes)
    assert site.who(site.comes(bearer=first.address_ticket)) != who
    assert site.who(site.comes(bearer=first.ticket)) == who


def test_without_a_limit_the_config_has_none(site: Site):
    site.becomes(daily_messages=None, persona="assistant")
    told = site.comes().as_json()
    assert "limit" not in told
    assert told["persona"].keys() == {"name"}


def test_a_limit_of_zero_is_a_limit(site: Site):
    site.becomes(daily_messages=0)
    assert site.comes().as_json()["limit"] == 0


def test_no_repr_shows_the_ticket(site: Site):
    config = site.comes()
    assert not any(made in repr(config) for made in (config.ticket, config.address_ticket))
    assert SECRET not in repr(site.visitors)


# Which pages, which keys.


@pytest.mark.parametrize("origin", [PAGE, PAGE.upper(), OWN, ""])
def test_the_keys_origins_the_bots_own_and_programs_get_a_ticket(site: Site, origin: str):
    assert site.comes(origin=origin).ticket


@pytest.mark.parametrize("origin", [ELSEWHERE, "null", "http://shop.example", f"{PAGE}.evil.example"])
def test_another_origin_gets_no_ticket_and_uses_up_none(site: Site, origin: str):
    with pytest.raises(WrongOrigin):
        site.comes(origin=origin)
    assert site.memory.tickets == {}


@pytest.mark.parametrize("from_where", ["cross-site", "same-site", "something new"])
@pytest.mark.parametrize("mode", ["no-cors", "navigate", "websocket", ""])
def test_another_page_that_cannot_read_the_ticket_uses_up_none(site: Site, from_where: str, mode: str):
    """Such as one with an image of that address: then browsers send no `Origin`."""
    site.becomes(origins=("*",))
    with pytest.raises(WrongOrigin, match="could not read"):
        site.comes(origin="", site=from_where, mode=mode)
    assert site.memory.tickets == {}


@pytest.mark.parametrize(
    ("from_where", "mode", "origin"),
    [
        ("same-origin", "cors", ""),
        ("same-origin", "same-origin", ""),
        ("cross-site", "cors", PAGE),
        ("same-site", "cors", PAGE),
        ("none", "navigate", ""),
    ],
)
def test_a_page_that_can_read_the_ticket_and_a_typed_address_get_one(
    site: Site, from_where: str, mode: str, origin: str
):
    assert site.comes(site=from_where, mode=mode, origin=origin).ticket


def test_a_key_for_any_origin_is_valid_on_each(site: Site):
    site.becomes(origins=("*",))
    assert site.comes(origin=ELSEWHERE).ticket


@pytest.mark.parametrize(
    "key", ["", "nobodynobo", SHOP.upper(), f"{SHOP}\n", "x" * 5000, "../keys", "\ud800", "٣" * 10]
)
def test_an_unknown_key_is_refused(site: Site, key: str):
    with pytest.raises(UnknownKey):
        site.comes(key)


def test_a_text_that_cannot_be_a_key_id_is_not_looked_up(site: Site):
    site.becomes(id=KeyId("x" * 5000))
    site.memory.keys[KeyId("x" * 5000)] = site.memory.keys[KeyId(SHOP)]
    with pytest.raises(UnknownKey):
        site.comes("x" * 5000)


def test_a_revoked_key_issues_no_ticket(site: Site):
    FakeApiKeys(site.memory).revoke(KeyId(SHOP), now=site.clock())
    with pytest.raises(UnknownKey):
        site.comes()
    assert site.comes(BLOG).ticket


def test_an_expired_key_issues_no_ticket(site: Site):
    site.becomes(expires_at=site.clock() + 1000)
    assert site.comes().ticket
    site.clock.tick(seconds=1)
    with pytest.raises(UnknownKey):
        site.comes()


# Who somebody is.


def test_each_request_without_a_ticket_is_a_new_visitor(site: Site):
    assert site.who(site.comes()) != site.who(site.comes())


@pytest.mark.parametrize("days", [0, 1, 29.99])
def test_a_visitor_who_sends_the_last_ticket_stays_the_same(site: Site, days: float):
    first = site.comes()
    who = site.who(first)
    site.clock.tick(days=days)
    assert site.who(site.comes(bearer=first.ticket)) == who


def test_a_visitor_who_returns_every_month_stays_the_same(site: Site):
    last = site.comes()
    who = site.who(last)
    for _ in range(12):
        site.clock.tick(days=29)
        last = site.comes(bearer=last.ticket)
    assert site.who(last) == who


def test_after_thirty_days_a_ticket_makes_a_new_visitor(site: Site):
    first = site.comes()
    who = site.who(first)
    site.clock.tick(days=30)
    assert site.who(site.comes(bearer=first.ticket)) != who


def test_a_ticket_of_another_key_makes_a_new_visitor(site: Site):
    blogs = site.comes(BLOG)
    assert site.who(site.comes(SHOP, bearer=blogs.ticket)) != site.who(blogs)


@pytest.mark.parametrize("bearer", ["x", "Basic eDp5", "a.b.c", "\ud800", "é"])
def test_an_invalid_ticket_makes_a_new_visitor_and_no_error(site: Site, bearer: str):
    assert site.who(site.comes(bearer=bearer)) == "visitor-0"


def test_a_forged_ticket_makes_a_new_visitor(site: Site):
    forged = ticket.mint(KeyId(SHOP), "anna", secret="a guess of thirty-two characters!", now=site.clock())
    assert site.who(site.comes(bearer=forged)) == "visitor-0"


# Who somebody is, told by the site.


def test_a_customer_of_the_site_is_the_same_visitor_on_each_device(site: Site):
    phone = site.comes(signed=site.signs("anna"), address=HOME)
    computer = site.comes(signed=site.signs("anna"), address=WORK)
    assert site.who(phone) == site.who(computer)
    assert site.who(phone) != site.who(site.comes(signed=site.signs("bert")))


def test_another_keys_customer_of_the_same_id_is_another_person(site: Site):
    shops, blogs = site.comes(signed=site.signs("anna")), site.comes(BLOG, signed=site.signs("anna", BLOG))
    assert site.who(shops) != site.who(blogs)


def test_the_sites_id_of_a_customer_is_not_in_the_ticket_and_not_stored(site: Site):
    config = site.comes(signed=site.signs("anna@example.org"))
    assert "anna" not in site.who(config)
    assert "anna" not in str(site.memory)


def test_a_token_that_is_not_accepted_makes_nobody_else_of_its_bearer(site: Site):
    """Not a new visitor, and not the one of the last ticket: the page must not show what another one wrote."""
    forged = jwt.encode({"sub": "anna", "aud": SHOP, "exp": site.clock() // 1000 + 600}, SECRET, algorithm="HS256")
    mine = site.comes().ticket
    for wrong in (forged, site.signs("anna", BLOG), site.signs("anna", exp=site.clock() // 1000), "x"):
        with pytest.raises(InvalidToken):
            site.comes(signed=wrong, bearer=mine)
    assert sum(site.memory.tickets.values()) == 1


def test_who_is_named_by_the_site_is_not_who_the_last_ticket_names(site: Site):
    anonymous = site.comes()
    assert site.who(site.comes(signed=site.signs("anna"), bearer=anonymous.ticket)) != site.who(anonymous)


def test_a_ticket_of_a_named_visitor_renews_nothing(site: Site):
    """Otherwise a token of ten minutes would be good for ever."""
    anna = site.comes(signed=site.signs("anna"))
    assert site.who(site.comes(bearer=anna.ticket)) == "visitor-0"


def test_no_ticket_of_a_named_visitor_outlives_the_rotation_of_the_secret(site: Site):
    before = site.signs("anna")
    site.becomes(generation=2)
    with pytest.raises(InvalidToken):
        site.comes(signed=before)
    assert site.comes(signed=site.signs("anna")).ticket


@pytest.mark.parametrize("origin", [ELSEWHERE, "null"])
def test_a_signature_opens_no_other_origin(site: Site, origin: str):
    with pytest.raises(WrongOrigin):
        site.comes(signed=site.signs("anna"), origin=origin)


def test_seventy_five_customers_behind_one_address_are_all_let_in(site: Site):
    customers = {site.who(site.comes(signed=site.signs(f"customer-{number}"))) for number in range(75)}
    assert len(customers) == 75


def test_one_customer_gets_at_most_sixty_tickets_an_hour_from_wherever(site: Site):
    for number in range(TICKETS_AN_HOUR):
        site.comes(signed=site.signs("anna"), address=f"192.0.2.{number}")
    with pytest.raises(RateLimited):
        site.comes(signed=site.signs("anna"))
    assert site.comes(signed=site.signs("bert")).ticket
    assert site.comes().ticket


# Tickets that the site's server asks for.


HOLDERS = f"parley_{SHOP}_{'x' * 43}"


@pytest.fixture
def server(site: Site) -> Site:
    """The shop's server has the shop's key."""
    site.becomes(digest=secret_text.digest("x" * 43))
    return site


def test_the_sites_server_gets_a_ticket_for_the_customer_it_names(server: Site):
    given = server.visitors.issue_to_site(HOLDERS, {"visitor": "anna@example.org"})
    read = ticket.read(given.ticket, secret=SECRET, now=server.clock())
    assert (read.key, read.visitor) == (SHOP, given.visitor)
    assert given.as_json().keys() == {
        *("websocket_url", "ticket", "address_ticket", "expires_in", "persona", "limit", "visitor"),
    }
    assert "anna" not in f"{given.as_json()} {server.memory}"


def test_it_is_the_same_person_as_in_the_sites_token(server: Site):
    given = server.visitors.issue_to_site(HOLDERS, {"visitor": "anna"})
    assert given.visitor == server.who(server.comes(signed=server.signs("anna")))
    assert given.visitor != server.visitors.issue_to_site(HOLDERS, {"visitor": "bert"}).visitor


def test_a_page_is_not_told_the_name_of_its_visitor(site: Site):
    assert "visitor" not in site.comes(signed=site.signs("anna")).as_json()


def test_seventy_five_customers_get_tickets_from_one_server_and_their_pages_too(server: Site):
    for number in range(75):
        assert server.visitors.issue_to_site(HOLDERS, {"visitor": f"customer-{number}"}).ticket
    assert server.comes().ticket


def test_for_one_customer_it_gets_at_most_sixty_an_hour(server: Site):
    for _ in range(TICKETS_AN_HOUR):
        server.visitors.issue_to_site(HOLDERS, {"visitor": "anna"})
    with pytest.raises(RateLimited):
        server.visitors.issue_to_site(HOLDERS, {"visitor": "anna"})
    assert server.visitors.issue_to_site(HOLDERS, {"visitor": "bert"}).ticket


@pytest.mark.slow
def test_for_all_customers_of_a_key_it_gets_ten_thousand_an_hour(server: Site):
    for number in range(TICKETS_OF_A_SITE):
        server.visitors.issue_to_site(HOLDERS, {"visitor": f"customer-{number}"})
    with pytest.raises(RateLimited):
        server.visitors.issue_to_site(HOLDERS, {"visitor": "anna"})
    assert server.comes(signed=server.signs("anna")).ticket
    server.clock.tick(hours=1)
    assert server.visitors.issue_to_site(HOLDERS, {"visitor": "anna"}).ticket
    assert TICKETS_OF_A_SITE == 10_000


@pytest.mark.parametrize(
    "wrong", ["", "x", SHOP, HOLDERS.upper(), HOLDERS[:-1] + "y", HOLDERS.replace(SHOP, BLOG), "Bearer", "\ud800"]
)
def test_without_the_whole_key_there_is_no_ticket(server: Site, wrong: str):
    with pytest.raises(InvalidToken):
        server.visitors.issue_to_site(wrong, {"visitor": "anna"})
    assert server.memory.tickets == {}


@pytest.mark.parametrize("gone", [{"revoked_at": 1}, {"expires_at": 1}])
def test_a_key_that_is_valid_no_longer_gets_none(server: Site, gone: dict[str, Any]):
    server.becomes(**gone)
    with pytest.raises(InvalidToken):
        server.visitors.issue_to_site(HOLDERS, {"visitor": "anna"})


@pytest.mark.parametrize("wish", [{}, {"visitor": ""}, {"visitor": 17}, {"visitor": None}, {"visitor": "x" * 256},
                                  {"visitor": "\ud800"}, {"sub": "anna"}, {"visitor": ["anna"]}])  # fmt: skip
def test_a_customer_who_cannot_be_meant_gets_none(server: Site, wish: dict[str, Any]):
    with pytest.raises(BadRequest, match="visitor must be a text of 1 to 255 characters"):
        server.visitors.issue_to_site(HOLDERS, wish)
    assert server.memory.tickets == {}


# How many.


def test_an_address_gets_at_most_sixty_tickets_an_hour(site: Site):
    for _ in range(TICKETS_AN_HOUR):
        site.comes()
    with pytest.raises(RateLimited):
        site.comes()
    assert TICKETS_AN_HOUR == 60


def test_requests_with_an_old_ticket_count_too(site: Site):
    last = site.comes()
    for _ in range(TICKETS_AN_HOUR - 1):
        last = site.comes(bearer=last.ticket)
    with pytest.raises(RateLimited):
        site.comes(bearer=last.ticket)


def test_another_address_or_key_or_hour_is_counted_separately(site: Site):
    for _ in range(TICKETS_AN_HOUR):
        site.comes()
    assert site.comes(address=WORK).ticket
    assert site.comes(BLOG).ticket
    site.clock.tick(hours=1)
    assert site.comes().ticket


def test_only_a_keyed_hash_of_an_address_is_stored(site: Site):
    site.comes()
    site.comes(address=WORK)
    stored = {address for _, _, address in site.memory.tickets}
    assert len(stored) == 2
    assert all(len(address) == 64 and HOME not in address for address in stored)
    other = replace(site.visitors, ticket_key=lambda: SECRET[::-1])
    other.issue(SHOP, origin=PAGE, address=HOME, bearer="")
    assert len(site.memory.tickets) == 3


# The chat page itself.


def test_the_chat_page_may_connect_to_the_websocket_and_be_embedded_by_the_keys_origins_only(site: Site):
    assert "connect-src 'self' wss://sockets.example; img-src" in site.rules()
    assert f"frame-ancestors 'self' {PAGE};" in site.rules()
    site.becomes(origins=("*",))
    assert "frame-ancestors 'self' *;" in site.rules()


def test_the_chat_page_of_an_unknown_key_may_be_embedded_anywhere(site: Site):
    FakeApiKeys(site.memory).revoke(KeyId(SHOP), now=site.clock())
    for key in (SHOP, "nobodynobo", ""):
        assert "frame-ancestors 'self' *;" in site.rules(key)


def test_where_people_can_sign_in_the_page_offers_it_with_a_key_or_without_one(site: Site):
    pages = replace(site.visitors, sign_in=True)
    offered = {key: "data-sign-in" in pages.page(key).content for key in (SHOP, "nobodynobo", "")}
    assert offered == {SHOP: True, "nobodynobo": False, "": True}
    assert "data-sign-in" not in site.visitors.page(SHOP).content


def test_a_page_that_only_those_who_sign_in_can_use_may_be_embedded_by_no_other(site: Site):
    policy = replace(site.visitors, sign_in=True).page("").headers["Content-Security-Policy"]
    assert "frame-ancestors 'self';" in policy


def test_without_its_own_address_the_bot_raises_what_is_missing(site: Site):
    def missing() -> str:
        raise ConfigError("the SSM parameter /parley/dev/websocket-url is missing")

    with pytest.raises(ConfigError):
        replace(site.visitors, websocket_url=missing).issue(SHOP, origin=PAGE, address=HOME, bearer="")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        (
            "https://Abc.execute-api.eu-central-1.amazonaws.com/dev/webhook",
            "https://abc.execute-api.eu-central-1.amazonaws.com",
        ),
        ("http://127.0.0.1:8000/webhook", "http://127.0.0.1:8000"),
        ("wss://x.example", "wss://x.example"),
        ("", ""),
        ("webhook", ""),
    ],
)
def test_the_origin_of_an_address_is_parsed(url: str, origin: str):
    assert api_key.origin_of(url) == origin
