"""`parley keys`: creates, lists, shows and revokes the API keys with which pages and programs use the web chat."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, ParamSpec

import click

from chalicelib.access import identity, rooms, signed_visitor
from chalicelib.access.api_key import ApiKey
from chalicelib.access.key_service import DEFAULT_PERSONA, MOST_DAYS, MOST_MESSAGES, STREAMED, WHOLE, ApiKeyService
from chalicelib.content import persona
from chalicelib.errors import BadRequest, ConfigError, UnknownKey
from chalicelib.settings.stage import Secret
from scripts.cli import naming, options
from scripts.cli.keys_view import Addresses, JsonKeysView, KeysView, TextKeysView
from scripts.cli.live_connections import live_connections
from scripts.stage import hints
from scripts.stage.environment import Environment, UsageError

P = ParamSpec("P")

_NO_LIMIT: Final = "none"
_MESSAGES: Final = click.IntRange(1, MOST_MESSAGES)


@dataclass(frozen=True)
class Context:
    """The services and the view that each command uses."""

    keys: ApiKeyService
    addresses: Addresses
    view: KeysView
    ticket_key: Callable[[], str] = field(repr=False)
    """Reads the secret that signs tickets. Raises ConfigError."""

    def key(self, name: str) -> ApiKey:
        """Find a key by its id, a part of it as `naming.meant` allows, or its name. Raises UnknownKey, UsageError."""
        known = self.keys.list()
        found = naming.meant(name, {key.id: key.name for key in known})
        if found is None:
            raise UnknownKey("there is no API key of that id")
        return self.keys.show(found)

    @property
    def is_json(self) -> bool:
        """Whether the output is for a program, which cannot be asked for confirmation."""
        return isinstance(self.view, JsonKeysView)


def context_for(environment: Environment, output: options.OutputFormat) -> Context:
    """Return what the commands use. Raises ConfigError without a web chat."""
    from chalicelib.aws.dynamodb.api_keys import DynamoApiKeys  # noqa: PLC0415 (imports boto3)
    from chalicelib.aws.ssm import Secrets  # noqa: PLC0415

    settings = environment.settings
    if not settings.stage.channels.web:
        cure = hints.command("deploy --channels messenger,web", settings.stage.name)
        raise ConfigError(f"stage {settings.stage.name} has no web chat, and only that has keys: {cure}")
    urls = (Secret.API_URL, Secret.WEBSOCKET_URL)
    ssm, prefix = environment.aws.client("ssm"), settings.stage.secrets_prefix
    api, websocket = map(Secrets(ssm, prefix, urls).find, urls)
    ticket_key = partial(Secrets(ssm, prefix, (Secret.TICKET_KEY,)).get, Secret.TICKET_KEY)
    addresses = Addresses(api or "", websocket or "")
    service = ApiKeyService(
        DynamoApiKeys(environment.table),
        live_connections(environment),
        settings.limits.daily_limit,
        secrets.token_bytes,
        options.clock,
        settings.choice.listed,
    )
    if output is options.OutputFormat.JSON:
        return Context(service, addresses, JsonKeysView(service), ticket_key)
    view = TextKeysView(options.clock(), settings.limits.zone, settings.stage.name)
    return Context(service, addresses, view, ticket_key)


with_context = options.with_context(context_for)


def _id(_: click.Context, __: click.Parameter, value: str) -> str:
    """Accept an id, or the whole key, from which the id is taken; other texts are names or parts of an id."""
    return value.removeprefix("parley_").partition("_")[0] if value.startswith("parley_") else value


def _daily(_: click.Context, __: click.Parameter, value: str | None) -> dict[str, int | None]:
    if value is None:
        return {}
    if value == _NO_LIMIT:
        return {"daily_messages": None}
    if not (value.isascii() and value.isdigit() and int(value[:20]) <= MOST_MESSAGES):
        raise UsageError(f"{value} is not a valid limit: give a whole number from 0 to {MOST_MESSAGES}, or {_NO_LIMIT}")
    return {"daily_messages": int(value)}


def _check_room(name: str) -> None:
    if not rooms.is_room_name(name):
        raise UsageError(f"the name of a room {rooms.NAME_RULE}")


@click.group()
def keys() -> None:
    """Manage the API keys of the web chat.

    A key decides who may use the chat, and how much.

    A program authenticates with the key itself. A page only contains the key's ID; its visitors get tickets.
    """


@keys.command()
@click.argument("name")
@click.option(
    "--origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="Page that may use the key: https://example.com, or * for any. Can be repeated.",
)
@click.option("--max-messages", type=_MESSAGES, metavar="N", help="Questions in total; without it, no limit.")
@click.option(
    "--daily-messages", callback=_daily, metavar="N", help="Questions per visitor and day, or `none` for no limit."
)
@click.option(
    "--days", type=click.IntRange(1, MOST_DAYS), metavar="N", help="Days until the key expires; without it, never."
)
@click.option(
    "--persona",
    type=click.Choice(persona.names()),
    default=DEFAULT_PERSONA,
    show_default=True,
    help="Persona that answers.",
)
@click.option("--model", metavar="MODEL", help="Model that answers, one of PARLEY_MODELS; without it the persona's.")
@click.option("--open", is_flag=True, help="Let clients in that only have the key's ID, in the WebSocket's address.")
@click.option(
    "--answers",
    type=click.Choice([STREAMED, WHOLE]),
    default=STREAMED,
    show_default=True,
    help="How clients get answers: word by word, or each in one simple frame.",
)
@click.option("--open-rooms", is_flag=True, help="Let visitors join every room by its name; see `keys room`.")
@with_context
def create(
    context: Context, /, *, origins: tuple[str, ...], daily_messages: dict[str, int | None], **params: Any
) -> None:
    """Create a key and show it once, with the line for your page.

    NAME is a note for you on what the key is for. Without --daily-messages, the daily limit of people on Messenger
    applies to each visitor too.
    """
    try:
        issued = context.keys.create({**params, "origins": origins, **daily_messages})
    except BadRequest as exc:
        raise UsageError(str(exc)) from exc
    context.view.issued(issued, context.addresses)


@keys.command("list")
@with_context
def list_keys(context: Context) -> None:
    """List all keys, newest first."""
    context.view.keys(context.keys.list())


@keys.command()
@click.argument("key", metavar="ID", callback=_id)
@with_context
def show(context: Context, key: str) -> None:
    """Show a key's settings and use (not the secret).

    ID is the key's id or name in `keys list`; at least six characters of the id suffice.
    """
    context.view.key(context.key(key), context.addresses)


@keys.command()
@click.argument("key", metavar="ID", callback=_id)
@click.argument("name")
@with_context
def room(context: Context, key: str, name: str) -> None:
    """Print the full name of a room, for the people who may join it.

    NAME is up to you, such as order-1234. The full name ends with a code that cannot be guessed; it is always the same
    for the same NAME, and nothing is stored. ID is as in `keys show`, or oidc for the rooms of people who sign in.
    """
    _check_room(name)
    if key == identity.SIGNED_IN:
        full = rooms.full_name(name, secret=context.ticket_key())
        context.view.room(full, None, context.addresses)
        return
    found = context.key(key)
    context.view.room(context.keys.room(found, name), found, context.addresses)


@keys.command("rooms")
@click.argument("key", metavar="ID", callback=_id)
@click.argument("openness", metavar="open|closed", type=click.Choice(["open", "closed"]))
@with_context
def open_or_close_rooms(context: Context, key: str, openness: str) -> None:
    """Open a key's rooms to all its visitors, or close them.

    In closed rooms are only those who got the room's full name from `keys room` or POST /rooms, and programs that have
    the key itself. Closing disconnects all visitors for a moment, so that all have to show full names.
    """
    context.view.rooms(context.keys.set_open_rooms(context.key(key).id, is_open=openness == "open"))


@keys.command()
@click.argument("key", metavar="ID", callback=_id)
@click.option("--next", "ahead", is_flag=True, help="Print the secret that is valid after `keys rotate`.")
@with_context
def signing(context: Context, key: str, *, ahead: bool) -> None:
    """Print the secret with which your site signs its visitors.

    A visitor who is a customer of yours then has the same conversation on each device. The next secret is accepted
    already, so that your site can change to it before `keys rotate`. ID is as in `keys show`.
    """
    found = context.key(key)
    secret = signed_visitor.secret_of(found, ticket_key=context.ticket_key(), ahead=int(ahead))
    context.view.signing(secret, found, context.addresses)


@keys.command()
@click.argument("key", metavar="ID", callback=_id)
@click.argument("customer")
@with_context
def customer(context: Context, key: str, customer: str) -> None:
    """Print the person that a customer of your site is in `people`.

    CUSTOMER is your own id of the customer, as your site signs it. Parley does not store it. ID is as in `keys show`.
    """
    if not signed_visitor.is_subject(customer):
        raise UsageError(f"CUSTOMER {signed_visitor.SUBJECT_RULE}")
    found = context.key(key)
    context.view.customer(identity.visitor(found.id, signed_visitor.name_of(found, customer)))


@keys.command()
@click.argument("key", metavar="ID", callback=_id)
@options.yes_option
@with_context
def rotate(context: Context, key: str, *, yes: bool) -> None:
    """Replace the secret of `keys signing` by the next one.

    The old secret is refused from then on. Disconnects all visitors of the key. Pages with a token that the old secret
    signed have to be loaded again.
    Customers keep their conversations. ID is as in `keys show`.
    """
    found = context.key(key)
    question = f"Refuse the secret that signs the visitors of {found.id} ({found.name})?"
    options.confirm(question, yes=yes, otherwise="the secret was not rotated", is_json=context.is_json)
    context.view.rotated(context.keys.rotate(found.id))


@keys.command()
@click.argument("key", metavar="ID", callback=_id)
@options.yes_option
@with_context
def revoke(context: Context, key: str, *, yes: bool) -> None:
    """Revoke a key; its visitors lose access immediately.

    This cannot be undone. ID is the key's id or name in `keys list`; at least six characters of the id suffice.
    """
    found = context.key(key)
    question = f"Revoke {found.id} ({found.name})? This cannot be undone."
    options.confirm(question, yes=yes, otherwise="the key was not revoked", is_json=context.is_json)
    context.view.revoked(context.keys.revoke(found.id))
