"""Who is let in to the web chat, by what they show."""

from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Final

import pytest

from chalicelib.access import api_key, identity, secret_text, ticket
from chalicelib.access.api_key import ApiKey
from chalicelib.access.authentication import Authenticator, Credentials, Rejected
from chalicelib.errors import IssuerUnavailable
from chalicelib.ids import KeyId, PersonId
from tests.fakes.adapters import NOON, FakeClock
from tests.fakes.api_keys import FakeApiKeys
from tests.fakes.id_tokens import FakeIdTokens

TICKET_KEY: Final = "the ticket key, of thirty-two characters"
OWN, PAGE, ELSEWHERE = "https://bot.example", "https://shop.example", "https://elsewhere.example"
NEW: Final = api_key.new(lambda size: bytes(range(size)))
OTHER: Final = api_key.new(lambda size: bytes(range(100, 100 + size)))
SHOP: Final = ApiKey(NEW.id, "Shop", secret_text.digest(NEW.secret), "web", created_at=NOON, origins=(PAGE,))


@dataclass
class Entrance:
    """The bot's web chat, with one key."""

    known: FakeApiKeys = field(default_factory=FakeApiKeys)
    tokens: FakeIdTokens | None = field(default_factory=lambda: FakeIdTokens({"annas-token": "anna"}))
    clock: FakeClock = field(default_factory=FakeClock)
    first_issuer: str | None = None
    asked_for_tokens: int = 0
    ids: "count[int]" = field(default_factory=count)

    def admission(self) -> Authenticator:
        return Authenticator(
            keys=self.known,
            id_token_verifier=self._tokens,
            first_issuer=lambda: self.first_issuer,
            ticket_keys=lambda: [TICKET_KEY],
            own_origin=lambda: OWN,
            clock=self.clock,
            new_id=lambda: f"new-{next(self.ids)}",
        )

    def _tokens(self) -> FakeIdTokens | None:
        self.asked_for_tokens += 1
        return self.tokens

    def lets_in(self, kind: Any, credential: str, *, visitor: str | None = None, origin: str = "") -> PersonId | str:
        """The person, or the code of what they are told."""
        found = self.admission().authenticate(Credentials(kind, credential, visitor), origin=origin)
        return found.code if isinstance(found, Rejected) else found.person

    def ticket(self, key: KeyId = NEW.id, *, secret: str = TICKET_KEY) -> str:
        return ticket.mint(key, "anna", secret=secret, now=self.clock())


@pytest.fixture
def entrance() -> Entrance:
    entrance = Entrance()
    entrance.known.create(SHOP)
    return entrance


@pytest.fixture(params=["apiKey", "ticket"])
def proof(request: pytest.FixtureRequest, entrance: Entrance) -> tuple[str, str]:
    return request.param, NEW.text if request.param == "apiKey" else entrance.ticket()


# With a key.


def test_the_holder_of_a_key_names_the_visitor(entrance: Entrance):
    assert entrance.lets_in("apiKey", NEW.text, visitor="anna") == identity.visitor(NEW.id, "anna")


def test_without_a_name_each_is_a_visitor_of_their_own(entrance: Entrance):
    people = [entrance.lets_in("apiKey", NEW.text) for _ in range(3)]
    assert people == [identity.visitor(NEW.id, f"new-{number}") for number in range(3)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        NEW.id,
        NEW.text[:-1],
        f"parley_{NEW.id}_{OTHER.secret}",
        OTHER.text,
        f"parley_{OTHER.id}_{NEW.secret}",
        NEW.text.upper(),
        f"parley_{NEW.id}_{secret_text.digest(NEW.secret)[:43]}",
    ],
)
def test_another_key_is_rejected(entrance: Entrance, text: str):
    assert entrance.lets_in("apiKey", text) == "auth_failed"


def test_an_unknown_key_and_a_wrong_secret_get_the_same_error(entrance: Entrance):
    admission = entrance.admission()
    told = {
        admission.authenticate(Credentials("apiKey", text, "-"), origin="")
        for text in (OTHER.text, f"parley_{NEW.id}_{OTHER.secret}", "nonsense")
    }
    assert len(told) == 1


def test_a_wrong_secret_reveals_nothing_about_the_key(entrance: Entrance):
    entrance.known.revoke(NEW.id, now=NOON)
    assert entrance.lets_in("apiKey", f"parley_{NEW.id}_{OTHER.secret}", origin=ELSEWHERE) == "auth_failed"


# With a ticket.


@pytest.mark.parametrize(
    ("generation", "rotations", "code"),
    [(None, 5, ""), (1, 0, ""), (1, 1, "auth_failed"), (2, 0, ""), (2, 1, ""), (2, 2, "auth_failed")],
)
def test_the_ticket_of_a_signed_visitor_is_refused_when_the_secret_is(
    entrance: Entrance, generation: int | None, rotations: int, code: str
):
    entrance.known.set_generation(NEW.id, 1 + rotations)
    shown = ticket.mint(NEW.id, "site-anna", secret=TICKET_KEY, now=entrance.clock(), generation=generation)
    assert entrance.lets_in("ticket", shown) == (code or identity.visitor(NEW.id, "site-anna"))


def test_a_ticket_says_who_comes_whatever_else_they_say(entrance: Entrance):
    assert entrance.lets_in("ticket", entrance.ticket(), visitor="bert") == identity.visitor(NEW.id, "anna")


