"""`parley keys`: what web pages and programs get into the chat with, and how much they may ask."""

import secrets
from dataclasses import dataclass
from typing import Any, Final, ParamSpec

import click

from chalicelib.access.key_service import DEFAULT_PERSONA, MOST_DAYS, MOST_MESSAGES, ApiKeyService
from chalicelib.content import persona
from chalicelib.errors import BadRequest
from chalicelib.settings import Secret
from scripts.cli import options
from scripts.cli.keys_view import Addresses, Json, Text, View
from scripts.stage.environment import Environment, UsageError

P = ParamSpec("P")

_NO_LIMIT: Final = "none"
_MESSAGES: Final = click.IntRange(1, MOST_MESSAGES)


@dataclass(frozen=True)
class Desk:
    """What every command works with."""

    keyring: ApiKeyService
    addresses: Addresses
    view: View


def _desk(place: Environment, /, *, json: bool) -> Desk:
    from chalicelib.aws.dynamodb.api_keys import DynamoApiKeys  # noqa: PLC0415 (brings boto3)
    from chalicelib.aws.ssm import Secrets  # noqa: PLC0415

    noted = Secrets(
        place.aws.client("ssm"), place.settings.stage.secrets_prefix, (Secret.WEBHOOK_URL, Secret.WEBSOCKET_URL)
    )
    addresses = Addresses(
        (noted.find(Secret.WEBHOOK_URL) or "").removesuffix("/webhook"), noted.find(Secret.WEBSOCKET_URL) or ""
    )
    keyring = ApiKeyService(
        DynamoApiKeys(place.table), place.settings.limits.daily_limit, secrets.token_bytes, options.clock
    )
    return Desk(keyring, addresses, Json(keyring) if json else Text(options.clock(), place.settings.limits.zone))


at_desk = options.at_desk(_desk)


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
    "--persona", type=click.Choice(persona.names()), default=DEFAULT_PERSONA, show_default=True, help="Who answers."
)
@at_desk
def create(desk: Desk, /, *, origins: tuple[str, ...], daily_messages: dict[str, int | None], **params: Any) -> None:
    """Make a key, show it once, and tell what to do with it.

    NAME says what it is for, to you. Without --daily-messages, a visitor may ask as often a day as people on Messenger.
    """
    try:
        made = desk.keyring.create({**params, "origins": origins, **daily_messages})
    except BadRequest as exc:
        raise UsageError(str(exc)) from exc
    desk.view.made(made, desk.addresses)


@keys.command("list")
@at_desk
def list_keys(desk: Desk) -> None:
    """All keys, the latest first."""
    desk.view.keys(desk.keyring.list())


@keys.command()
@click.argument("key", metavar="ID", callback=_id)
@at_desk
def show(desk: Desk, key: str) -> None:
    """All about one key but the key itself."""
    desk.view.key(desk.keyring.show(key), desk.addresses)


@keys.command()
@click.argument("key", metavar="ID", callback=_id)
@at_desk
def revoke(desk: Desk, key: str) -> None:
    """Never accept a key again, nor its visitors; at once and for ever."""
    desk.view.revoked(desk.keyring.revoke(key))
