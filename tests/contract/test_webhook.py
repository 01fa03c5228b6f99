"""The promises of `Webhook`: of the fake, and over HTTP with a webhook that verifies requests as the bot does."""

import socket
import time
from collections.abc import Iterator

import pytest
import requests

from chalicelib.channels.messenger.ports import Webhook
from chalicelib.channels.messenger.probe import HttpWebhook
from chalicelib.errors import WebhookUnreachable
from scripts.simulator.meta import Meta
from tests.contract.meta import serving
from tests.fakes.page import FakeWebhook

CHALLENGE = "1158201444"


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Meta, str]]:
    meta = Meta()
    with serving(meta) as url:
        yield meta, url


def over_http(meta: Meta, url: str, *, verify_token: str = "", app_secret: str = "") -> HttpWebhook:
    session = requests.Session()
    session.trust_env = False
    return HttpWebhook(
        url=lambda: url,
        verify_token=lambda: verify_token or meta.verify_token,
        app_secret=lambda: app_secret or meta.app_secret,
        session=session,
    )


@pytest.fixture(params=["fake", "http"])
def webhook(request: pytest.FixtureRequest) -> Webhook:
    if request.param == "fake":
        return FakeWebhook(at=time.time_ns() // 1_000_000)
    meta, url = request.getfixturevalue("served")
    return over_http(meta, f"{url}/webhook")


def test_the_bots_webhook_returns_the_challenge_and_its_time(webhook: Webhook):
    answered = webhook.handshake(CHALLENGE)
    assert (answered.status, answered.body) == (200, CHALLENGE)
    assert answered.at is not None
    assert abs(answered.at - time.time_ns() // 1_000_000) < 60_000


def test_the_bots_webhook_accepts_signed_requests_only(webhook: Webhook):
    assert webhook.deliver_empty(signed=True).status == 200
    assert webhook.deliver_empty(signed=False).status == 403


def test_another_apps_token_and_secret_are_refused(served: tuple[Meta, str]):
    meta, url = served
    stranger = over_http(meta, f"{url}/webhook", verify_token="guessed", app_secret="guessed")
    assert stranger.handshake(CHALLENGE).status == 403
    assert stranger.deliver_empty(signed=True).status == 403


def test_another_address_responds_with_its_own_error(served: tuple[Meta, str]):
    meta, url = served
    assert over_http(meta, f"{url}/elsewhere").handshake(CHALLENGE).status == 404


def test_an_unreachable_webhook_raises_an_error_without_secrets(served: tuple[Meta, str]):
    meta, _ = served
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        webhook = over_http(meta, f"http://127.0.0.1:{nobody.getsockname()[1]}/webhook")
        for signed in (True, False):
            with pytest.raises(WebhookUnreachable):
                webhook.deliver_empty(signed=signed)
        with pytest.raises(WebhookUnreachable, match="does not answer") as caught:
            webhook.handshake(CHALLENGE)
        shown = f"{caught.getrepr(chain=True)} {caught.value!r} {webhook!r}"
        assert [secret for secret in (meta.verify_token, meta.app_secret) if secret in shown] == []


def test_an_invalid_address_is_unreachable(served: tuple[Meta, str]):
    meta, _ = served
    with pytest.raises(WebhookUnreachable):
        over_http(meta, "no address").handshake(CHALLENGE)
