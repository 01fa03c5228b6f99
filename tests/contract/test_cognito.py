"""Tokens of a Cognito user pool, as the emulator signs them, are understood as they are."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from chalicelib.access.oidc import OidcTokens
from chalicelib.errors import InvalidToken, IssuerUnavailable
from tests.cognito import Pool, Way, make_pool, way_to

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(scope="module")
def pool(emulator: "DynamoDBClient") -> Pool:
    return make_pool(emulator.meta.endpoint_url)


@pytest.fixture
def way(pool: Pool, tmp_path: Path) -> Iterator[Way]:
    with way_to(pool.cognito.meta.endpoint_url, tmp_path) as way:
        yield way


def test_a_users_token_of_cognito_is_accepted(pool: Pool, way: Way):
    tokens = OidcTokens(pool.issuer, pool.client, session=way.session())
    assert tokens.subject(pool.sign_in()["IdToken"]) == pool.subject
    assert way.asked == [f"/{pool.id}/.well-known/{name}" for name in ("openid-configuration", "jwks.json")]


def test_an_access_token_of_cognito_is_accepted_too(pool: Pool, way: Way):
    tokens = OidcTokens(pool.issuer, pool.client, session=way.session())
    assert tokens.subject(pool.sign_in()["AccessToken"]) == pool.subject


def test_a_token_of_a_program_that_signed_in_by_itself_is_refused(pool: Pool, way: Way):
    client, token = pool.machine()
    with pytest.raises(InvalidToken, match="no person"):
        OidcTokens(pool.issuer, client, session=way.session()).subject(token)


def test_a_token_for_another_app_or_pool_is_refused(pool: Pool, way: Way):
    other = make_pool(pool.cognito.meta.endpoint_url)
    ours = OidcTokens(pool.issuer, pool.client, session=way.session())
    anothers = OidcTokens(pool.issuer, "another-app", session=way.session())
    with pytest.raises(InvalidToken, match="does not publish"):
        ours.subject(other.sign_in()["IdToken"])
    for kind in ("IdToken", "AccessToken"):
        with pytest.raises(InvalidToken, match="for another client"):
            anothers.subject(pool.sign_in()[kind])


def test_a_wrong_password_gives_no_token(pool: Pool):
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        pool.sign_in("wrong")


def test_the_certificate_of_the_way_there_is_looked_at(pool: Pool, way: Way):
    session = way.session()
    session.verify = True
    with pytest.raises(IssuerUnavailable, match="SSLError"):
        OidcTokens(pool.issuer, pool.client, session=session).subject(pool.sign_in()["IdToken"])


def test_a_process_goes_the_way_that_its_environment_names(pool: Pool, way: Way, monkeypatch: pytest.MonkeyPatch):
    for name, value in way.environment.items():
        monkeypatch.setenv(name, value)
    assert OidcTokens(pool.issuer, pool.client).subject(pool.sign_in()["IdToken"]) == pool.subject
