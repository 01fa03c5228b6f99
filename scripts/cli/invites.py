"""`parley invites`: creates links that let people in, with pictures to scan; lists and revokes them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from chalicelib.access.api_key import ApiKey
from chalicelib.access.invites import Grant, Invite
from chalicelib.access.person import Access
from chalicelib.content import persona as personas
from chalicelib.errors import UnknownKey
from chalicelib.ids import Channel
from chalicelib.operations.admin import MAX_LIMIT
from chalicelib.operations.invites import LONGEST_NAME, MOST_DAYS, MOST_USES, InviteService, Links
from chalicelib.settings.stage import Secret
from scripts.cli import naming, options, qr_code
from scripts.cli.invites_view import InvitesView, JsonInvitesView, TextInvitesView
from scripts.stage import hints
from scripts.stage.environment import Environment, UsageError

_USES: Final = 1
_DAYS: Final = 7


@dataclass(frozen=True)
class Context:
    """The services and the view that each command uses."""

    invites: InviteService
    keys: Sequence[ApiKey]
    """Those that are valid."""
    links: Links
    view: InvitesView
    stage: str

    def invite(self, name: str) -> Invite:
        """Find an invite by its id, a part of it as `naming.meant` allows, or its name. Raises NotFound, UsageError."""
        known = {invite.id: invite for invite in self.invites.list()}
        found = naming.meant(name, {id_: invite.name for id_, invite in known.items()})
        for id_, invite in known.items():
            if id_ == found:
                return invite
        raise options.NotFound(f"there is no invite with that id: see {hints.command('invites list', self.stage)}")

    def linked(self, key: str | None) -> Links:
        """Return the links with the key that was named; without a name, with the only valid one. Raises UnknownKey."""
        if key is None:
            only = self.keys[0].id if len(self.keys) == 1 else None
            is_known = only or not self.keys
            return Links(self.links.page, self.links.bot if is_known else None, only)
        found = naming.meant(key, {known.id: known.name for known in self.keys})
        if found is None:
            raise UnknownKey("there is no API key of that id")
        return Links(self.links.page, self.links.bot, found)

    @property
    def is_json(self) -> bool:
        """Whether the output is for a program, which cannot be asked for confirmation."""
        return isinstance(self.view, JsonInvitesView)


def _context(environment: Environment, output: options.OutputFormat) -> Context:
    from chalicelib.aws.dynamodb.api_keys import DynamoApiKeys  # noqa: PLC0415 (imports boto3)
    from chalicelib.aws.dynamodb.invites import DynamoInvites  # noqa: PLC0415
    from chalicelib.aws.dynamodb.people import DynamoPeople  # noqa: PLC0415
    from chalicelib.aws.ssm import Secrets  # noqa: PLC0415

    settings, table, now = environment.settings, environment.table, options.clock()
    channels, stage = settings.stage.channels, settings.stage.name
    stored = Secrets(environment.aws.client("ssm"), settings.stage.secrets_prefix, (Secret.API_URL, Secret.PAGE_ID))
    id_ = stored.find(Secret.PAGE_ID) if channels.messenger else None
    page = environment.messenger or (f"https://m.me/{id_}" if id_ else None)
    bot = stored.find(Secret.API_URL) if channels.web else None
    keys = [key for key in DynamoApiKeys(table).list() if key.is_valid(now=now)] if channels.web else []
    service = InviteService(DynamoInvites(table), DynamoPeople(table), secrets.token_bytes, options.clock)
    if output is options.OutputFormat.JSON:
        return Context(service, keys, Links(page, bot), JsonInvitesView(now), stage)
    return Context(service, keys, Links(page, bot), TextInvitesView(now, settings.limits.zone, stage), stage)


with_context = options.with_context(_context)


def _name(_: click.Context, __: click.Parameter, value: str) -> str:
    name = value.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise UsageError(f"NAME must say in 1 to {LONGEST_NAME} characters what the invite is for")
    return name


@click.group()
def invites() -> None:
    """Let people in by links and pictures.

    INVITE is the id or the name in `invites list`; at least six characters of the id suffice.
    """


@invites.command()
@click.argument("name", callback=_name)
@click.option(
    "--access",
    type=click.Choice([Access.DEFAULT.value, Access.UNLIMITED.value]),
    default=Access.DEFAULT.value,
    show_default=True,
    help="What its people may ask: as others, or without a daily limit.",
)
@click.option("--daily-limit", type=click.IntRange(0, MAX_LIMIT), metavar="N", help="Or so many questions a day.")
@click.option(
    "--uses", type=click.IntRange(1, MOST_USES), default=_USES, show_default=True, help="How many people may use it."
)
@click.option(
    "--days", type=click.IntRange(1, MOST_DAYS), default=_DAYS, show_default=True, help="Days until it expires."
)
@click.option("--persona", type=click.Choice(personas.names()), help="Persona that answers its people.")
@click.option("--key", metavar="KEY", help="API key of the chat page for the web link; without it, the only one.")
@click.option(
    "--qr",
    metavar="FILE",
    help="Save a picture of a link, as .svg or .png. Its name gets `-web` for the link to the chat page.",
)
@with_context
def create(
    context: Context,
    name: str,
    *,
    access: str,
    daily_limit: int | None,
    uses: int,
    days: int,
    persona: str | None,
    key: str | None,
    qr: str | None,
) -> None:
    """Create an invite and show its links once, with a picture to scan.

    NAME is a note for you on what it is for. Who opens a link is let in as the options say, once, and counted. A
    block, or another decision of yours about a person, stays.
    """
    if daily_limit is not None and access == Access.UNLIMITED.value:
        raise UsageError("give --access unlimited or --daily-limit, not both")
    links = context.linked(key)
    if qr:
        qr_code.check(qr)
    issued = context.invites.create(
        name, Grant(Access(access), daily_limit), uses=uses, days=days, persona=persona or ""
    )
    found = {Channel.MESSENGER: links.messenger(issued.code), Channel.WEB: links.web(issued.code)}
    carriers = {channel: link for channel, link in found.items() if link}
    pictures = _save(qr, carriers) if qr else []
    context.view.issued(issued.invite, carriers, pictures)


@invites.command("list")
@with_context
def list_invites(context: Context) -> None:
    """List all invites, newest first, with how many people came by each."""
    context.view.invites(context.invites.list())


@invites.command()
@click.argument("invite")
@with_context
def show(context: Context, invite: str) -> None:
    """Show an invite and who came by it (not its code)."""
    found = context.invite(invite)
    context.view.invite(found, context.invites.came_by(found.id))


@invites.command()
@click.argument("invite")
@options.yes_option
@with_context
def revoke(context: Context, invite: str, *, yes: bool) -> None:
    """Revoke an invite, so that its links let no one in any more.

    This cannot be undone. The people who came by it keep what it gave them; `people default` takes it from one.
    """
    found = context.invite(invite)
    question = f"Revoke {found.id} ({found.name})? This cannot be undone."
    options.confirm(question, yes=yes, otherwise="the invite was not revoked", is_json=context.is_json)
    context.view.revoked(context.invites.revoke(found))


def _save(qr: str, carriers: dict[Channel, str]) -> list[Path]:
    """Save a picture of each link: the first in the file that was named, the next in one with the channel's name."""
    path, saved = options.from_callers_folder(qr), list[Path]()
    for channel, link in carriers.items():
        file = path if not saved else path.with_stem(f"{path.stem}-{channel}")
        qr_code.save(link, file)
        saved.append(file)
    return saved
