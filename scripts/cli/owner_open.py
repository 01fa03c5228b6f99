"""`parley owner open`: makes a link to the owner's page. `parley owner leave` signs every browser out."""

import secrets
from dataclasses import dataclass
from functools import partial

import click

from chalicelib.access.owner_session import LINK_KEPT_S
from chalicelib.access.owner_session_ports import OwnerSessions
from chalicelib.operations import owner_link
from chalicelib.operations.owner_link import OwnerLinks
from chalicelib.settings.stage import Secret
from scripts.cli import options
from scripts.cli.options import OutputFormat
from scripts.cli.terminal import counted, print_json
from scripts.stage.environment import Environment


@dataclass(frozen=True)
class Context:
    """What the commands use."""

    links: OwnerLinks
    sessions: OwnerSessions
    is_json: bool


def _context(environment: Environment, output: OutputFormat) -> Context:
    from chalicelib.aws.dynamodb.owner_sessions import DynamoOwnerSessions  # noqa: PLC0415 (imports boto3)
    from chalicelib.aws.ssm import Secrets  # noqa: PLC0415

    settings = environment.settings
    names = (Secret.API_URL, Secret.WEBHOOK_URL)
    stored = Secrets(environment.aws.client("ssm"), settings.stage.secrets_prefix, names)
    sessions = DynamoOwnerSessions(environment.table)
    links = OwnerLinks(sessions, partial(owner_link.api_url, stored.find), secrets.token_bytes, options.clock)
    return Context(links, sessions, is_json=output is OutputFormat.JSON)


_with_context = options.with_context(_context)


@click.command("open")
@_with_context
def open_page(context: Context) -> None:
    """Print a link to your page: people, money and settings.

    The link works once, within five minutes; the browser that opens it stays signed in. Do not pass it on.
    """
    address = context.links.mint(None)
    if context.is_json:
        print_json({"url": address, "seconds": LINK_KEPT_S})
        return
    click.echo(address)
    click.echo(f"\nIt works once, within {LINK_KEPT_S // 60} minutes, in the browser that opens it first.", err=True)


@click.command("leave")
@_with_context
def leave(context: Context) -> None:
    """Sign out every browser in which your page is open."""
    found = context.sessions.all(now=options.clock())
    for session in found:
        context.sessions.end(session.id)
    if context.is_json:
        print_json({"ended": len(found)})
        return
    click.echo(f"Signed out: {counted(len(found), 'browser', 'browsers')}.")
