import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from chalicelib.access import ticket
from chalicelib.access.api_key import ApiKey
from chalicelib.access.authentication import Authenticator, Credentials, Rejected
from chalicelib.aws.ssm import Secrets
from chalicelib.channels.meta import signature, signed_request
from chalicelib.errors import ConfigError, InvalidSignature, InvalidToken
from chalicelib.ids import KeyId
from chalicelib.settings.stage import Secret
from tests.fakes.api_keys import FakeApiKeys
from tests.fakes.memory import Memory
from tests.simulator.meta import deletion_form

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


pytestmark = pytest.mark.emulated
KEY: Final = KeyId("shopshopsh")


@dataclass
class Watch:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def client() -> "SSMClient":
    return boto3.client("ssm", "eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture
def ssm() -> Iterator["SSMClient"]:
    with mock_aws():
        yield client()


@pytest.fixture
def prefix() -> str:
    """Of a stage that no other test knows: moto has one account a process."""
    return f"/parley/{uuid.uuid4().hex}"


def put(ssm: "SSMClient", name: str, value: str) -> None:
    ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)


@pytest.fixture
def fetches(ssm: "SSMClient") -> list[int]:
    """A number for each request to SSM."""
    asked: list[int] = []
    ssm.meta.events.register("before-call.ssm.GetParameters", lambda **_: asked.append(1))
    return asked


def test_a_secret_is_read_once_and_again_after_an_hour(ssm: "SSMClient", prefix: str, fetches: list[int]):
    watch = Watch()
    put(ssm, f"{prefix}/{Secret.PAGE_TOKEN}", "old")
    secrets = Secrets(ssm, prefix, (Secret.PAGE_TOKEN, Secret.APP_SECRET), monotonic=watch)
    assert [secrets.get(Secret.PAGE_TOKEN), secrets.get(Secret.PAGE_TOKEN)] == ["old", "old"]
    put(ssm, f"{prefix}/{Secret.PAGE_TOKEN}", "new")
    watch.now += 3599
    assert secrets.get(Secret.PAGE_TOKEN) == "old"
    watch.now += 2
    assert secrets.get(Secret.PAGE_TOKEN) == "new"
    assert len(fetches) == 2


def test_more_secrets_than_one_request_takes_are_read_by_two(ssm: "SSMClient", prefix: str, fetches: list[int]):
    names = [f"secret-{number}" for number in range(11)]
    for name in names:
        put(ssm, f"{prefix}/{name}", f"value of {name}")
    secrets = Secrets(ssm, prefix, names)
    assert [secrets.get(name) for name in names] == [f"value of {name}" for name in names]
    assert len(fetches) == 2


REQUEST: Final = b'{"object":"page"}'
ACCEPTS: Final[dict[str, Callable[[str, Iterable[str]], object]]] = {
    "a webhook request": lambda new, known: signature.verify(
        REQUEST, f"sha256={signature.sign(REQUEST, secret=new)}", secrets=known
    ),
    "a handshake": lambda new, known: signature.challenge(
        {"hub.mode": "subscribe", "hub.verify_token": new, "hub.challenge": "1"}, verify_tokens=known
    ),
    "a deletion request": lambda new, known: signed_request.read(deletion_form("1", new), secrets=known),
    "a ticket": lambda new, known: assert_admitted(ticket.mint(KEY, "anna", secret=new, now=0), known),
}
"""What is verified by a secret: each function raises unless `new` is among those that are known."""


def assert_admitted(text: str, known: Iterable[str]) -> None:
    keys = FakeApiKeys(Memory())
    keys.create(ApiKey(KEY, "Shop", "", "assistant", 0))
    guard = Authenticator(keys, lambda: None, lambda: None, lambda: known, lambda: "", lambda: 1, lambda: "new")
    admitted = guard.authenticate(Credentials("ticket", text, ""), origin="")
    if isinstance(admitted, Rejected):
        raise InvalidToken(admitted.message)


@pytest.mark.parametrize("accepts", ACCEPTS.values(), ids=ACCEPTS.keys())
def test_what_a_new_secret_signed_is_accepted_although_the_old_one_is_cached(
    ssm: "SSMClient", prefix: str, fetches: list[int], accepts: Callable[[str, Iterable[str]], object]
):
    name, watch, old, new = Secret.APP_SECRET, Watch(), "o" * 32, "n" * 32
    secrets = Secrets(ssm, prefix, (name,), monotonic=watch)
    put(ssm, f"{prefix}/{name}", old)
    accepts(old, secrets.candidates(name))
    put(ssm, f"{prefix}/{name}", new)
    accepts(old, secrets.candidates(name))
    assert len(fetches) == 1
    watch.now += 60
    accepts(new, secrets.candidates(name))
    assert len(fetches) == 2


@pytest.mark.parametrize("accepts", ACCEPTS.values(), ids=ACCEPTS.keys())
def test_a_stranger_causes_one_request_a_minute_to_ssm_however_much_is_sent(
    ssm: "SSMClient", prefix: str, fetches: list[int], accepts: Callable[[str, Iterable[str]], object]
):
    name, watch = Secret.APP_SECRET, Watch()
    put(ssm, f"{prefix}/{name}", "s" * 32)
    secrets = Secrets(ssm, prefix, (name,), monotonic=watch)
    for _ in range(180):
        with pytest.raises((InvalidSignature, InvalidToken)):
            accepts("x" * 32, secrets.candidates(name))
        watch.now += 1
    assert len(fetches) == 3


