"""The service of the three WebSocket functions."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from chalicelib.access import api_key
from chalicelib.access.admission import Admission
from chalicelib.access.authentication import Authenticator
from chalicelib.access.ports import IdTokens
from chalicelib.aws.ssm import Secrets
from chalicelib.bootstrap import adapters, clients
from chalicelib.bootstrap.ports import Ports
from chalicelib.channels.web.handler import WebSocketHandler
from chalicelib.channels.web.handshake import Handshake
from chalicelib.ids import Needs
from chalicelib.operations.warmth import Step, Warmth
from chalicelib.settings.stage import Secret

if TYPE_CHECKING:
    from chalicelib.access.oidc import OidcTokens

SECRETS: Final = Needs[Secret](
    always=(Secret.TICKET_KEY, Secret.PSEUDONYM_KEY, Secret.API_URL, Secret.WEBSOCKET_URL, Secret.FIRST_ISSUER)
)


def assemble(
    ports: Ports,
    *,
    ticket_keys: Callable[[], Iterable[str]],
    own_origin: Callable[[], str],
    first_issuer: Callable[[], str | None],
    id_token_verifier: Callable[[], IdTokens | None],
) -> WebSocketHandler:
    """Build the WebSocket handler over these ports."""
    web, entitlements = ports.settings.web, ports.entitlements()
    authenticator = Authenticator(
        keys=ports.api_keys,
        id_token_verifier=id_token_verifier,
        first_issuer=first_issuer,
        ticket_keys=ticket_keys,
        own_origin=own_origin,
        clock=ports.clock,
        new_id=ports.new_id,
    )
    return WebSocketHandler(
        connections=ports.connections,
        connection_api=ports.connection_api,
        authenticator=authenticator,
        entitlements=entitlements,
        people=ports.people,
        transcript=ports.transcript,
        lists=ports.lists,
        facts=ports.facts,
        ingest=ports.ingest(),
        clock=ports.clock,
        sleep=ports.sleep,
        new_id=ports.new_id,
        log=ports.log,
        handshake=Handshake(
            authenticator,
            Admission(ports.people, entitlements, ports.clock),
            web.open_key,
            is_required=web.only_by_address,
        ),
    )


@cache
def handler() -> WebSocketHandler:
    """Return the WebSocket handler."""
    return assemble(
        ports(),
        ticket_keys=partial(secrets().candidates, Secret.TICKET_KEY),
        own_origin=lambda: api_key.origin_of(secrets().get(Secret.API_URL)),
        first_issuer=lambda: secrets().find(Secret.FIRST_ISSUER),
        id_token_verifier=id_token_verifier,
    )


@cache
def ports() -> Ports:
    """Return the ports of the WebSocket functions."""
    return adapters.ports(secrets(), patience_s=clients.CALLER_PATIENCE_S)


@cache
def secrets() -> Secrets:
    """Return the secrets that the functions for connections and messages may read; the third reads none."""
    return clients.secrets(SECRETS.of(clients.channels()))


def connecting() -> Warmth:
    """Return what the function for new connections prepares before a person comes."""
    return adapters.warmth(ports(), **_issuers_keys())


def receiving() -> Warmth:
    """Return what the function for messages prepares before a person comes; the first frame is answered at once."""
    return adapters.warmth(ports(), web=adapters.warming_connections(secrets()), **_issuers_keys())


def _issuers_keys() -> dict[str, Step]:
    """Return the step that fetches the keys with which tokens are verified; none where nobody can sign in."""
    tokens = id_token_verifier()
    return {"sign_in": tokens.warm} if tokens else {}


@cache
def id_token_verifier() -> "OidcTokens | None":
    """Return the verifier of tokens; None when no issuer is configured."""
    sign_in = clients.settings().web.sign_in
    if sign_in is None:
        return None
    from chalicelib.access.oidc import OidcTokens  # noqa: PLC0415 (loads cryptography; only a token needs it)

    return OidcTokens(sign_in.issuer, sign_in.audience)


def endpoint_of(request_context: Mapping[str, Any]) -> str:
    """Return the address for writing to a connection, from the `requestContext` of its event."""
    return clients.endpoint_of(*(request_context.get(name, "") for name in ("apiId", "stage")))
