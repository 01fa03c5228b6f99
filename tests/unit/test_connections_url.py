"""Tests to which address the web chat writes, for events as API Gateway sends them."""

from collections.abc import Iterator

import pytest

from chalicelib.bootstrap import clients, websocket

OWN: dict[str, str] = {"apiId": "a1b2c3d4e5", "stage": "prod"}


@pytest.fixture(autouse=True)
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A function in Frankfurt, which reads its settings anew."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("PARLEY_CONNECTIONS_URL", raising=False)
    clients.settings.cache_clear()
    clients.session.cache_clear()
    yield monkeypatch
    clients.settings.cache_clear()
    clients.session.cache_clear()


@pytest.mark.parametrize(
    "domain",
    [
        {"domainName": "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"},
        {"domainName": "chat.example.org"},
        {"domainName": "CHAT.example.org:443"},
        {"domainName": "d-abcdefghij.execute-api.eu-central-1.amazonaws.com"},
        {"domainName": "zzzzzzzzzz.execute-api.eu-central-1.amazonaws.com"},
        {"domainName": ""},
        {},
    ],
    ids=str,
)
def test_the_web_chat_writes_to_its_apis_own_address_whatever_domain_people_use(domain: dict[str, str]):
    url = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/prod"
    assert websocket.endpoint_of({**OWN, **domain}) == url


def test_an_emulator_is_written_to_where_it_says(function: pytest.MonkeyPatch):
    function.setenv("PARLEY_CONNECTIONS_URL", "http://127.0.0.1:4566/_aws/execute-api/{api}/{stage}")
    assert websocket.endpoint_of(OWN) == "http://127.0.0.1:4566/_aws/execute-api/a1b2c3d4e5/prod"
