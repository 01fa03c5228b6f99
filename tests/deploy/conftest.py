"""An AWS account that moto keeps in this process, for what deploys to it."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, settings
from moto import mock_aws

from tests.deploy.held import REGION, client_of

settings.register_profile(
    "parley", database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=False
)
settings.load_profile("parley")


class Account:
    """Clients of one account; a test may put a stand-in in the place of a service."""

    def __init__(self) -> None:
        self.stand_ins: dict[str, Any] = {}

    def client(self, service: Any) -> Any:
        """A client of the service."""
        if service in self.stand_ins:
            return client_of(service, self.stand_ins[service])
        return boto3.client(service, REGION, aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture
def account() -> Iterator[Account]:
    """An empty one."""
    with mock_aws():
        yield Account()
