from collections.abc import Iterator, Mapping

import httpx2
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from chalice.app import Chalice, IAMAuthorizer
from starlette.routing import Route

from scripts.simulator.aws import CREDENTIALS, REGION
from scripts.simulator.gateway import ApiGateway
from tests.simulator.served import served

OURS = CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"]
BODY = b'{"name": "J\xc3\xbcrgen"}'


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """An app whose keys are for those who sign, and a route for everybody beside it."""
    app = Chalice("tiny", configure_logs=False)

    @app.route("/keys", methods=["POST"], authorizer=IAMAuthorizer())
    def create() -> object:
        assert app.current_request
        return app.current_request.json_body

    @app.route("/keys", methods=["GET"])
    def read() -> str:
        return "ok"

    gateway = ApiGateway(app)
    with served([Route("/{path:path}", gateway.serve, methods=["GET", "POST", "DELETE"])]) as url:
        yield url


def signature(
    url: str, body: bytes, *, who: tuple[str, str] = OURS, region: str = REGION, service: str = "execute-api"
) -> Mapping[str, str]:
    """The headers that a client of AWS sends with a POST."""
    request = AWSRequest("POST", url, {"Content-Type": "application/json"}, body)
    SigV4Auth(Credentials(*who), service, region).add_auth(request)
    return dict(request.headers)


def post(url: str, headers: Mapping[str, str], body: bytes = BODY) -> tuple[int, object]:
    answer = httpx2.post(url, content=body, headers=dict(headers), trust_env=False, timeout=60)
    return answer.status_code, answer.json()


def test_a_request_signed_with_the_worlds_credentials_is_let_through(url: str):
    asked = f"{url}/keys?b=2&a=%C3%BC"
    assert post(asked, signature(asked, BODY)) == (200, {"name": "Jürgen"})


def test_an_unsigned_request_is_answered_as_api_gateway_does(url: str):
    assert post(f"{url}/keys", {"Content-Type": "application/json"}) == (
        403,
        {"message": "Missing Authentication Token"},
    )


def test_a_route_without_the_authorizer_asks_for_no_signature(url: str):
    assert httpx2.get(f"{url}/keys", trust_env=False, timeout=60).text == "ok"


def test_a_signature_that_fits_another_request_or_another_secret_is_refused(url: str):
    asked = f"{url}/keys"
    for headers in (
        signature(asked, b"{}"),
        signature(f"{asked}?all=1", BODY),
        signature(asked, BODY, who=(OURS[0], "another")),
    ):
        status, said = post(asked, headers)
        assert status == 403
        assert "does not match" in str(said)


@pytest.mark.parametrize(
    "headers",
    [
        signature("http://127.0.0.1/keys", BODY, who=("AKIDSOMEBODY", OURS[1])),
        signature("http://127.0.0.1/keys", BODY, region="eu-central-1"),
        signature("http://127.0.0.1/keys", BODY, service="lambda"),
    ],
)
def test_other_credentials_regions_and_services_are_refused(url: str, headers: Mapping[str, str]):
    status, said = post(f"{url}/keys", headers)
    assert status == 403
    assert "security token" in str(said)
