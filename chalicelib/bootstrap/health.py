"""The worker's health check; also run by the owner's `doctor`, which may read the stage's secrets."""

from functools import cache, partial

from chalicelib.bootstrap import clients
from chalicelib.bootstrap.clients import APP_ID, APP_SECRET, VERIFY_TOKEN, WEBHOOK_URL
from chalicelib.bootstrap.worker import SECRETS, graph, openai_client, ports, secrets
from chalicelib.channels.messenger.health import MessengerHealth
from chalicelib.channels.messenger.page import GraphPage
from chalicelib.channels.messenger.probe import HttpWebhook
from chalicelib.channels.messenger.setup import Setup
from chalicelib.llm import prices
from chalicelib.llm.health import ModelHealth
from chalicelib.llm.openai import OpenAICatalogue
from chalicelib.operations import checks
from chalicelib.operations.health import HealthCheck


@cache
def health_check() -> HealthCheck:
    """Return the health check of everything outside AWS that the bot depends on."""
    settings, stored, shared = clients.settings(), secrets(), ports()
    checks_in_order = [
        checks.secrets(lambda: [name for name in SECRETS if not stored.find(name)], stage=settings.stage),
        *_messenger().checks(),
        _model().check(),
        checks.time_zone(settings.zone, shared.clock),
    ]
    return HealthCheck(checks_in_order, shared.alerts(), shared.log)


def _messenger() -> MessengerHealth:
    settings, stored = clients.settings(), secrets()
    webhook_url, verify_token = partial(stored.get, WEBHOOK_URL), partial(stored.get, VERIFY_TOKEN)
    page = GraphPage(graph(), app_id=partial(stored.get, APP_ID))
    return MessengerHealth(
        page=page,
        setup=Setup(page, ports().texts),
        webhook=HttpWebhook(webhook_url, verify_token=verify_token, app_secret=partial(stored.get, APP_SECRET)),
        app_id=partial(stored.get, APP_ID),
        webhook_url=webhook_url,
        verify_token=verify_token,
        graph_url=settings.graph_url,
        stage=settings.stage,
        clock=clients.clock,
    )


def _model() -> ModelHealth:
    settings = clients.settings()
    catalogue = OpenAICatalogue(settings.model, is_openai=settings.asks_openai, client=openai_client)
    price = prices.find(settings.model)
    return ModelHealth(settings.model, catalogue, price.shutdown if price else None, settings.stage, clients.clock)
