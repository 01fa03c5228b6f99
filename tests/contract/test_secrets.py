import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from chalicelib.aws.ssm import Secrets
from chalicelib.errors import ConfigError
from chalicelib.settings import Secret

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


pytestmark = pytest.mark.emulated


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


def test_a_secret_is_read_once_and_again_after_five_minutes(ssm: "SSMClient", prefix: str):
    watch, asked = Watch(), []
    ssm.meta.events.register("before-call.ssm.GetParameters", lambda **_: asked.append(1))
    put(ssm, f"{prefix}/{Secret.PAGE_TOKEN}", "old")
    secrets = Secrets(ssm, prefix, (Secret.PAGE_TOKEN, Secret.APP_SECRET), monotonic=watch)
    assert [secrets.get(Secret.PAGE_TOKEN), secrets.get(Secret.PAGE_TOKEN)] == ["old", "old"]
    put(ssm, f"{prefix}/{Secret.PAGE_TOKEN}", "new")
    watch.now += 299
    assert secrets.get(Secret.PAGE_TOKEN) == "old"
    watch.now += 2
    assert secrets.get(Secret.PAGE_TOKEN) == "new"
    assert len(asked) == 2


def test_a_missing_secret_is_named_with_its_place_and_found_as_soon_as_it_is_there(ssm: "SSMClient", prefix: str):
    secrets = Secrets(ssm, prefix, (Secret.PAGE_TOKEN,))
    with pytest.raises(ConfigError, match=f"{prefix}/{Secret.PAGE_TOKEN} is missing; put it there as a SecureString"):
        secrets.get(Secret.PAGE_TOKEN)
    put(ssm, f"{prefix}/{Secret.PAGE_TOKEN}", "here")
    assert secrets.get(Secret.PAGE_TOKEN) == "here"


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
