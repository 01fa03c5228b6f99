"""Tokens of a Cognito user pool, as the emulator signs them, are understood as they are."""

from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError
from cfnlint.api import lint_file

from chalicelib.access.oidc import OidcTokens
from chalicelib.errors import InvalidToken, IssuerUnavailable
from scripts.simulator.aws import REGION
from tests.cognito import Pool, Way, make_pool
from tests.issuer import patient

TEMPLATE: Final = Path(__file__).parents[2] / "docs" / "cognito.yaml"
OWN_LOOK: Final = "  Pages:\n    Type: AWS::Cognito::ManagedLoginBranding"
"""A resource that the emulator's CloudFormation does not know."""


def test_a_users_token_of_cognito_is_accepted(pool: Pool, way: Way):
    tokens = OidcTokens(pool.issuer, pool.client, session=way.session)
    assert tokens.subject(pool.sign_in()["IdToken"]) == pool.subject
    assert way.asked == [f"/{pool.id}/.well-known/{name}" for name in ("openid-configuration", "jwks.json")]


def test_an_access_token_of_cognito_is_accepted_too(pool: Pool, way: Way):
    tokens = OidcTokens(pool.issuer, pool.client, session=way.session)
    assert tokens.subject(pool.sign_in()["AccessToken"]) == pool.subject


def test_a_token_of_a_program_that_signed_in_by_itself_is_refused(pool: Pool, way: Way):
    client, token = pool.machine()
    with pytest.raises(InvalidToken, match="no person"):
        OidcTokens(pool.issuer, client, session=way.session).subject(token)


def test_a_token_for_another_app_or_pool_is_refused(pool: Pool, way: Way):
    other = make_pool(pool.cognito.meta.endpoint_url)
    ours = OidcTokens(pool.issuer, pool.client, session=way.session)
    anothers = OidcTokens(pool.issuer, "another-app", session=way.session)
    with pytest.raises(InvalidToken, match="does not publish"):
        ours.subject(other.sign_in()["IdToken"])
    for kind in ("IdToken", "AccessToken"):
        with pytest.raises(InvalidToken, match="for another client"):
            anothers.subject(pool.sign_in()[kind])


def test_people_of_a_pool_made_by_the_guides_template_sign_in_as_the_guide_says(pool: Pool, way: Way):
    assert [str(problem) for problem in lint_file(TEMPLATE)] == []
    outputs = made_by_the_template(pool.cognito.meta.endpoint_url)
    person = {"UserPoolId": outputs["Pool"], "Username": "anna@example.org"}
    pool.cognito.admin_create_user(**person, MessageAction="SUPPRESS")
    pool.cognito.admin_set_user_password(**person, Password="Correct-Horse-7", Permanent=True)
    signed_in = pool.cognito.admin_initiate_auth(
        UserPoolId=outputs["Pool"],
        ClientId=outputs["Client"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "anna@example.org", "PASSWORD": "Correct-Horse-7"},
    )["AuthenticationResult"]
    tokens = OidcTokens(outputs["Issuer"], outputs["Client"], session=way.session)
    assert tokens.subject(signed_in["AccessToken"]) == tokens.subject(signed_in["IdToken"])


def made_by_the_template(aws_url: str) -> dict[str, str]:
    """The outputs of its stack."""
    stacks: Any = boto3.client(
        "cloudformation", REGION, endpoint_url=aws_url, aws_access_key_id="test", aws_secret_access_key="test"
    )
    body, after = TEMPLATE.read_text().split(OWN_LOOK)
    known = body + after[after.index("  Client:") :]
    parameters = {"BotUrl": "https://bot.example/prod", "SignInDomain": "my-bot"}
    stacks.create_stack(
        StackName="parley-people",
        TemplateBody=known,
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
    )
    stacks.get_waiter("stack_create_complete").wait(StackName="parley-people", WaiterConfig={"Delay": 1})
    [stack] = stacks.describe_stacks(StackName="parley-people")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def test_a_wrong_password_gives_no_token(pool: Pool):
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        pool.sign_in("wrong")


def test_the_certificate_of_the_way_there_is_looked_at(pool: Pool, way: Way):
    session = way.session()
    session.verify = True
    with pytest.raises(IssuerUnavailable, match="SSLError"):
        OidcTokens(pool.issuer, pool.client, session=lambda: session).subject(pool.sign_in()["IdToken"])


def test_a_process_goes_the_way_that_its_environment_names(pool: Pool, way: Way, monkeypatch: pytest.MonkeyPatch):
    for name, value in way.environment.items():
        monkeypatch.setenv(name, value)
    assert OidcTokens(pool.issuer, pool.client, session=patient).subject(pool.sign_in()["IdToken"]) == pool.subject
