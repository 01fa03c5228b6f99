"""A demo that takes only those who prove themselves at the handshake, as programs and its log see it."""

import os
from collections.abc import Iterator

import jwt
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from scripts.simulator.aws import free_port
from tests.simulator.chatting import new_key
from tests.simulator.conftest import PATIENCE_S, Demo, running_demo


@pytest.fixture(scope="module")
def strict() -> Iterator[Demo]:
    env = {**os.environ, "PARLEY_MODEL": "stand-in", "PARLEY_WEB_AUTHENTICATE": "handshake"}
    env |= {"PARLEY_OIDC_ISSUER": f"http://127.0.0.1:{free_port()}", "PARLEY_OIDC_AUDIENCE": "parley-web"}
    with running_demo(env=env) as (demo, _):
        yield demo


def status(demo: Demo, query: str = "") -> int:
    """What the handshake is answered with; 101 if it is not refused."""
    try:
        with connect(f"{demo.facts['websocket_url']}{query}", proxy=None, open_timeout=PATIENCE_S):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def test_whoever_proves_nothing_is_refused_at_the_handshake(strict: Demo):
    assert [status(strict, query) for query in ("", "?", "?room=garden", "?Auth=", "?config=nosuchkey1")] == [401] * 5


def test_a_ticket_for_an_address_opens_and_no_other_does(strict: Demo):
    config = strict.http.get(f"/config/{new_key(strict)['id']}").json()
    assert status(strict, f"?ticket={config['address_ticket']}") == 101
    assert status(strict, f"?ticket={config['ticket']}") == 401


def test_an_issuer_that_does_not_respond_is_no_fault_of_the_client(strict: Demo):
    token = jwt.encode({"sub": "anna"}, "a secret of thirty-two characters", headers={"kid": "one"})
    assert [status(strict, f"?Auth={shown}") for shown in (token, "no-token")] == [503, 401]


def test_the_log_has_no_address(strict: Demo):
    made = strict.http.get(f"/config/{new_key(strict)['id']}").json()["address_ticket"]
    assert [status(strict, f"?ticket={made}"), status(strict, f"?ticket={made}x")] == [101, 401]
    written = strict.log()
    assert '"handshake":"auth_failed"' in written
    assert not any(shown in written for shown in (made, "ticket=", "nosuchkey1"))
