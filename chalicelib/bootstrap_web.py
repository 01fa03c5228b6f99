"""Where the web chat meets: its doors' services, built as in `bootstrap`, and as lazily."""

from collections.abc import Mapping
from functools import cache, partial
from secrets import token_bytes
from typing import TYPE_CHECKING, Any, Final

from chalicelib import bootstrap, keys
from chalicelib.bootstrap import APP_SECRET, QUICK, TICKET_KEY, WEBHOOK_URL, WEBSOCKET_URL
from chalicelib.secrets import Secrets
from chalicelib.store.inbox import DynamoInbox
from chalicelib.store.keys import DynamoKeys
from chalicelib.store.people import DynamoPeople
from chalicelib.store.sockets import DynamoSockets
from chalicelib.store.transcript import DynamoTranscript
from chalicelib.terms import TermsOfUse

if TYPE_CHECKING:
    from chalicelib.chat_files import Asset
    from chalicelib.keyring import Keyring
    from chalicelib.ports_web import Tokens
    from chalicelib.reception import Reception
    from chalicelib.visitors import Visitors

RECEPTIONS_SECRETS: Final = (APP_SECRET, TICKET_KEY, WEBHOOK_URL)


@cache
def reception() -> "Reception":
    """The service of the WebSockets' doors."""
    from chalicelib.admission import Admission  # noqa: PLC0415
    from chalicelib.reception import Reception  # noqa: PLC0415

    settings, table = bootstrap.settings(), bootstrap.table()
    secrets = Secrets(bootstrap.session().client("ssm", config=QUICK), settings.secrets_prefix, RECEPTIONS_SECRETS)
    known = DynamoKeys(table)
    return Reception(
        sockets=DynamoSockets(table),
        connections=bootstrap.connections(),
        admission=Admission(
            keys=known,
            tokens=tokens,
            ticket_key=partial(secrets.get, TICKET_KEY),
            own_origin=lambda: keys.origin_of(secrets.get(WEBHOOK_URL)),
            clock=bootstrap.clock,
        ),
        terms=TermsOfUse(known, settings),
        people=DynamoPeople(table),
        inbox=DynamoInbox(table),
        transcript=DynamoTranscript(table),
        wake=bootstrap.wake(in_turn=True),
        clock=bootstrap.clock,
        new_id=bootstrap.new_id,
        log=bootstrap.log_by(partial(secrets.get, APP_SECRET)),
    )


@cache
def visitors() -> "Visitors":
    """What the door answers to chat pages."""
    from chalicelib.store.tickets import DynamoTickets  # noqa: PLC0415
    from chalicelib.visitors import Visitors  # noqa: PLC0415

    secrets = bootstrap.doors_secrets()
    return Visitors(
        keys=DynamoKeys(bootstrap.table()),
        tickets=DynamoTickets(bootstrap.table()),
        ticket_key=partial(secrets.get, TICKET_KEY),
        own_origin=lambda: keys.origin_of(secrets.get(WEBHOOK_URL)),
        websocket_url=partial(secrets.get, WEBSOCKET_URL),
        new_id=bootstrap.new_id,
        clock=bootstrap.clock,
    )


@cache
def keyring() -> "Keyring":
    """What the door answers to the owner."""
    from chalicelib.keyring import Keyring  # noqa: PLC0415

    known = DynamoKeys(bootstrap.table())
    return Keyring(known, daily_limit=bootstrap.settings().daily_limit, chance=token_bytes, clock=bootstrap.clock)


@cache
def tokens() -> "Tokens | None":
    """Whoever signs people in elsewhere; None when nobody does. Ask for it when there is a token: it loads much."""
    here = bootstrap.settings()
    if not here.oidc_issuer:
        return None
    from chalicelib.channels.web.oidc import OidcTokens  # noqa: PLC0415

    return OidcTokens(here.oidc_issuer, here.oidc_audience)


def chat_file(name: str, *, known: str | None) -> "Asset":
    """One of the chat page's files; `known` is the ETag a browser has."""
    from chalicelib import chat_files  # noqa: PLC0415

    return chat_files.file(name, known=known)


def widget(*, known: str | None) -> "Asset":
    """The script that puts the chat on other pages."""
    from chalicelib import chat_files  # noqa: PLC0415

    return chat_files.widget(known=known)


def connections_url(request: Mapping[str, Any]) -> str:
    """Where API Gateway lets a WebSocket be written to, by what it says of a request from it."""
    domain, stage, api = request.get("domainName", ""), request.get("stage", ""), request.get("apiId", "")
    return bootstrap.settings().connections_url.format(domain=domain, stage=stage, api=api)
