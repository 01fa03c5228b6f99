"""`parley keys`: what web pages and programs get into the chat with, and how much they may ask."""

import secrets
from dataclasses import dataclass
from typing import Any, Final, ParamSpec

import click

from chalicelib.access.entitlements import WEB_PERSONA
from chalicelib.access.key_service import MOST_DAYS, MOST_MESSAGES, ApiKeyService
from chalicelib.content import persona
from chalicelib.errors import BadRequest
from scripts.cli import options
from scripts.cli.keys_view import Addresses, JsonKeysView, KeysView, TextKeysView
from scripts.stage.environment import Environment, UsageError

P = ParamSpec("P")

_NO_LIMIT: Final = "none"
_MESSAGES: Final = click.IntRange(1, MOST_MESSAGES)


@dataclass(frozen=True)
class Context:
    """What every command works with."""

    keys: ApiKeyService
    addresses: Addresses
    view: KeysView


def _context(environment: Environment, /, *, json: bool) -> Context:
    from chalicelib.aws.dynamodb.api_keys import DynamoApiKeys  # noqa: PLC0415 (brings boto3)
    from chalicelib.aws.ssm import Secrets  # noqa: PLC0415
    from chalicelib.bootstrap import WEBHOOK_URL, WEBSOCKET_URL  # noqa: PLC0415

    settings = environment.settings
    noted = Secrets(environment.aws.client("ssm"), settings.secrets_prefix, (WEBHOOK_URL, WEBSOCKET_URL))
    addresses = Addresses((noted.find(WEBHOOK_URL) or "").removesuffix("/webhook"), noted.find(WEBSOCKET_URL) or "")
    service = ApiKeyService(DynamoApiKeys(environment.table), settings.daily_limit, secrets.token_bytes, options.clock)
    return Context(service, addresses, JsonKeysView(service) if json else TextKeysView(options.clock(), settings.zone))


with_context = options.with_context(_context)


def _id(_: click.Context, __: click.Parameter, value: str) -> str:
    """Of an id, or of the key itself."""
    return value.removeprefix("parley_").partition("_")[0]


def _daily(_: click.Context, __: click.Parameter, value: str | None) -> dict[str, int | None]:
    if value is None:
        return {}
    if value == _NO_LIMIT:
        return {"daily_messages": None}
    if not (value.isascii() and value.isdigit() and int(value[:20]) <= MOST_MESSAGES):
        raise UsageError(f'"{value}" is no limit: give a whole number from 0 to {MOST_MESSAGES}, or {_NO_LIMIT}')
    return {"daily_messages": int(value)}


@click.group()
def keys() -> None:
    """API keys for the web chat: who may use it, and how much.

    Programs write with a key. Pages do not: they name the key's ID, and their visitors get tickets.
    """


@keys.command()
@click.argument("name")
@click.option(
    "--origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="A page that may use it: https://example.com, or * for any.",
)
@click.option("--max-messages", type=_MESSAGES, metavar="N", help="Questions in all; without it, no limit.")
@click.option(
    "--daily-messages", callback=_daily, metavar="N", help="Questions a day and visitor; or none for no limit."
)
@click.option("--days", type=click.IntRange(1, MOST_DAYS), metavar="N", help="For how long; without it, for ever.")
@click.option(
    "--persona", type=click.Choice(persona.names()), default=WEB_PERSONA, show_default=True, help="Who answers."
)
@with_context
def create(
    context: Context, /, *, origins: tuple[str, ...], daily_messages: dict[str, int | None], **wish: Any
) -> None:
    """Make a key, show it once, and tell what to do with it.

    NAME says what it is for, to you. Without --daily-messages, a visitor may ask as often a day as people on Messenger.
    """
    try:
        made = context.keys.create({**wish, "origins": origins, **daily_messages})
    except BadRequest as exc:
        raise UsageError(str(exc)) from exc
    context.view.made(made, context.addresses)


@keys.command("list")
@with_context
def list_keys(context: Context) -> None:
    """All keys, the latest first."""
    context.view.keys(context.keys.list())


@keys.command()
@click.argument("key", metavar="ID", callback=_id)
@with_context
def show(context: Context, key: str) -> None:
    """All about one key but the key itself."""
    context.view.key(context.keys.show(key), context.addresses)


@keys.command()
@click.argument("key", metavar="ID", callback=_id)
@with_context
def revoke(context: Context, key: str) -> None:
    """Never accept a key again, nor its visitors; at once and for ever."""
    context.view.revoked(context.keys.revoke(key))
