"""The bot exchanges codes of a Cognito user pool, as the emulator issues them after its page for signing in."""

import hashlib
from base64 import urlsafe_b64encode
from secrets import token_urlsafe
from typing import Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
import pytest

from chalicelib.access import page_sign_in
from chalicelib.access.oidc import OidcTokens
from chalicelib.channels.web.code_issuer import CodeIssuer
from chalicelib.errors import InvalidToken, IssuerUnavailable
from chalicelib.operations.sign_in import codes
from tests.cognito import Pool, Way

BACK: Final = "https://bot.example/prod/chat/signed-in"


def client_of(pool: Pool, *, has_secret: bool = False) -> str:
    """A client as the guide says to make it, unless it has a secret."""
    made = pool.cognito.create_user_pool_client(
        UserPoolId=pool.id,
        ClientName="page",
        GenerateSecret=has_secret,
        SupportedIdentityProviders=["COGNITO"],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid"],
        CallbackURLs=[BACK],
    )
    client: str = made["UserPoolClient"]["ClientId"]
    return client


def code_of(issuer: CodeIssuer, *, verifier: str, nonce: str) -> str:
    """Sign anna in on the emulator's page, and return the code with which it sends her back."""
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    state = f"{token_urlsafe(32)}.shopshopsh."
    address = page_sign_in.authorization_url(
        issuer.authorization_endpoint(),
        client=issuer.client,
        callback=BACK,
        state=state,
        challenge=challenge,
        nonce=nonce,
        again=False,
    )
    browser = issuer.session()
    assert browser.get(address).status_code == 200
    form = {**dict(parse_qsl(urlsplit(address).query)), "username": "anna", "password": "Correct-Horse-7"}
    login = f"{address.partition('/oauth2/')[0]}/login"
    back = browser.post(login, data=form, allow_redirects=False).headers["Location"]
    returned = {name: value for name, [value] in parse_qs(urlsplit(back).query).items()}
    assert (back.partition("?")[0], returned["state"]) == (BACK, state)
    return returned["code"]


def test_a_person_who_signs_in_on_cognitos_page_is_the_one_of_the_pool(pool: Pool, way: Way):
    issuer = CodeIssuer(pool.issuer, client_of(pool), session=way.session)
    verifier, nonce = token_urlsafe(32), token_urlsafe(32)
    code = code_of(issuer, verifier=verifier, nonce=nonce)
    token = issuer.exchange(code, verifier=verifier, callback=BACK)
    assert jwt.decode(token, options={"verify_signature": False})["nonce"] == nonce
    assert OidcTokens(pool.issuer, issuer.client, session=way.session).subject(token) == pool.subject
    with pytest.raises(InvalidToken):
        issuer.exchange(code, verifier=verifier, callback=BACK)


def test_a_code_is_of_no_use_to_who_has_not_the_verifier(pool: Pool, way: Way):
    issuer = CodeIssuer(pool.issuer, client_of(pool), session=way.session)
    code = code_of(issuer, verifier=token_urlsafe(32), nonce=token_urlsafe(32))
    with pytest.raises(InvalidToken):
        issuer.exchange(code, verifier=token_urlsafe(32), callback=BACK)


def test_a_client_with_a_secret_is_named_as_the_cause(pool: Pool, way: Way):
    issuer = CodeIssuer(pool.issuer, client_of(pool, has_secret=True), session=way.session)
    verifier = token_urlsafe(32)
    code = code_of(issuer, verifier=verifier, nonce=token_urlsafe(32))
    with pytest.raises(IssuerUnavailable, match="invalid_client"):
        issuer.exchange(code, verifier=verifier, callback=BACK)


def test_doctor_finds_that_a_client_without_a_secret_can_sign_people_in(pool: Pool, way: Way):
    """The emulator looks at the code first, so it does not show what the real Cognito says to one with a secret."""
    issuer = CodeIssuer(pool.issuer, client_of(pool), session=way.session)
    check = codes(lambda: issuer.exchange("doctor", verifier="v" * 43, callback="https://doctor.invalid/"))
    assert [finding.state for finding in check.run()] == ["ok"]
