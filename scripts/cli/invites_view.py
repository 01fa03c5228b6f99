"""Prints invites: as text in 80 columns for the owner, as one JSON document for programs."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from zoneinfo import ZoneInfo

import click

from chalicelib.access.handles import handle_of
from chalicelib.access.invites import Invite, InviteState, state
from chalicelib.access.person import Access, Person
from chalicelib.ids import Channel
from chalicelib.operations import invites as operations
from scripts.cli import qr_code
from scripts.cli.terminal import (
    counted,
    date_of,
    moment_of,
    plain,
    print_fitting,
    print_json,
    print_prose,
    print_values,
)
from scripts.stage import hints

if TYPE_CHECKING:
    from rich.table import Table as Grid

_COLOURS: Final = {InviteState.OPEN: "green", InviteState.REVOKED: "red"}
_NO_LINK: Final = {
    Channel.MESSENGER: "There is no link for Messenger: the stage has no page, or is not deployed yet.",
    Channel.WEB: "There is no link to a chat page: name one of the API keys with --key, or deploy first.",
}


class InvitesView(Protocol):
    """Prints results on standard output."""

    def issued(self, invite: Invite, links: Mapping[Channel, str], pictures: Sequence[Path]) -> None:
        """Print a new invite with its links, and where pictures of them were saved."""

    def invites(self, invites: Sequence[Invite]) -> None:
        """Print the invites, in the given order."""

    def invite(self, invite: Invite, came: Sequence[Person]) -> None:
        """Print an invite and the people who came by it."""

    def revoked(self, invite: Invite) -> None:
        """Confirm that an invite is revoked."""


@dataclass(frozen=True)
class JsonInvitesView:
    """`InvitesView` for programs. Later versions may add fields but never change or remove one; times are in UTC."""

    now: int

    def issued(self, invite: Invite, links: Mapping[Channel, str], pictures: Sequence[Path]) -> None:
        found = {"links": {channel.value: links.get(channel) for channel in Channel}}
        print_json({**operations.as_json(invite, now=self.now), **found, "pictures": [str(file) for file in pictures]})

    def invites(self, invites: Sequence[Invite]) -> None:
        print_json({"invites": [operations.as_json(invite, now=self.now) for invite in invites]})

    def invite(self, invite: Invite, came: Sequence[Person]) -> None:
        people = [operations.came_as_json(person, invite.id) for person in came]
        print_json({**operations.as_json(invite, now=self.now), "people": people})

    def revoked(self, invite: Invite) -> None:
        print_json(operations.as_json(invite, now=self.now))


@dataclass(frozen=True)
class TextInvitesView:
    """`InvitesView` for the owner: dates are in the owner's time zone."""

    now: int
    """Milliseconds since 1970."""
    zone: ZoneInfo
    stage: str

    def issued(self, invite: Invite, links: Mapping[Channel, str], pictures: Sequence[Path]) -> None:
        print_prose(f"{invite.id} ({invite.name}): {self._summary(invite)}\n")
        print_prose("Copy what you need now: the links are not shown again.\n")
        for channel in Channel:
            click.echo(f"{channel.value:9}  {links[channel]}" if channel in links else _NO_LINK[channel])
        for file in pictures:
            click.echo(f"picture    {file}")
        if links and sys.stdout.isatty():
            channel, link = next(iter(links.items()))
            click.echo(f"\nTo scan, for {channel.value}:\n\n{qr_code.drawn(link)}")
        click.echo(f"\nWho came by it: {hints.command(f'invites show {invite.id}', self.stage)}")

    def invites(self, invites: Sequence[Invite]) -> None:
        if not invites:
            create = hints.command("invites create NAME", self.stage)
            print_prose("There are no invites yet. To create one:")
            click.echo(f"  {create}")
            return
        print_fitting([self._list(invites)], [(f"{each.id} {each.name}", self._summary(each)) for each in invites])

    def invite(self, invite: Invite, came: Sequence[Person]) -> None:
        print_values(
            [
                ("id", invite.id),
                ("name", invite.name),
                ("state", state(invite, now=self.now).value),
                ("gives", _grant(invite)),
                *([("persona", invite.persona)] if invite.persona else []),
                ("used", f"{invite.used} of {invite.uses}"),
                ("created", self._moment(invite.created_at)),
                ("expires", self._moment(invite.expires_at)),
                *([("revoked", self._moment(invite.revoked_at))] if invite.revoked_at else []),
            ]
        )
        click.echo()
        for person in came:
            click.echo(f"{handle_of(person.id)}  {self._moment(person.invites[invite.id])}  {person.id}")
        forgotten = invite.used - len(came)
        if forgotten > 0:
            click.echo(f"{counted(forgotten, 'person', 'people')} of whom nothing is stored any more")
        elif not came:
            click.echo("No one has come by it yet.")

    def revoked(self, invite: Invite) -> None:
        print_prose(f"{invite.id} ({invite.name}) is revoked. Its links let no one in any more.")

    def _list(self, invites: Sequence[Invite]) -> "Grid":
        from rich.table import Table  # noqa: PLC0415

        grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False)
        for head in ("id", "name", "gives"):
            grid.add_column(head, no_wrap=head == "id", overflow="fold")
        grid.add_column("came", no_wrap=True, justify="right")
        for head in ("expires", "state"):
            grid.add_column(head, no_wrap=True)
        for invite in invites:
            current = state(invite, now=self.now)
            cells = (invite.id, invite.name, _grant(invite), f"{invite.used}/{invite.uses}")
            expires = date_of(invite.expires_at, now=self.now, zone=self.zone)
            grid.add_row(*map(plain, (*cells, expires)), plain(current.value, _COLOURS.get(current, "yellow")))
        return grid

    def _summary(self, invite: Invite) -> str:
        persona = f", answered by {invite.persona}" if invite.persona else ""
        used = f"{invite.used} of {invite.uses} used"
        current, expires = state(invite, now=self.now).value, self._moment(invite.expires_at)
        return f"{current}, {used}, {_grant(invite)}{persona}, until {expires}"

    def _moment(self, at: int) -> str:
        return moment_of(at, zone=self.zone)


def _grant(invite: Invite) -> str:
    if invite.grant.access is Access.UNLIMITED:
        return "no daily limit"
    return "the usual limit" if invite.grant.daily_limit is None else f"{invite.grant.daily_limit} a day"
