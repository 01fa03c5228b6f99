"""The tokens in which a site says which of its customers a visitor is."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from string import hexdigits
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.access import identity, signed_visitor, ticket
from chalicelib.access.api_key import ApiKey
from chalicelib.errors import InvalidToken
from chalicelib.ids import KeyId
from tests.fakes.adapters import NOON

TICKET_KEY = "the ticket key, of thirty-two characters"
SHOP = ApiKey(KeyId("shopshopsh"), "Shop", "0" * 64, "web", created_at=NOON)
BLOG = ApiKey(KeyId("blogblogbl"), "Blog", "1" * 64, "web", created_at=NOON)
SECOND, DAY = 1000, 24 * 60 * 60
NOW = NOON // 1000
CLAIMS = {"sub": "customer-17", "aud": "shopshopsh", "exp": NOW + 600}
SECRET = signed_visitor.secret_of(SHOP, ticket_key=TICKET_KEY)


def signed(secret: str = SECRET, **changed: Any) -> str:
    """Return a token with changed claims."""
    return jwt.encode({**CLAIMS, **changed}, secret, algorithm="HS256")


def by_hand(header: Any, claims: Any, secret: str = SECRET) -> str:
    """Return a token with a good signature over anything."""
    parts = [part if isinstance(part, str) else json.dumps(part) for part in (header, claims)]
    head = ".".join(encoded(part.encode()) for part in parts)
    return f"{head}.{encoded(hmac.digest(secret.encode(), head.encode(), 'sha256'))}"


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def read(text: str, *, key: ApiKey = SHOP, now: int = NOON) -> str:
    return signed_visitor.read(text, key, ticket_key=TICKET_KEY, now=now).subject


def test_a_token_names_the_customer():
    assert read(signed()) == "customer-17"


@pytest.mark.parametrize(
    "name",
    [
        "7",
        "anna@example.org",
        "auth0|5f7c8ec7c33c6c004bbafe82",
        "한국어",
        "a b",
        "😀" * 255,
        " ",
        "web:shop:anna",
        "x" * 255,
    ],
)
def test_the_sites_id_of_a_customer_may_be_any_text(name: str):
    assert read(signed(sub=name)) == name


@pytest.mark.parametrize("name", ["", "x" * 256, 17, True, ["customer-17"], {"id": 17}, 1.5])
def test_an_id_that_is_no_text_or_too_long_is_refused(name: Any):
    with pytest.raises(InvalidToken, match="`sub` must be a text of 1 to 255 characters"):
        read(by_hand({"alg": "HS256"}, {**CLAIMS, "sub": name}))


@pytest.mark.parametrize("half", ['"\\ud800"', '"\\udfff\\ud800"', '"a\\udc00b"'])
def test_half_a_character_is_no_id(half: str):
    with pytest.raises(InvalidToken, match="`sub`"):
        read(by_hand({"alg": "HS256"}, f'{{"sub": {half}, "aud": "shopshopsh", "exp": {NOW + 600}}}'))


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_token_that_leaves_something_out_is_refused(claim: str):
    with pytest.raises(InvalidToken, match=f"lacks `{claim}`"):
        read(by_hand({"alg": "HS256"}, {name: value for name, value in CLAIMS.items() if name != claim}))


def test_a_token_is_good_until_it_expires():
    assert read(signed(exp=NOW + 1))
    with pytest.raises(InvalidToken, match="has expired"):
        read(signed(exp=NOW))


@pytest.mark.parametrize("ahead", [1, 600, DAY, DAY + 60])
def test_a_token_may_expire_within_a_day_by_a_clock_that_is_a_minute_ahead(ahead: float):
    assert read(signed(exp=NOW + ahead)) == "customer-17"


@pytest.mark.parametrize("expires", [NOW + DAY + 61, NOON + 600_000, 10**30, 1e300])
def test_a_token_that_lasts_longer_is_refused(expires: Any):
    with pytest.raises(InvalidToken, match="a day ahead at most, in seconds"):
        read(by_hand({"alg": "HS256"}, {**CLAIMS, "exp": expires}))


@pytest.mark.parametrize("expires", ["NaN", "Infinity", "-Infinity", "1e999", "true", "null", '"soon"', "[]", "{}"])
def test_a_token_whose_end_is_no_time_is_refused(expires: str):
    with pytest.raises(InvalidToken, match="`exp`"):
        read(by_hand({"alg": "HS256"}, f'{{"sub": "anna", "aud": "shopshopsh", "exp": {expires}}}'))


def test_a_time_with_a_fraction_as_javascript_makes_it_is_one():
    assert read(signed(exp=NOW + 600.25)) == "customer-17"


def test_a_token_may_begin_later_and_is_refused_before():
    assert read(signed(nbf=NOW + 60, iat=NOW + 60)) == "customer-17"
    with pytest.raises(InvalidToken, match="not valid yet"):
        read(signed(nbf=NOW + 61))


@pytest.mark.parametrize(
    "audience", ["blogblogbl", "SHOPSHOPSH", "shopshopsh ", "", ["shopshopsh"], ["shopshopsh", "blogblogbl"], 7]
)
def test_a_token_for_another_key_is_refused(audience: Any):
    with pytest.raises(InvalidToken, match="`aud` must be the key's id"):
        read(by_hand({"alg": "HS256"}, {**CLAIMS, "aud": audience}))


def test_the_secret_of_another_key_signs_nothing_here():
    others = signed_visitor.secret_of(BLOG, ticket_key=TICKET_KEY)
    for audience in ("shopshopsh", "blogblogbl"):
        with pytest.raises(InvalidToken, match="another secret"):
            read(signed(others, aud=audience))


@pytest.mark.parametrize("secret", ["", "x", TICKET_KEY, SHOP.digest, SECRET[:-1], SECRET + "=", SECRET.lower()])
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_no_other_secret_signs_a_token(secret: str):
    with pytest.raises(InvalidToken):
        read(by_hand({"alg": "HS256"}, CLAIMS, secret))


def test_a_token_that_was_changed_is_refused():
    head, _, signature = signed().split(".")
    with pytest.raises(InvalidToken):
        read(f"{head}.{encoded(json.dumps({**CLAIMS, 'sub': 'customer-18'}).encode())}.{signature}")


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_another_algorithm_is_refused(algorithm: str):
    with pytest.raises(InvalidToken, match="HS256"):
        read(jwt.encode(CLAIMS, SECRET, algorithm=algorithm))


@pytest.mark.parametrize("name", ["none", "None", "NONE", "", None, "hs256", "RS256", ["HS256"], {}])
@pytest.mark.parametrize("signature", [None, "", "x"])
def test_a_token_that_names_another_way_of_signing_or_none_is_refused(name: Any, signature: str | None):
    text = by_hand({"alg": name, "typ": "JWT"}, CLAIMS)
    with pytest.raises(InvalidToken):
        read(text if signature is None else f"{text.rpartition('.')[0]}.{signature}")


@pytest.mark.parametrize(
    "more",
    [
        {"kid": "1"},
        {"jku": "https://evil.example/keys"},
        {"jwk": {"kty": "oct", "k": encoded(b"x" * 32)}},
        {"x5u": "https://evil.example/x"},
        {"crit": ["exp"]},
        {"b64": True},
        {"zip": "DEF"},
    ],
)
def test_a_header_that_says_where_the_key_is_or_more_is_refused(more: dict[str, Any]):
    with pytest.raises(InvalidToken):
        read(by_hand({"alg": "HS256", "typ": "JWT", **more}, CLAIMS))


def test_a_ticket_is_no_token_of_a_site_and_the_other_way_round():
    with pytest.raises(InvalidToken):
        read(ticket.mint(SHOP.id, "anna", secret=TICKET_KEY, now=NOON))
    with pytest.raises(InvalidToken):
        ticket.read(signed(key="shopshopsh", iat=NOW), secret=TICKET_KEY, now=NOON)


# The secret.


def test_the_secret_is_what_the_guide_says_and_long_enough():
    made = hmac.new(TICKET_KEY.encode(), b"visitor shopshopsh 1", hashlib.sha256).digest()
    assert encoded(made) == SECRET
    assert len(SECRET) == 43


def test_each_key_rotation_and_ticket_key_has_a_secret_of_its_own():
    secrets = {
        signed_visitor.secret_of(replace(key, generation=generation), ticket_key=ticket_key)
        for key in (SHOP, BLOG)
        for generation in (1, 2, 11)
        for ticket_key in (TICKET_KEY, "another one of thirty-two characters")
    }
    assert len(secrets) == 12


def test_the_next_secret_is_accepted_before_the_rotation_and_the_last_one_not_after_it():
    second = signed_visitor.secret_of(SHOP, ticket_key=TICKET_KEY, ahead=1)
    third = signed_visitor.secret_of(SHOP, ticket_key=TICKET_KEY, ahead=2)
    assert read(signed(second)) == "customer-17"
    with pytest.raises(InvalidToken, match="another secret"):
        read(signed(third))
    rotated = replace(SHOP, generation=2)
    assert signed_visitor.secret_of(rotated, ticket_key=TICKET_KEY) == second
    assert read(signed(second), key=rotated) == read(signed(third), key=rotated) == "customer-17"
    with pytest.raises(InvalidToken, match="another secret"):
        read(signed(), key=rotated)


@pytest.mark.parametrize(("generation", "accepted"), [(None, True), (1, False), (2, True), (3, True), (4, False)])
def test_a_ticket_is_good_while_the_secret_is_that_signed_its_token(generation: int | None, accepted: bool):  # noqa: FBT001
    assert signed_visitor.is_accepted(replace(SHOP, generation=2), generation) is accepted


def test_a_token_tells_which_secret_signed_it():
    second = signed_visitor.secret_of(SHOP, ticket_key=TICKET_KEY, ahead=1)
    for token, generation in ((signed(), 1), (signed(second), 2)):
        assert signed_visitor.read(token, SHOP, ticket_key=TICKET_KEY, now=NOON).generation == generation


# The name in our ids.


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=255))
def test_a_name_is_one_of_a_visitor_and_none_of_an_anonymous_one(subject: str):
    name = signed_visitor.name_of(SHOP, subject)
    assert identity.is_name(name)
    assert identity.is_person(identity.visitor(SHOP.id, name))
    assert signed_visitor.is_name(name)
    assert len(name) == 32
    assert not set(name) <= set(hexdigits)


def test_anonymous_ids_are_none_of_these_names():
    assert not signed_visitor.is_name("0123456789abcdef" * 2)


def test_a_customer_is_another_person_for_another_key_and_the_same_after_a_rotation():
    names = {signed_visitor.name_of(key, name) for key in (SHOP, BLOG) for name in ("anna", "Anna", "anna ", "bert")}
    assert len(names) == 8
    assert signed_visitor.name_of(replace(SHOP, generation=9), "anna") == signed_visitor.name_of(SHOP, "anna")


def test_whoever_knows_the_keys_id_cannot_guess_the_name():
    assert signed_visitor.name_of(SHOP, "anna") != signed_visitor.name_of(replace(SHOP, digest="2" * 64), "anna")


# Whatever else comes.


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b.c", "\ud800", "é.é.é", "٣" * 10_000, signed() + ".", f"{signed()}é"]
)
def test_an_invalid_token_is_refused(text: str):
    with pytest.raises(InvalidToken):
        read(text)


@pytest.mark.parametrize("nested", ["[" * 4000, '{"a":' * 2000, '{"alg":"HS256","x":' + "[" * 3000, "[]", "7", '"x"'])
def test_json_nested_without_end_or_of_another_kind_is_refused(nested: str):
    for text in (by_hand(nested, CLAIMS), by_hand({"alg": "HS256"}, nested), by_hand(nested, nested)):
        with pytest.raises(InvalidToken):
            read(text)


@given(st.text())
def test_no_text_is_too_strange_to_be_refused(text: str):
    with pytest.raises(InvalidToken):
        read(text)


@given(
    st.dictionaries(
        st.sampled_from(["sub", "aud", "exp", "nbf", "x"]),
        st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5),
    )
)
def test_no_claims_are_too_strange_to_be_refused(claims: dict[str, Any]):
    with pytest.raises(InvalidToken):
        read(by_hand({"alg": "HS256"}, {**claims, "aud": "blogblogbl"}))


def test_no_error_says_what_the_token_says():
    for text in (signed(aud="anna-aud"), signed(exp=NOW), signed(sub="anna" * 100)):
        with pytest.raises(InvalidToken) as raised:
            read(text)
        assert "anna" not in str(raised.value)
