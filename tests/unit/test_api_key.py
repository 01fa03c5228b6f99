import hashlib
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.access import api_key, secret_text
from chalicelib.access.api_key import ApiKey
from chalicelib.ids import KeyId
from tests.fakes.adapters import NOON

PAGE, OWN = "https://shop.example", "https://bot.example"


def random_bytes(size: int) -> bytes:
    return bytes(range(250, 250 - size, -1))


def key(*origins: str, secret: str = "x") -> ApiKey:
    return ApiKey(KeyId("k"), "Shop", secret_text.digest(secret), "assistant", created_at=NOON, origins=origins)


def test_a_new_key_is_read_as_it_was_made():
    new = api_key.new(random_bytes)
    assert new.text == f"parley_{new.id}_{new.secret}"
    assert api_key.parse(new.text) == (new.id, new.secret)


@given(st.binary(min_size=39, max_size=39))
def test_a_key_of_any_random_bytes_can_be_parsed(drawn: bytes):
    parts = iter([drawn[:7], drawn[7:]])
    new = api_key.new(lambda _: next(parts))
    assert api_key.parse(new.text) == (new.id, new.secret)


def test_a_secret_has_as_many_random_bytes_as_its_digest():
    sizes = iter([7, 32])

    def drawn(size: int) -> bytes:
        assert size == next(sizes)
        return b"0" * size

    assert api_key.new(drawn).secret


def test_two_keys_have_nothing_in_common():
    numbers = count()
    one, other = (api_key.new(lambda size: bytes([next(numbers)]) * size) for _ in range(2))
    assert one.id != other.id
    assert one.secret != other.secret


def test_a_new_keys_secret_does_not_show():
    new = api_key.new(random_bytes)
    assert new.secret not in repr(new)


GOOD = api_key.new(random_bytes).text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "parley",
        "parley__",
        GOOD.upper(),
        f" {GOOD}",
        f"{GOOD}\n",
        f"{GOOD}=",
        GOOD[:-1],
        f"{GOOD}A",
        GOOD.replace("parley_", "sk_"),
        GOOD.replace("_", "-", 1),
        GOOD.replace("_", "_\u0665", 1),
        "parley_" + "a" * 11 + "_" + "A" * 43,
        "\ud800",
        "parley_" + "a" * 100_000,
    ],
)
def test_a_malformed_key_is_not_parsed(text: str):
    assert api_key.parse(text) is None


@given(st.text())
def test_no_text_is_too_strange_to_be_no_key(text: str):
    assert api_key.parse(text) is None


def test_of_a_secret_only_its_sha_256_is_needed():
    assert secret_text.digest("x") == hashlib.sha256(b"x").hexdigest()
    assert api_key.matches(key(secret="the secret"), "the secret")


@pytest.mark.parametrize("guess", ["", "x ", "X", "the secret", hashlib.sha256(b"x").hexdigest(), "ü"])
def test_another_secret_is_not_the_keys(guess: str):
    assert not api_key.matches(key(), guess)


@pytest.mark.parametrize("origin", [PAGE, "https://SHOP.example", "HTTPS://shop.example"])
def test_a_page_that_the_owner_named_may_use_the_key(origin: str):
    assert api_key.allows(key("https://other.example", "https://Shop.Example"), origin, OWN)


def test_the_bots_own_page_may_always():
    assert api_key.allows(key(), OWN, OWN)
    assert api_key.allows(key(PAGE), OWN.upper(), OWN)


def test_a_program_that_names_no_page_is_not_asked():
    assert api_key.allows(key(), "", OWN)
    assert api_key.allows(key(PAGE), "", "")


@pytest.mark.parametrize("origin", [PAGE, "http://localhost:3000", "null"])
def test_a_key_for_any_page_may_be_used_on_any(origin: str):
    assert api_key.allows(key("*"), origin, OWN)


@pytest.mark.parametrize(
    "origin",
    [
        "http://shop.example",
        "https://shop.example:8443",
        "https://shop.example/",
        "https://shop.example.evil.example",
        "https://evil.example/https://shop.example",
        "https://sub.shop.example",
        "null",
        "*",
        " ",
    ],
)
def test_any_other_page_may_not(origin: str):
    assert not api_key.allows(key(PAGE), origin, OWN)
    assert not api_key.allows(key(), origin, "")
