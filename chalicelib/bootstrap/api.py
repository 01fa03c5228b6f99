"""The API handler's service for Messenger's webhook; what browsers ask for is in `pages`, which loads later."""

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Final

from chalicelib.aws.ssm import Secrets
from chalicelib.bootstrap import clients
from chalicelib.bootstrap.ports import Ports
from chalicelib.channels.messenger.webhook import MessengerWebhook
from chalicelib.ids import Needs
from chalicelib.log import Log
from chalicelib.operations.warmth import Warmth
from chalicelib.settings.stage import Secret

SECRETS: Final = Needs[Secret](
    always=(Secret.PSEUDONYM_KEY,),
    messenger=(
        Secret.APP_SECRET,
        Secret.APP_SECRET_PREVIOUS,
        Secret.VERIFY_TOKEN,
        Secret.PAGE_ID,
        Secret.APP_ID,
        Secret.TOPIC_ARN,
    ),
    web=(Secret.TICKET_KEY, Secret.API_URL, Secret.WEBSOCKET_URL),
)


def assemble(
    ports: Ports,
    *,
    app_secrets: Callable[[], Iterable[str]],
    verify_tokens: Callable[[], Iterable[str]],
    page_id: Callable[[], str | None],
    app_id: Callable[[], str | None],
) -> MessengerWebhook:
    """Build the webhook over these ports."""
    return MessengerWebhook(
        inbox=ports.inbox,
        takeovers=ports.takeovers,
        transcript=ports.transcript,
        ingest=ports.ingest(),
        alerts=ports.alerts,
        app_secrets=app_secrets,
        verify_tokens=verify_tokens,
        page_id=page_id,
        app_id=app_id,
        clock=ports.clock,
        log=ports.log,
    )


@cache
def webhook() -> MessengerWebhook:
    """Return Messenger's webhook."""
    verify_tokens = partial(secrets().candidates, Secret.VERIFY_TOKEN)
    page_id, app_id = (partial(secrets().find, name) for name in (Secret.PAGE_ID, Secret.APP_ID))
    return assemble(ports(), app_secrets=app_secrets, verify_tokens=verify_tokens, page_id=page_id, app_id=app_id)


def warmth() -> Warmth:
    """Return what is prepared before the next request."""
    return clients.warmth(ports())


def build() -> None:
    """Build what the first request needs. Raises ConfigError."""
    if clients.channels().messenger:
        webhook()
    else:
        ports()


def warm() -> None:
    """Fetch the secrets that the next request needs. Raises ConfigError."""
    build()
    secrets().get(Secret.APP_SECRET if clients.channels().messenger else Secret.TICKET_KEY)


@cache
def ports() -> Ports:
    """Return the API handler's ports."""
    return clients.ports(secrets(), patience_s=clients.CALLER_PATIENCE_S)


@cache
def secrets() -> Secrets:
    """Return the secrets that the API handler may read."""
    return clients.secrets(SECRETS.of(clients.channels()))


def app_secrets() -> Iterable[str]:
    """Return the app secret, while one is being replaced the one before, and new values as `candidates` does.

    Raises ConfigError.
    """
    return secrets().candidates(Secret.APP_SECRET, Secret.APP_SECRET_PREVIOUS)


def log() -> Log:
    """Return the API handler's log."""
    return ports().log
