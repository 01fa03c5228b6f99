import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.channels.meta.signature import challenge, sign, verify
from chalicelib.errors import InvalidSignature

SECRET, OTHER = "app secret", "another secret"
BODY = '{"object":"page","entry":[],"emoji":"🎉"}'.encode()
GOOD = "sha256=" + hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
DIGEST = GOOD.removeprefix("sha256=")


def test_a_body_signed_by_meta_is_accepted():
    verify(BODY, GOOD, secrets=[SECRET])


@pytest.mark.parametrize("secrets", [[SECRET, OTHER], [OTHER, SECRET]])
def test_each_of_two_secrets_is_accepted_during_a_rotation(secrets: list[str]):
    verify(BODY, GOOD, secrets=iter(secrets))


def test_the_example_of_the_hmac_standard_has_the_signature_it_says():
    signed = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert sign(b"what do ya want for nothing?", secret="Jefe") == signed


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        DIGEST,
        f"sha1={DIGEST}",
        f"SHA256={DIGEST}",
        f"sha256={DIGEST.upper()}",
        f"sha256={DIGEST[:-1]}",
        f"sha256={DIGEST}0",
        f" {GOOD}",
        f"{GOOD} ",
        f"{GOOD}\n",
        f"{GOOD},{GOOD}",
        f"sha256={'0' * 64}",
        f"sha256={'g' * 64}",
        f"sha256={'é' * 64}",
        f"sha256={'٣' * 64}",
        "\ud800",
        f"sha256={DIGEST[:-1]}{'1' if DIGEST[-1] == '0' else '0'}",
    ],
)
def test_a_wrong_signature_is_refused(header: str | None):
    with pytest.raises(InvalidSignature):
        verify(BODY, header, secrets=[SECRET])


@pytest.mark.parametrize("body", [b"", BODY + b" ", BODY[:-1], BODY.replace(b"page", b"pagf")])
def test_a_changed_body_is_refused(body: bytes):
    with pytest.raises(InvalidSignature):
        verify(body, GOOD, secrets=[SECRET])


@pytest.mark.parametrize("secrets", [[], [OTHER], [""], [SECRET.upper()], [OTHER, ""]])
def test_a_signature_with_another_secret_is_refused(secrets: list[str]):
    with pytest.raises(InvalidSignature):
        verify(BODY, GOOD, secrets=secrets)


@given(body=st.binary(), secret=st.text(st.characters(exclude_categories=["Cs"])))
def test_every_body_may_be_signed(body: bytes, secret: str):
    verify(body, f"sha256={sign(body, secret=secret)}", secrets=[secret])


@given(body=st.binary(), header=st.text())
def test_any_other_header_is_refused(body: bytes, header: str):
    with pytest.raises(InvalidSignature):
        verify(body, header, secrets=[SECRET])


HANDSHAKE = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "our token"}


def test_a_handshake_returns_the_challenge_verbatim():
    assert challenge(HANDSHAKE, verify_tokens=["our token"]) == "1158201444"
    assert challenge({**HANDSHAKE, "hub.challenge": " 007 ü"}, verify_tokens=["our token"]) == " 007 ü"


@pytest.mark.parametrize(
    "wrong",
    [
        {"hub.mode": "unsubscribe"},
        {"hub.mode": ""},
        {"hub.challenge": ""},
        {"hub.verify_token": ""},
        {"hub.verify_token": "our toke"},
        {"hub.verify_token": "Our token"},
        {"hub.verify_token": "öur tøken"},
    ],
)
def test_a_handshake_with_a_wrong_field_is_refused(wrong: dict[str, str]):
    with pytest.raises(InvalidSignature):
        challenge({**HANDSHAKE, **wrong}, verify_tokens=["our token"])


@pytest.mark.parametrize("missing", HANDSHAKE)
def test_a_handshake_with_a_missing_field_is_refused(missing: str):
    query = {name: value for name, value in HANDSHAKE.items() if name != missing}
    with pytest.raises(InvalidSignature):
        challenge(query, verify_tokens=["our token"])


def test_a_token_that_is_not_ascii_is_compared_too():
    assert challenge({**HANDSHAKE, "hub.verify_token": "schlüssel"}, verify_tokens=["schlüssel"])
