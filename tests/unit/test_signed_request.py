import base64
import hashlib
import hmac
import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.channels.meta.signed_request import DeletionRequest, read
from chalicelib.errors import BadRequest, InvalidSignature
from tests.flow.bot import deletion_form

SECRET, OTHER = "app secret", "another secret"
SAID: dict[str, Any] = {"user_id": "218471", "algorithm": "HMAC-SHA256", "issued_at": 1291836800, "expires": 1291840400}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def encoded(said: bytes) -> bytes:
    return base64.urlsafe_b64encode(said).rstrip(b"=")


def signed(said: bytes, secret: str = SECRET) -> bytes:
    """Build a signed form with any payload."""
    digest = hmac.new(secret.encode(), said, hashlib.sha256).digest()
    return b"signed_request=" + encoded(digest) + b"." + said


def code(said: object = SAID, secret: str = SECRET) -> str:
    return read(deletion_form(said, secret=secret), secrets=[secret]).code


# What Meta asks.


def test_a_request_signed_by_openssl_is_parsed():
    form = (
        b"signed_request=ncDRpWMg8SdYdq1rK_-QMFGOdMADYcgFAlOMyzG-ScA.eyJ1c2VyX2lkIjoiMjE4NDcxIiwiYWxnb3JpdGhtIjoiSE1BQy1"
        b"TSEEyNTYiLCJpc3N1ZWRfYXQiOjEyOTE4MzY4MDAsImV4cGlyZXMiOjEyOTE4NDA0MDB9"
    )
    assert read(form, secrets=["Jefe"]).user == "218471"


@pytest.mark.parametrize("secrets", [[SECRET, OTHER], [OTHER, SECRET]])
def test_each_of_two_secrets_is_accepted_and_makes_the_code(secrets: list[str]):
    wish = read(deletion_form(SAID, secret=SECRET), secrets=iter(secrets))
    assert wish == DeletionRequest("218471", code())


@pytest.mark.parametrize("padding", [(b"=", b""), (b"", b"="), (b"%3D", b"%3D%3D")])
def test_a_request_may_come_with_padding_that_was_not_signed(padding: tuple[bytes, bytes]):
    head, _, said = deletion_form(SAID, secret=SECRET).partition(b".")
    assert read(head + padding[0] + b"." + said + padding[1], secrets=[SECRET]).code == code()


def test_other_fields_of_the_form_do_not_matter():
    form = b"a=1&" + deletion_form(SAID, secret=SECRET) + b"&b=&c"
    assert read(form, secrets=[SECRET]).user == "218471"


def test_a_user_may_be_a_number():
    assert read(deletion_form({**SAID, "user_id": 218471}, secret=SECRET), secrets=[SECRET]) == DeletionRequest(
        "218471", code()
    )


# The confirmation code.


def test_a_code_has_128_bits_and_depends_on_the_secret():
    assert len(code()) == 32
    assert set(code()) <= set(string.hexdigits.lower())
    assert code() != code(secret=OTHER)


def test_a_retry_has_the_same_code_however_it_is_encoded():
    again = {"expires": 0, **dict(reversed(SAID.items()))}
    assert code({**again, "expires": 99}) == code()


@pytest.mark.parametrize("other", [{"user_id": "218472"}, {"issued_at": 1291836801}, {"issued_at": None}])
def test_another_request_has_another_code(other: dict[str, Any]):
    assert code({**SAID, **other}) != code()


def test_no_repr_shows_the_user():
    wish = read(deletion_form(SAID, secret=SECRET), secrets=[SECRET])
    assert "218471" not in repr(wish)
    assert wish.code not in repr(wish)


# What is kept out.


@pytest.mark.parametrize("secrets", [[], [OTHER], [""], [SECRET.upper()]])
def test_a_signature_with_another_secret_is_refused(secrets: list[str]):
    with pytest.raises(InvalidSignature):
        read(deletion_form(SAID, secret=SECRET), secrets=secrets)