@pytest.mark.parametrize("accepts", ACCEPTS.values(), ids=ACCEPTS.keys())
@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError", "AccessDeniedException"])
def test_a_stranger_while_ssm_fails_costs_no_secret_that_is_in_use(
    ssm: "SSMClient", prefix: str, fetches: list[int], code: str, accepts: Callable[[str, Iterable[str]], object]
):
    name, watch = Secret.APP_SECRET, Watch()
    put(ssm, f"{prefix}/{name}", "s" * 32)
    secrets = Secrets(ssm, prefix, (name,), monotonic=watch)
    accepts("s" * 32, secrets.candidates(name))
    watch.now += 60
    with Stubber(ssm) as stub:
        stub.add_client_error("get_parameters", code)
        with pytest.raises((InvalidSignature, InvalidToken)):
            accepts("x" * 32, secrets.candidates(name))
        accepts("s" * 32, secrets.candidates(name))
        watch.now += 59
        with pytest.raises((InvalidSignature, InvalidToken)):
            accepts("x" * 32, secrets.candidates(name))
    assert len(fetches) == 1
    watch.now += 1
    put(ssm, f"{prefix}/{name}", "n" * 32)
    accepts("n" * 32, secrets.candidates(name))


def test_the_secret_before_is_accepted_beside_the_new_one(ssm: "SSMClient", prefix: str):
    secrets = Secrets(ssm, prefix, (Secret.APP_SECRET, Secret.APP_SECRET_PREVIOUS))
    put(ssm, f"{prefix}/{Secret.APP_SECRET}", "new")
    assert list(secrets.candidates(Secret.APP_SECRET, Secret.APP_SECRET_PREVIOUS)) == ["new"]
    put(ssm, f"{prefix}/{Secret.APP_SECRET_PREVIOUS}", "old")
    secrets = Secrets(ssm, prefix, (Secret.APP_SECRET, Secret.APP_SECRET_PREVIOUS))
    assert list(secrets.candidates(Secret.APP_SECRET, Secret.APP_SECRET_PREVIOUS)) == ["new", "old"]


def test_a_missing_secret_is_named_with_its_place_and_found_as_soon_as_it_is_there(ssm: "SSMClient", prefix: str):
    secrets = Secrets(ssm, prefix, (Secret.PAGE_TOKEN,))
    with pytest.raises(ConfigError, match=f"{prefix}/{Secret.PAGE_TOKEN} is missing; put it there as a SecureString"):
        secrets.get(Secret.PAGE_TOKEN)
    put(ssm, f"{prefix}/{Secret.PAGE_TOKEN}", "here")
    assert secrets.get(Secret.PAGE_TOKEN) == "here"


@pytest.mark.parametrize("around", ["{}\n", "{}\r\n", " {}", "\t{} "], ids=ascii)
def test_white_space_around_a_secret_is_no_part_of_it(ssm: "SSMClient", prefix: str, around: str):
    put(ssm, f"{prefix}/{Secret.OPENAI_KEY}", around.format("sk-1"))
    assert Secrets(ssm, prefix, (Secret.OPENAI_KEY,)).get(Secret.OPENAI_KEY) == "sk-1"


@pytest.mark.parametrize(
    "value", ["sk-\u2022\u2022", "sk-1\u200b", "\ufeffsk-1", "sk\u20111", "sk-1\nsk-2", "sk-\x7f"], ids=ascii
)
def test_a_secret_that_no_request_can_carry_is_a_matter_of_the_deployment(ssm: "SSMClient", prefix: str, value: str):
    put(ssm, f"{prefix}/{Secret.OPENAI_KEY}", value)
    secrets = Secrets(ssm, prefix, (Secret.OPENAI_KEY,))
    with pytest.raises(ConfigError, match=f"{prefix}/{Secret.OPENAI_KEY} has a character") as caught:
        secrets.get(Secret.OPENAI_KEY)
    assert value not in str(caught.value)
    put(ssm, f"{prefix}/{Secret.OPENAI_KEY}", "sk-1")
    assert secrets.get(Secret.OPENAI_KEY) == "sk-1"


def test_an_optional_secret_may_be_missing(ssm: "SSMClient", prefix: str):
    assert Secrets(ssm, prefix, (Secret.APP_SECRET_PREVIOUS,)).find(Secret.APP_SECRET_PREVIOUS) is None


def test_secrets_that_may_not_be_read_are_a_matter_of_the_deployment(prefix: str):
    ssm = client()
    with Stubber(ssm) as stub:
        stub.add_client_error("get_parameters", "AccessDeniedException")
        with pytest.raises(ConfigError, match=prefix):
            Secrets(ssm, prefix, (Secret.PAGE_TOKEN,)).get(Secret.PAGE_TOKEN)


def test_no_secret_is_shown(ssm: "SSMClient", prefix: str):
    put(ssm, f"{prefix}/{Secret.PAGE_TOKEN}", "very secret")
    secrets = Secrets(ssm, prefix, (Secret.PAGE_TOKEN,))
    secrets.get(Secret.PAGE_TOKEN)
    assert "very secret" not in repr(secrets)
