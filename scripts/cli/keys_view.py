"""How API keys are shown: to the owner as text that fits 80 columns, to programs as one JSON document."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

import click

from chalicelib.access.api_key import ApiKey
from chalicelib.access.key_service import ApiKeyService, IssuedKey, KeyState, state
from scripts.cli.terminal import counted, date_of, plain, print_fitting, print_json

NONE: Final = "There are no keys yet: scripts/parley keys create --help tells how to make one."
_COLOURS: Final = {
    KeyState.ACTIVE: "green",
    KeyState.SPENT: "yellow",
    KeyState.EXPIRED: "yellow",
    KeyState.REVOKED: "red",
}


@dataclass(frozen=True)
class Addresses:
    """Where the bot is; empty as long as that is not known."""

    bot: str
    websocket: str

    def config(self, key: ApiKey) -> str:
        """What the page asks for its visitor's ticket."""
        return f"{self.bot}/config/{key.id}" if self.bot else ""

    def embed(self, key: ApiKey) -> str:
        """The line that puts the chat into a page."""
        return f'<script src="{self.bot}/widget.js" data-config="{key.id}"></script>' if self.bot else ""


class KeysView(Protocol):
    """Prints what a command found or did, on standard output."""

    def made(self, made: IssuedKey, addresses: Addresses) -> None:
        """A new key, and what to do with it."""

    def keys(self, keys: Sequence[ApiKey]) -> None:
        """The list."""

    def key(self, key: ApiKey, addresses: Addresses) -> None:
        """One key."""

    def revoked(self, key: ApiKey) -> None:
        """Which key is good for nothing any more."""


@dataclass(frozen=True)
class JsonKeysView:
    """`KeysView` for programs: fields only ever come in addition, times are in UTC."""

    service: ApiKeyService

    def made(self, made: IssuedKey, addresses: Addresses) -> None:
        print_json({"key": made.text, **self._whole(made.key, addresses)})

    def keys(self, keys: Sequence[ApiKey]) -> None:
        print_json({"keys": [self.service.as_json(key) for key in keys]})

    def key(self, key: ApiKey, addresses: Addresses) -> None:
        print_json(self._whole(key, addresses))

    def revoked(self, key: ApiKey) -> None:
        print_json(self.service.as_json(key))

    def _whole(self, key: ApiKey, addresses: Addresses) -> dict[str, Any]:
        where = {
            "websocket_url": addresses.websocket or None,
            "config_url": addresses.config(key) or None,
            "embed": addresses.embed(key) or None,
        }
        return {**self.service.as_json(key), **where}


@dataclass(frozen=True)
class TextKeysView:
    """`KeysView` for eyes: dates are in the owner's zone."""

    now: int
    zone: ZoneInfo

    def made(self, made: IssuedKey, addresses: Addresses) -> None:
        click.echo(made.text)
        click.echo("\nKeep it now: it is not shown again. It is for servers and command lines, which")
        click.echo('send it as {"action": "authenticate", "apiKey": …}; never put it into a page.')
        self._where(made.key, addresses)

    def keys(self, keys: Sequence[ApiKey]) -> None:
        from rich.table import Table  # noqa: PLC0415

        if not keys:
            click.echo(NONE)
            return
        grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False)
        grid.add_column("id", no_wrap=True)
        grid.add_column("name", overflow="fold")
        for head in ("used", "a day"):
            grid.add_column(head, no_wrap=True, justify="right")
        for head in ("persona", "expires", "state"):
            grid.add_column(head, no_wrap=True)
        for key in keys:
            now_so = state(key, now=self.now)
            cells = (key.id, key.name, _used(key), _limit(key.daily_messages), key.persona, self._expires(key))
            grid.add_row(*map(plain, cells), plain(now_so.value, _COLOURS[now_so]))
        print_fitting([grid])
        click.echo(f"\n{counted(len(keys), 'key', 'keys')}")

    def key(self, key: ApiKey, addresses: Addresses) -> None:
        from rich.table import Table  # noqa: PLC0415

        grid = Table.grid(padding=(0, 2))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        rows = [
            ("id", key.id),
            ("name", key.name),
            ("state", state(key, now=self.now).value),
            ("persona", key.persona),
            ("used", _used(key)),
            ("a day", f"{_limit(key.daily_messages)} for each visitor"),
            ("pages", ", ".join(key.origins) or "the bot's own"),
            ("created", self._moment(key.created_at)),
            ("expires", self._moment(key.expires_at)),
            ("revoked", self._moment(key.revoked_at)),
        ]
        for name, value in rows:
            grid.add_row(plain(name, "bold"), plain(value))
        print_fitting([grid])
        if state(key, now=self.now) in (KeyState.ACTIVE, KeyState.SPENT):
            self._where(key, addresses)

    def revoked(self, key: ApiKey) -> None:
        click.echo(f"{key.id} ({key.name}) is revoked: nobody gets an answer with it any more.")

    def _where(self, key: ApiKey, addresses: Addresses) -> None:
        if not addresses.bot:
            click.echo("\nWhere the bot is will be known once it is deployed: scripts/parley deploy.")
            return
        pages = " and ".join(key.origins) if "*" not in key.origins else "any page"
        if key.origins:
            click.echo(f"\nThis line puts the chat into {pages}:\n\n  {addresses.embed(key)}\n")
        else:
            click.echo("\nOf all pages, only the bot's own may use it; make a key with --origin for others.\n")
        rows = (("chat page", f"{addresses.bot}/chat?config={key.id}"), ("config", addresses.config(key)))
        for name, address in (*rows, ("websocket", addresses.websocket)):
            click.echo(f"{name:9}  {address}")

    def _expires(self, key: ApiKey) -> str:
        return "never" if key.expires_at is None else date_of(key.expires_at, now=self.now, zone=self.zone)

    def _moment(self, at: int | None) -> str:
        return (
            "never"
            if at is None
            else f"{datetime.fromtimestamp(at / 1000, self.zone):%Y-%m-%d %H:%M} ({self.zone.key})"
        )


def _used(key: ApiKey) -> str:
    return str(key.used) if key.max_messages is None else f"{key.used}/{key.max_messages}"


def _limit(limit: int | None) -> str:
    return "no limit" if limit is None else str(limit)
