"""The rules of the owner's page: links, cookies and forms."""

from dataclasses import replace

import pytest

from chalicelib.access import owner_session as rules
from chalicelib.access import secret_text
from chalicelib.access.owner_session import OwnerSession
from chalicelib.ids import PersonId

COOKIE = secret_text.new(lambda size: b"c" * size)
OTHER = secret_text.new(lambda size: b"o" * size)


def test_a_secret_is_256_bits_in_a_text_that_fits_into_addresses_and_cookies():
    assert secret_text.is_secret(COOKIE)
    assert COOKIE != OTHER


@pytest.mark.parametrize("text", ["", "x", COOKIE[:-1], COOKIE + "A", COOKIE[:-1] + "=", COOKIE[:-1] + "\n", "ü" * 43])
def test_what_cannot_be_a_secret_is_not_looked_up(text: str):
    assert not secret_text.is_secret(text)


def test_what_is_stored_of_a_secret_and_of_its_owner_tells_neither():
    assert COOKIE not in secret_text.digest(COOKIE)
    code = rules.owner_code(PersonId("messenger:4711:12345678"))
    assert "12345678" not in code
    assert code != rules.owner_code(PersonId("messenger:4711:12345679"))


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (f"__Host-parley={COOKIE}", COOKIE),
        (f"theme=dark; __Host-parley={COOKIE}; lang=de", COOKIE),
        ("", ""),
        ("theme=dark", ""),
        (f"parley={COOKIE}", ""),
        (f"X__Host-parley={COOKIE}", ""),
        ("__Host-parley=", ""),
        ("__Host-parley=' OR 1=1 --", ""),
        (f"__Host-parley={COOKIE}{COOKIE}", ""),
    ],
)
def test_only_the_pages_own_cookie_signs_in(header: str, found: str):
    assert rules.cookie_in(header) == found


def test_the_cookie_goes_to_this_host_over_https_only_and_no_script_reads_it():
    parts = rules.set_cookie(COOKIE).split("; ")
    assert parts[0] == f"__Host-parley={COOKIE}"
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} < set(parts)
    assert not any(part.startswith("Domain") for part in parts)


def test_signing_out_deletes_the_cookie():
    assert "Max-Age=0" in rules.set_cookie("")


@pytest.mark.parametrize(
    ("site", "origin", "is_own"),
    [
        ("same-origin", "https://bot.example", True),
        ("same-origin", "", True),
        ("", "https://bot.example", True),
        ("cross-site", "https://evil.example", False),
        ("cross-site", "https://bot.example", False),
        ("same-site", "https://other.bot.example", False),
        ("none", "", False),
        ("", "https://evil.example", False),
        ("", "https://bot.example.evil.example", False),
        ("", "null", False),
        ("", "", False),
    ],
)
def test_a_form_counts_only_if_a_page_of_this_host_sent_it(site: str, origin: str, *, is_own: bool):
    assert rules.is_own_form(host="bot.example", origin=origin, site=site) is is_own


def test_a_form_belongs_to_one_session():
    assert rules.is_form_code(rules.form_code(COOKIE), cookie=COOKIE)
    assert not rules.is_form_code(rules.form_code(OTHER), cookie=COOKIE)
    for wrong in ("", "ü", COOKIE, rules.form_code(COOKIE)[:-1]):
        assert not rules.is_form_code(wrong, cookie=COOKIE)


def test_a_session_lasts_twelve_hours_from_its_last_use_and_seven_days_at_most():
    hour = 3_600_000
    session = OwnerSession("1" * 64, "", began_at=0, used_at=0)
    assert session.ends_at == 12 * hour
    assert replace(session, used_at=5 * hour).ends_at == 17 * hour
    assert replace(session, used_at=7 * 24 * hour - 1000).ends_at == 7 * 24 * hour


def test_a_session_shows_no_secret_when_it_is_printed():
    assert COOKIE not in repr(OwnerSession(secret_text.digest(COOKIE), "", 0, 0))
