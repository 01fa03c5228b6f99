"""Where the web chat meets: its doors' services, built as in `bootstrap`, and as lazily."""

from collections.abc import Mapping
from functools import cache, partial
from secrets import token_bytes
from typing import TYPE_CHECKING, Any, Final

from chalicelib import bootstrap
from chalicelib.access import api_key
from chalicelib.access.entitlements import EntitlementService
from chalicelib.aws.dynamodb.api_keys import DynamoApiKeys
from chalicelib.aws.dynamodb.connections import DynamoConnections
from chalicelib.aws.dynamodb.inbox import DynamoInbox
from chalicelib.aws.dynamodb.people import DynamoPeople
from chalicelib.aws.dynamodb.transcript import DynamoTranscript
from chalicelib.aws.ssm import Secrets
from chalicelib.bootstrap import QUICK
from chalicelib.settings import Secret

if TYPE_CHECKING:
    from chalicelib.access.key_service import ApiKeyService
    from chalicelib.access.ports import IdTokens
    from chalicelib.channels.web.config import ChatConfig
    from chalicelib.channels.web.handler import WebSocketHandler
    from chalicelib.content.assets import Asset

RECEPTIONS_SECRETS: Final = (Secret.APP_SECRET, Secret.TICKET_KEY, Secret.WEBHOOK_URL)


@cache
def reception() -> "WebSocketHandler":
    """The service of the WebSockets' doors."""
    from chalicelib.access.authentication import Authenticator  # noqa: PLC0415
    from chalicelib.channels.web.handler import WebSocketHandler  # noqa: PLC0415

    settings, table = bootstrap.settings(), bootstrap.table()
    secrets = Secrets(
        bootstrap.session().client("ssm", config=QUICK), settings.stage.secrets_prefix, RECEPTIONS_SECRETS
    )
    known = DynamoApiKeys(table)
    return WebSocketHandler(
        connections=DynamoConnections(table),
        connection_api=bootstrap.connection_api(),
        authenticator=Authenticator(
            keys=known,
            id_token_verifier=tokens,
            ticket_key=partial(secrets.get, Secret.TICKET_KEY),
            own_origin=lambda: api_key.origin_of(secrets.get(Secret.WEBHOOK_URL)),
            clock=bootstrap.clock,
        ),
        terms=EntitlementService(known, settings.limits, settings.messenger.persona),
        people=DynamoPeople(table),
        inbox=DynamoInbox(table),
        transcript=DynamoTranscript(table),
        wake=bootstrap.wake(in_turn=True),
        clock=bootstrap.clock,
        new_id=bootstrap.new_id,
        log=bootstrap.log_by(partial(secrets.get, Secret.APP_SECRET)),
    )


@cache
def visitors() -> "ChatConfig":
    """What the door answers to chat pages."""
    from chalicelib.aws.dynamodb.api_keys import DynamoTickets  # noqa: PLC0415
    from chalicelib.channels.web.config import ChatConfig  # noqa: PLC0415

    secrets = bootstrap.doors_secrets()
    return ChatConfig(
        keys=DynamoApiKeys(bootstrap.table()),
        tickets=DynamoTickets(bootstrap.table()),
        ticket_key=partial(secrets.get, Secret.TICKET_KEY),
        own_origin=lambda: api_key.origin_of(secrets.get(Secret.WEBHOOK_URL)),
        websocket_url=partial(secrets.get, Secret.WEBSOCKET_URL),
        new_id=bootstrap.new_id,
        clock=bootstrap.clock,
    )


@cache
def keyring() -> "ApiKeyService":
    """What the door answers to the owner."""
    from chalicelib.access.key_service import ApiKeyService  # noqa: PLC0415

    known = DynamoApiKeys(bootstrap.table())
    return ApiKeyService(
        known, daily_limit=bootstrap.settings().limits.daily_limit, chance=token_bytes, clock=bootstrap.clock
    )


@cache
def tokens() -> "IdTokens | None":
    """Whoever signs people in elsewhere; None when nobody does. Ask for it when there is a token: it loads much."""
    sign_in = bootstrap.settings().web.sign_in
    if not sign_in:
        return None
    from chalicelib.access.oidc import OidcTokens  # noqa: PLC0415

    return OidcTokens(sign_in.issuer, sign_in.audience)


def chat_file(name: str, *, known: str | None) -> "Asset":
    """One of the chat page's files; `known` is the ETag a browser has."""
    from chalicelib.content import assets  # noqa: PLC0415

    return assets.file(name, known=known)


def widget(*, known: str | None) -> "Asset":
    """The script that puts the chat on other pages."""
    from chalicelib.content import assets  # noqa: PLC0415

    return assets.widget(known=known)


def connections_url(request: Mapping[str, Any]) -> str:
    """Where API Gateway lets a WebSocket be written to, by what it says of a request from it."""
    domain, stage, api = request.get("domainName", ""), request.get("stage", ""), request.get("apiId", "")
    return bootstrap.settings().web.connections_url.format(domain=domain, stage=stage, api=api)