def test_a_ticket_is_good_for_five_minutes(entrance: Entrance):
    shown = entrance.ticket()
    entrance.clock.tick(minutes=4.9)
    assert entrance.lets_in("ticket", shown) == identity.visitor(NEW.id, "anna")
    entrance.clock.tick(minutes=0.1)
    assert entrance.lets_in("ticket", shown) == "ticket_expired"


@pytest.mark.parametrize("text", ["", "nonsense", "a.b.c", NEW.text, "annas-token"])
def test_text_that_is_no_ticket_is_rejected(entrance: Entrance, text: str):
    assert entrance.lets_in("ticket", text) == "auth_failed"


def test_a_forged_ticket_is_rejected(entrance: Entrance):
    assert (
        entrance.lets_in("ticket", entrance.ticket(secret="somebody else's key of forty characters.")) == "auth_failed"
    )


def test_a_ticket_of_an_unknown_key_is_rejected(entrance: Entrance):
    assert entrance.lets_in("ticket", entrance.ticket(OTHER.id)) == "auth_failed"


# With either.


def test_a_revoked_key_lets_nobody_in(entrance: Entrance, proof: tuple[str, str]):
    entrance.known.revoke(NEW.id, now=NOON)
    assert entrance.lets_in(*proof) == "key_revoked"


def test_a_key_lets_people_in_until_it_expires(entrance: Entrance, proof: tuple[str, str]):
    entrance.known.memory.keys[NEW.id] = replace(SHOP, expires_at=NOON + 1)
    assert entrance.lets_in(*proof).startswith("web:")
    entrance.clock.now += 1
    assert entrance.lets_in(*proof) == "key_revoked"


@pytest.mark.parametrize("origin", ["", OWN, PAGE, PAGE.upper()])
def test_programs_and_the_keys_own_pages_are_let_in(entrance: Entrance, proof: tuple[str, str], origin: str):
    assert entrance.lets_in(*proof, origin=origin).startswith("web:")


@pytest.mark.parametrize("origin", [ELSEWHERE, "null", "http://shop.example", f"{PAGE}:8443", f"{PAGE}.evil.example"])
def test_other_pages_are_not_let_in(entrance: Entrance, proof: tuple[str, str], origin: str):
    assert entrance.lets_in(*proof, origin=origin) == "wrong_origin"


def test_a_spent_key_still_authenticates_so_that_its_users_get_the_notice(entrance: Entrance, proof: tuple[str, str]):
    entrance.known.memory.keys[NEW.id] = replace(SHOP, max_messages=1, used=1)
    assert entrance.lets_in(*proof).startswith("web:")


# With a token.


@pytest.mark.parametrize("origin", ["", PAGE, ELSEWHERE])
def test_an_id_token_is_accepted_from_any_page(entrance: Entrance, origin: str):
    assert entrance.lets_in("token", "annas-token", visitor="bert", origin=origin) == identity.signed_in("anna")


def test_people_of_the_first_issuer_keep_their_ids_and_those_of_another_are_others(entrance: Entrance):
    before = entrance.lets_in("token", "annas-token")
    entrance.first_issuer = "https://accounts.example.org"
    assert entrance.lets_in("token", "annas-token") == before == identity.signed_in("anna")
    people = {before}
    for issuer in ("https://login.example.org", "https://accounts.example.org/", "https://accounts.example.org:8443"):
        entrance.tokens = FakeIdTokens({"annas-token": "anna"}, issuer=issuer)
        people.add(PersonId(entrance.lets_in("token", "annas-token")))
    assert len(people) == 4
    entrance.tokens = FakeIdTokens({"annas-token": "anna"})
    assert entrance.lets_in("token", "annas-token") == before, "the first issuer is configured again"


def test_an_invalid_token_is_rejected_with_the_reason(entrance: Entrance):
    told = entrance.admission().authenticate(Credentials("token", "berts-token", "-"), origin="")
    assert told == Rejected("auth_failed", "the token is not signed by its issuer")


def test_without_an_issuer_every_token_is_rejected(entrance: Entrance):
    entrance.tokens = None
    assert entrance.lets_in("token", "annas-token") == "auth_failed"


def test_an_issuer_out_of_reach_says_nothing_of_the_token(entrance: Entrance):
    entrance.tokens = FakeIdTokens(out_of_reach=True)
    with pytest.raises(IssuerUnavailable):
        entrance.lets_in("token", "annas-token")


def test_without_a_token_the_verifier_is_not_loaded(entrance: Entrance, proof: tuple[str, str]):
    entrance.lets_in(*proof)
    assert entrance.asked_for_tokens == 0


# Secrets.


def test_no_secret_shows_by_accident(entrance: Entrance):
    shown = repr([entrance.admission(), entrance.known.get(NEW.id), Credentials("apiKey", NEW.text, "-"), NEW])
    assert "ticket_key" not in shown
    for secret in (NEW.secret, secret_text.digest(NEW.secret), TICKET_KEY):
        assert secret not in shown


@pytest.mark.parametrize("kind", ["apiKey", "ticket", "token"])
@pytest.mark.parametrize("origin", ["", ELSEWHERE])
def test_a_rejection_repeats_nothing_of_the_credentials(entrance: Entrance, kind: Any, origin: str):
    entrance.known.revoke(NEW.id, now=NOON)
    shown = {"apiKey": NEW.text, "ticket": entrance.ticket(), "token": "berts-token"}[kind]
    told = entrance.admission().authenticate(Credentials(kind, shown, "anna"), origin=origin)
    assert isinstance(told, Rejected)
    assert not any(part in told.message for part in (shown, NEW.id, NEW.secret, "anna"))
