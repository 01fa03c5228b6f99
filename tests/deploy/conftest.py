"""Provides an AWS account in moto, in this process, for deployment tests."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any, cast

import boto3
import pytest
from moto import mock_aws

from chalicelib.settings.stage import Settings
from scripts.stage.environment import Aws, Environment
from tests.deploy.fakes import REGION, Clients
from tests.deploy.rest_apis import RestApis
from tests.deploy.websocket_apis import WebsocketApis

_SESSION = boto3.Session("test", "test", region_name=REGION)
"""Shared, since it loads AWS's service descriptions, which is slow."""


_CLIENTS = Clients()
_NUMBERS = count(100_000_000_000)


@cache
def _client(session: boto3.Session, service: Any) -> Any:
    return session.client(service)


@dataclass
class Account:
    """`Aws` of an account in moto. A test may replace services with fakes; moto handles what they do not."""

    session: boto3.Session
    fakes: dict[str, Any] = field(default_factory=dict)
    endpoint: str | None = None
    rest_apis: RestApis = field(default_factory=RestApis)
    websocket_apis: WebsocketApis = field(default_factory=WebsocketApis)
    _of_fakes: dict[tuple[str, int], Any] = field(default_factory=dict)

    @property
    def number(self) -> str:
        """The account number."""
        return str(self.client("sts").get_caller_identity()["Account"])

    @property
    def region(self) -> str:
        """The name of the region."""
        return self.session.region_name

    def offers(self, region: str) -> bool:
        """Whether AWS has this region."""
        return region in self.session.get_available_regions("lambda")

    def client(self, service: Any) -> Any:
        """Create a client of a service, or of its fake."""
        fakes = {"apigateway": self.rest_apis, "apigatewayv2": self.websocket_apis, **self.fakes}
        if service in fakes:
            key = service, id(fakes[service])
            if key not in self._of_fakes:
                self._of_fakes[key] = _CLIENTS.of(service, fakes[service])
            return self._of_fakes[key]
        return _client(self.session, service)

    def environment(self, stage: str = "dev", **settings: str) -> Environment:
        """Return the environment of a stage in this account."""
        return Environment(Settings.from_env({"PARLEY_STAGE": stage, **settings}), cast("Aws", self))


@pytest.fixture(scope="module")
def moto() -> Iterator[None]:
    """AWS in this process."""
    with mock_aws():
        yield


@pytest.fixture
def account(moto: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account: moto keeps the resources of other tests in other accounts."""
    monkeypatch.setenv("MOTO_ACCOUNT_ID", str(next(_NUMBERS)))
    yield Account(_SESSION)
    _CLIENTS.release()