def test_a_changed_payload_is_refused():
    head, _, _ = deletion_form(SAID, secret=SECRET).partition(b".")
    with pytest.raises(InvalidSignature):
        read(head + b"." + encoded(json.dumps({**SAID, "user_id": "1"}).encode()), secrets=[SECRET])


def test_a_signature_of_the_decoded_payload_is_refused():
    """Some samples sign that, or pad before they sign; Meta signs the text as it is sent."""
    said = encoded(json.dumps(SAID).encode())
    for wrong in (base64.urlsafe_b64decode(said + b"=="), said + b"="):
        digest = hmac.new(SECRET.encode(), wrong, hashlib.sha256).digest()
        with pytest.raises(InvalidSignature):
            read(b"signed_request=" + encoded(digest) + b"." + said, secrets=[SECRET])


def test_an_unsigned_payload_is_refused_whatever_algorithm_it_names():
    said = encoded(json.dumps({**SAID, "algorithm": "none"}).encode())
    with pytest.raises(InvalidSignature):
        read(b"signed_request=" + b"A" * 43 + b"." + said, secrets=[SECRET])


@pytest.mark.parametrize(
    "form",
    [
        b"",
        b"signed_request",
        b"signed_request=",
        b"signed_request=.",
        b"signed_request=" + b"A" * 43,
        b"signed_request=" + b"A" * 43 + b".",
        b"signed_request=" + b"A" * 42 + b".e30",
        b"signed_request=" + b"A" * 44 + b".e30",
        b"signed_request=" + b"A" * 43 + b".e30.e30",
        b"signed_request=" + b"A" * 43 + b".e3+0",
        b"signed_request=" + b"A" * 43 + b".e3%0A0",
        b"signed_request=" + b"A" * 43 + b".e30\n",
        b"signed_request=" + b"A" * 43 + ".é".encode(),
        b"signed_request=\xff\xfe",
        b"signed_request=" + b"A" * 43 + b".e30&signed_request=" + b"A" * 43 + b".e30",
        b"{}",
        b'{"signed_request": "x"}',
    ],
)
def test_a_form_without_a_signed_request_is_a_bad_request(form: bytes):
    with pytest.raises(BadRequest):
        read(form, secrets=[SECRET])


@pytest.mark.parametrize(
    "said",
    [
        b"A",
        encoded(b""),
        encoded(b"{"),
        encoded(b"\xff\xfe"),
        encoded(b"null"),
        encoded(b"[]"),
        encoded(b"[" * 5000),
        encoded(b'{"user_id": ' + b"9" * 5000 + b"}"),
        encoded(b"{}"),
        encoded(b'{"user_id": null}'),
        encoded(b'{"user_id": ""}'),
        encoded(b'{"user_id": true}'),
        encoded(b'{"user_id": ["1"]}'),
        encoded(b'{"user_id": "%s"}' % (b"1" * 500)),
    ],
)
def test_a_signed_payload_without_a_user_is_a_bad_request(said: bytes):
    with pytest.raises(BadRequest):
        read(signed(said), secrets=[SECRET])


@given(st.binary() | st.binary().map(lambda junk: b"signed_request=" + junk))
def test_any_other_form_is_refused(form: bytes):
    with pytest.raises((BadRequest, InvalidSignature)):
        read(form, secrets=[SECRET])


@given(st.binary(min_size=1))
def test_any_signed_payload_raises_nothing_but_bad_request(said: bytes):
    try:
        read(signed(encoded(said)), secrets=[SECRET])
    except BadRequest:
        return


@given(user=JSON, issued_at=JSON)
def test_any_user_and_time_is_a_deletion_request_or_a_bad_request(user: object, issued_at: object):
    try:
        wish = read(deletion_form({"user_id": user, "issued_at": issued_at}, secret=SECRET), secrets=[SECRET])
    except BadRequest:
        return
    assert wish.user.strip()
    assert len(wish.code) == 32
