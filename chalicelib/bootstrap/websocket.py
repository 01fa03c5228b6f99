"""The service of the three WebSocket functions."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Any, Final

from chalicelib.access import api_key
from chalicelib.access.authentication import Authenticator
from chalicelib.access.ports import IdTokens
from chalicelib.bootstrap import clients
from chalicelib.bootstrap.ports import Ports
from chalicelib.channels.web.handler import WebSocketHandler
from chalicelib.settings import Secret

SECRETS: Final = (Secret.TICKET_KEY, Secret.PSEUDONYM_KEY, Secret.WEBHOOK_URL)


def assemble(
    ports: Ports,
    *,
    ticket_keys: Callable[[], Iterable[str]],
    own_origin: Callable[[], str],
    id_token_verifier: Callable[[], IdTokens | None],
) -> WebSocketHandler:
    """Build the WebSocket handler over these ports."""
    return WebSocketHandler(
        connections=ports.connections,
        connection_api=ports.connection_api,
        authenticator=Authenticator(
            keys=ports.api_keys,
            id_token_verifier=id_token_verifier,
            ticket_keys=ticket_keys,
            own_origin=own_origin,
            clock=ports.clock,
            new_id=ports.new_id,
        ),
        entitlements=ports.entitlements(),
        people=ports.people,
        transcript=ports.transcript,
        ingest=ports.ingest(),
        clock=ports.clock,
        new_id=ports.new_id,
        log=ports.log,
        open_key=ports.settings.web.open_key,
    )


@cache
def handler() -> WebSocketHandler:
    """Return the WebSocket handler."""
    secrets = clients.secrets(SECRETS)
    return assemble(
        clients.ports(secrets, patience_s=clients.CALLER_PATIENCE_S),
        ticket_keys=partial(secrets.candidates, Secret.TICKET_KEY),
        own_origin=lambda: api_key.origin_of(secrets.get(Secret.WEBHOOK_URL)),
        id_token_verifier=id_token_verifier,
    )


@cache
def id_token_verifier() -> IdTokens | None:
    """Return the verifier of ID tokens; None when no issuer is configured."""
    sign_in = clients.settings().web.sign_in
    if sign_in is None:
        return None
    from chalicelib.access.oidc import OidcTokens  # noqa: PLC0415 (loads cryptography; only a token needs it)

    return OidcTokens(sign_in.issuer, sign_in.audience)


def endpoint_of(request_context: Mapping[str, Any]) -> str:
    """Return the address for writing to a connection, from the `requestContext` of its event."""
    api, stage = (request_context.get(name, "") for name in ("apiId", "stage"))
    url, region = clients.settings().web.connections_url, clients.session().region_name
    return url.format(api=api, region=region, stage=stage)
