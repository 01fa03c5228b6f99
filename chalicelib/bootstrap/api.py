"""The API handler's service for Messenger's webhook; what browsers ask for is in `pages`, which loads later."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Final, Protocol

from chalicelib.access.retention import turn_kept_s
from chalicelib.aws.dynamodb.inbox import DynamoInbox
from chalicelib.aws.dynamodb.takeovers import DynamoTakeovers
from chalicelib.aws.dynamodb.transcript import DynamoTranscript
from chalicelib.aws.ssm import Secrets
from chalicelib.bootstrap import clients
from chalicelib.channels.messenger.webhook import MessengerWebhook
from chalicelib.clock import Clock
from chalicelib.conversation.ingest import Ingest
from chalicelib.conversation.ports import Inbox, Transcript
from chalicelib.conversation.takeover_ports import Takeovers
from chalicelib.ids import Needs
from chalicelib.log import Log
from chalicelib.settings.stage import Secret

if TYPE_CHECKING:
    from chalicelib.bootstrap.ports import Ports
    from chalicelib.operations.alerts import AlertService
    from chalicelib.operations.warmth import Warmth

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


class WebhookPorts(Protocol):
    """What the webhook needs of `Ports`; its process starts without the rest."""

    @property
    def inbox(self) -> Inbox:
        """Where messages are stored."""

    @property
    def takeovers(self) -> Takeovers:
        """Where it is stored that a human answers."""

    @property
    def transcript(self) -> Transcript:
        """Where texts are changed and erased."""

    @property
    def clock(self) -> Clock:
        """The time."""

    @property
    def log(self) -> Log:
        """The log."""

    def ingest(self) -> Ingest:
        """Build what takes messages in."""

    def alerts(self) -> "AlertService":
        """Build what notifies the owners."""


@dataclass(frozen=True)
class _OfWebhook:
    """`WebhookPorts` over AWS."""

    inbox: Inbox
    takeovers: Takeovers
    transcript: Transcript
    clock: Clock
    log: Log

    def ingest(self) -> Ingest:
        return Ingest(self.inbox, clients.wake(in_turn=True), self.clock, self.log)

    def alerts(self) -> "AlertService":
        return ports().alerts()


def assemble(
    ports: WebhookPorts,
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
    return assemble(_of_webhook(), app_secrets=app_secrets, verify_tokens=verify_tokens, page_id=page_id, app_id=app_id)


def _of_webhook() -> _OfWebhook:
    settings, table = clients.settings(), clients.table(clients.CALLER_PATIENCE_S)
    kept_s = turn_kept_s(settings.privacy.keep_days)
    inbox = DynamoInbox(table, settings.limits.open_of_a_key, kept_s)
    return _OfWebhook(inbox, DynamoTakeovers(table, kept_s), DynamoTranscript(table), clients.clock, log())


def warmth() -> "Warmth":
    """Return what is prepared before the next request."""
    from chalicelib.bootstrap import adapters  # noqa: PLC0415 (no message needs it, here and below)

    return adapters.warmth(ports())


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
def ports() -> "Ports":
    """Return the API handler's ports."""
    from chalicelib.bootstrap import adapters  # noqa: PLC0415

    return adapters.ports(secrets(), patience_s=clients.CALLER_PATIENCE_S)


@cache
def secrets() -> Secrets:
    """Return the secrets that the API handler may read."""
    return clients.secrets(SECRETS.of(clients.channels()))


def app_secrets() -> Iterable[str]:
    """Return the app secret, while one is being replaced the one before, and new values as `candidates` does.

    Raises ConfigError.
    """
    return secrets().candidates(Secret.APP_SECRET, Secret.APP_SECRET_PREVIOUS)


@cache
def log() -> Log:
    """Return the API handler's log."""
    return clients.log_with(secrets())
