import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.access import ticket
from chalicelib.access.ticket import Ticket
from chalicelib.errors import InvalidToken, TicketExpired
from chalicelib.ids import KeyId
from tests.fakes.adapters import NOON

SECRET, OTHER = "a secret of thirty-two characters", "another one of thirty-two characters"
SHOP = KeyId("shop")
MINUTE, DAY = 60_000, 24 * 60 * 60_000
CLAIMS = {"key": "shop", "sub": "anna", "iat": NOON // 1000, "exp": NOON // 1000 + 300}


def anna(now: int = NOON) -> str:
    return ticket.mint(SHOP, "anna", secret=SECRET, now=now)


def read(text: str, *, now: int = NOON, oldest_ms: int | None = None) -> Ticket:
    return ticket.read(text, secret=SECRET, now=now, oldest_ms=oldest_ms)


def encoded(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def test_a_ticket_names_its_key_and_visitor():
    assert read(anna()) == Ticket(SHOP, "anna")


def test_a_ticket_of_a_signed_visitor_tells_which_secret_signed_it():
    shown = ticket.mint(SHOP, "anna", secret=SECRET, now=NOON, generation=3)
    assert read(shown) == Ticket(SHOP, "anna", generation=3)
    in_address = ticket.mint_for_address(SHOP, "anna", secret=SECRET, now=NOON, generation=3)
    assert ticket.read_from_address(in_address, secret=SECRET, now=NOON) == Ticket(SHOP, "anna", generation=3)


def test_a_ticket_is_good_for_five_minutes():
    assert read(anna(), now=NOON + 5 * MINUTE - 1) == Ticket(SHOP, "anna")
    with pytest.raises(TicketExpired):
        read(anna(), now=NOON + 5 * MINUTE)


@pytest.mark.parametrize(
    "nested", ["[" * 4000, '{"a":' * 2000, '{"alg":"HS256","x":' + "[" * 3000], ids=["[", "{", "x"]
)
def test_a_ticket_of_json_nested_without_end_is_refused(nested: str):
    deep = base64.urlsafe_b64encode(nested.encode()).rstrip(b"=").decode()
    for text in (f"{deep}.e30.e30", f"{anna().partition('.')[0]}.{deep}.e30", f"{deep}.{deep}.{deep}"):
        with pytest.raises(InvalidToken):
            read(text)


def test_an_old_ticket_still_says_who_it_was_when_that_is_all_that_is_asked():
    assert read(anna(), now=NOON + 30 * DAY - 1, oldest_ms=30 * DAY) == Ticket(SHOP, "anna")
    with pytest.raises(TicketExpired):
        read(anna(), now=NOON + 30 * DAY, oldest_ms=30 * DAY)


def test_a_ticket_is_no_secret_but_its_signature():
    assert jwt.decode(anna(), SECRET, algorithms=["HS256"], options={"verify_exp": False}) == CLAIMS


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_another_way_of_signing_is_turned_away(algorithm: str):
    with pytest.raises(InvalidToken):
        read(jwt.encode(CLAIMS, SECRET, algorithm=algorithm))


@pytest.mark.parametrize("name", ["none", "None", "NONE"])
@pytest.mark.parametrize("signature", ["", "x", anna().rpartition(".")[2]])
def test_a_ticket_that_says_it_needs_no_signature_is_turned_away(name: str, signature: str):
    with pytest.raises(InvalidToken):
        read(f"{encoded({'alg': name, 'typ': 'JWT'})}.{encoded(CLAIMS)}.{signature}")


def test_a_ticket_with_another_signature_is_rejected():
    with pytest.raises(InvalidToken):
        read(ticket.mint(SHOP, "anna", secret=OTHER, now=NOON))


def test_a_ticket_that_was_changed_is_turned_away():
    head, _, signature = anna().split(".")
    with pytest.raises(InvalidToken):
        read(f"{head}.{encoded({**CLAIMS, 'sub': 'bert'})}.{signature}")


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_ticket_that_leaves_something_out_is_turned_away(claim: str):
    left = {name: value for name, value in CLAIMS.items() if name != claim}
    with pytest.raises(InvalidToken):
        read(jwt.encode(left, SECRET, algorithm="HS256"))


def test_a_forged_ticket_is_not_taken_for_an_old_one():
    with pytest.raises(InvalidToken) as raised:
        read(ticket.mint(SHOP, "anna", secret=OTHER, now=NOON - DAY))
    assert not isinstance(raised.value, TicketExpired)


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "\ud800", "é.é.é", "٣" * 10_000, anna() + ".", f"{anna()}é"])
def test_an_invalid_ticket_is_refused(text: str):
    with pytest.raises(InvalidToken):
        read(text)


# For an address.


def for_address(now: int = NOON, secret: str = SECRET) -> str:
    return ticket.mint_for_address(SHOP, "anna", secret=secret, now=now)


def read_from_address(text: str, *, now: int = NOON) -> Ticket:
    return ticket.read_from_address(text, secret=SECRET, now=now)


def test_a_ticket_for_an_address_is_good_for_five_minutes_there():
    assert read_from_address(for_address(), now=NOON + 5 * MINUTE - 1) == Ticket(SHOP, "anna")
    with pytest.raises(TicketExpired):
        read_from_address(for_address(), now=NOON + 5 * MINUTE)


def test_no_ticket_for_an_address_is_good_for_longer_whatever_it_says():
    long = jwt.encode({**CLAIMS, "use": "address", "exp": NOON // 1000 + 3600}, SECRET, algorithm="HS256")
    assert read_from_address(long, now=NOON + 5 * MINUTE - 1) == Ticket(SHOP, "anna")
    with pytest.raises(TicketExpired):
        read_from_address(long, now=NOON + 5 * MINUTE)


@pytest.mark.parametrize("oldest_ms", [None, 30 * DAY])
def test_a_ticket_for_an_address_is_no_other_ticket(oldest_ms: int | None):
    with pytest.raises(InvalidToken):
        read(for_address(), oldest_ms=oldest_ms)


@pytest.mark.parametrize("use", [None, "", "frame", "Address", 1, ["address"]])
def test_no_other_ticket_is_one_for_an_address(use: Any):
    other = jwt.encode(CLAIMS if use is None else {**CLAIMS, "use": use}, SECRET, algorithm="HS256")
    with pytest.raises(InvalidToken):
        read_from_address(other)


def test_a_forged_ticket_for_an_address_is_refused():
    with pytest.raises(InvalidToken):
        read_from_address(for_address(secret=OTHER))


@given(st.text())
def test_no_text_is_too_strange_to_be_turned_away(text: str):
    with pytest.raises(InvalidToken):
        read(text)
