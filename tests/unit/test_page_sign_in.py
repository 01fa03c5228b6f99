"""The rules of the chat page's sign-in."""

from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.access import page_sign_in
from chalicelib.errors import BadRequest

RANDOM = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
STATE = f"{RANDOM}.shopshopsh.order%201"


def url(endpoint: str = "https://issuer.example/authorize", **wish: str) -> str:
    usual = {"state": STATE, "challenge": RANDOM, "nonce": RANDOM}
    return page_sign_in.authorization_url(
        endpoint, client="parley", callback="https://bot.example/dev/chat/signed-in", again=False, **{**usual, **wish}
    )


def test_the_slot_is_the_hash_that_pkce_uses_too():
    assert page_sign_in.slot_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == RANDOM  # RFC 7636, appendix B


def test_a_person_is_led_to_the_issuer_with_everything_it_needs():
    asked = {name: value for name, [value] in parse_qs(urlsplit(url()).query).items()}
    assert asked == {
        "response_type": "code",
        "client_id": "parley",
        "redirect_uri": "https://bot.example/dev/chat/signed-in",
        "scope": "openid",
        "state": STATE,
        "nonce": RANDOM,
        "code_challenge": RANDOM,
        "code_challenge_method": "S256",
    }


def test_an_endpoint_with_a_query_of_its_own_keeps_it():
    assert url("https://issuer.example/a?policy=b2c").startswith("https://issuer.example/a?policy=b2c&response_type=")


@pytest.mark.parametrize("room", ["", "order-1.q0yP3ppyR9xkVJqS0v5mTA", "%EB%B0%A9", "a.b.c"])
@pytest.mark.parametrize("key", ["", "shopshopsh"])
def test_key_and_room_stand_in_the_state(key: str, room: str):
    assert f"{RANDOM}.{key}.{room}" in parse_qs(urlsplit(url(state=f"{RANDOM}.{key}.{room}")).query)["state"]


@pytest.mark.parametrize(
    "wish",
    [
        {"state": ""},
        {"state": RANDOM},
        {"state": f"{RANDOM}.SHOP."},
        {"state": f"{RANDOM}..a b"},
        {"state": f"{RANDOM}..{'a' * 1001}"},
        {"state": f"{RANDOM}..\n"},
        {"challenge": "short"},
        {"challenge": f"{RANDOM}="},
        {"nonce": ""},
        {"nonce": f"{RANDOM}\n"},
    ],
)
def test_values_that_no_chat_page_makes_lead_nowhere(wish: dict[str, str]):
    with pytest.raises(BadRequest):
        url(**wish)


@pytest.mark.parametrize("wrong", ["", " ", "a b", "ä", "a\n", "a" * 4097, None, 7, ["a"]])
def test_a_code_that_cannot_be_one_is_refused(wrong: object):
    with pytest.raises(BadRequest, match="code"):
        page_sign_in.code(wrong)
