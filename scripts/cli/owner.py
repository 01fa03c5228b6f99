"""`parley owner`: makes people owners, who decide about others in their chat; lists and removes them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from chalicelib.access import identity, pairing
from chalicelib.access.handles import handle_of
from chalicelib.access.owner_ports import Owner, Owners
from chalicelib.access.ports import People
from chalicelib.aws import invocation
from chalicelib.clock import Clock, utc
from chalicelib.errors import ConfigError, UnknownPerson, WakeError
from chalicelib.ids import Channel, PersonId
from scripts.cli import keys, naming, options
from scripts.cli.terminal import counted, moment_of, print_json, print_prose, print_values
from scripts.stage import hints
from scripts.stage.environment import Environment

_MINUTES: Final = pairing.CODE_LIFE_MS // 60_000
_PLACES: Final = {Channel.MESSENGER: "Messenger", Channel.WEB: "web chat"}
_KEY: Final[dict[str, Any]] = {"name": "Owner's own chat", "daily_messages": None}


@dataclass(frozen=True)
class Context:
    """What each command uses."""

    owners: Owners
    stored: People
    environment: Environment
    clock: Clock
    is_json: bool

    @property
    def stage(self) -> str:
        """The name of the stage."""
        return self.environment.settings.stage.name

    @property
    def zone(self) -> ZoneInfo:
        """The owner's time zone."""
        return self.environment.settings.limits.zone

    def remove(self, owner: PersonId) -> bool:
        """Remove an owner; False if they are none. What is left of one who sent `/forget` then expires as usual."""
        if not self.owners.remove(owner):
            return False
        known = self.stored.get(owner)
        if known and not known.first_seen:
            self.stored.forget(owner, now=self.clock())
        return True

    def tell_others(self, removed: PersonId) -> None:
        """Let the worker notify the other owners; a failure is one line on standard error."""
        from chalicelib.aws.functions import LambdaJobStarter  # noqa: PLC0415 (imports boto3)

        function, event = self.environment.settings.stage.worker_function, invocation.owner_removed(removed)
        client = self.environment.aws.client("lambda", endpoint=self.environment.functions)
        try:
            LambdaJobStarter(client, function, event).start()
        except WakeError:
            click.echo("The others could not be notified: the bot's function did not take the request.", err=True)


def _context(environment: Environment, output: options.OutputFormat) -> Context:
    from chalicelib.aws.dynamodb.owners import DynamoOwners  # noqa: PLC0415 (imports boto3)
    from chalicelib.aws.dynamodb.people import DynamoPeople  # noqa: PLC0415 (imports boto3)

    is_json, table = output is options.OutputFormat.JSON, environment.table
    return Context(DynamoOwners(table), DynamoPeople(table), environment, options.clock, is_json)


with_context = options.with_context(_context)


@click.group()
def owner() -> None:
    """Manage the owners, who hear of new people in their own chat and decide there.

    An owner has no daily limit. There may be several.
    """


@owner.command()
@click.option(
    "--web", is_flag=True, help="Make a page of the web chat on which this can be done, and print its address."
)
@with_context
def pair(context: Context, *, web: bool) -> None:
    """Print a code that makes you an owner.

    Send it to your page on Messenger, as this command says. It can be used once, and five codes may be tried. A new
    code takes the place of the one before.

    With --web you send it on a page of the web chat that is made for you; keep its address to yourself. The web chat
    shows no notices: you get them by e-mail, as before.
    """
    address = _page(context) if web else _check_messenger(context)
    code = pairing.new_code(secrets.token_bytes)
    context.owners.offer(pairing.pairing_for(code, secrets.token_bytes, now=context.clock()))
    text = f"/owner {pairing.shown(code)}"
    if context.is_json:
        print_json({"text": text, "expires_at": utc(context.clock() + pairing.CODE_LIFE_MS), "page": address or None})
        return
    where = "on this page, in the browser that you will use" if web else "to your page on Messenger"
    print_prose(f"Send this {where}, within {_MINUTES} minutes:")
    click.echo(f"\n  {click.style(text, bold=True)}\n")
    if web:
        click.echo(f"  {address}\n")
    print_prose("You are then an owner. The code works once; whoever sends it becomes the owner.")


@owner.command("list")
@with_context
def list_owners(context: Context) -> None:
    """List the owners, the first one first."""
    owners = context.owners.list()
    if context.is_json:
        print_json({"owners": [_as_json(each) for each in owners]})
        return
    if not owners:
        print_prose(f"There is no owner yet. To become one: {hints.command('owner pair', context.stage)}")
        return
    print_values(
        [
            (handle_of(each.person), f"{_place(each)}, since {moment_of(each.since, zone=context.zone)}")
            for each in owners
        ]
    )
    click.echo(f"\n{counted(len(owners), 'owner', 'owners')}")


@owner.command()
@click.argument("person")
@options.yes_option
@with_context
def remove(context: Context, person: str, *, yes: bool) -> None:
    """Make an owner a person like others, and notify the others.

    PERSON is an owner's handle in `owner list`, or an id as in `people list`.
    """
    hint = f"that is no owner: see {hints.command('owner list', context.stage)}"
    try:
        found = naming.person_meant(person, lambda: _people(context.owners.list()))
    except UnknownPerson as exc:
        raise options.NotFound(hint) from exc
    question = f"Remove the owner {handle_of(found)}? They keep their conversation, with the daily limit of everybody."
    options.confirm(question, yes=yes, otherwise="nobody was removed", is_json=context.is_json)
    if not context.remove(found):
        raise options.NotFound(hint)
    context.tell_others(found)
    if context.is_json:
        print_json({"removed": found})
        return
    click.echo(f"{handle_of(found)} is no owner any more.")


def _check_messenger(context: Context) -> str:
    if not context.environment.settings.stage.channels.messenger:
        cure = hints.command("owner pair --web", context.stage)
        raise ConfigError(f"stage {context.stage} has no Messenger; become an owner in the web chat: {cure}")
    return ""


def _page(context: Context) -> str:
    """Create a key for the owner's own chat page, and return the page's address."""
    output = options.OutputFormat.JSON if context.is_json else options.OutputFormat.TEXT
    service = keys.context_for(context.environment, output)
    if not service.addresses.bot:
        raise ConfigError(f"the bot has no address yet: {hints.command('deploy', context.stage)}")
    issued = service.keys.create(_KEY, for_owner=True)
    return service.addresses.chat(issued.key)


def _people(owners: Sequence[Owner]) -> Sequence[Any]:
    return [each.person for each in owners]


def _place(owner: Owner) -> str:
    return _PLACES[identity.channel_of(owner.person)]


def _as_json(owner: Owner) -> dict[str, Any]:
    channel = identity.channel_of(owner.person).value
    return {"person": owner.person, "handle": handle_of(owner.person), "channel": channel, "since": utc(owner.since)}
