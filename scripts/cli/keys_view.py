"""Prints API keys: as text in 80 columns for the owner, as one JSON document for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol
from zoneinfo import ZoneInfo

import click

from chalicelib.access.api_key import ApiKey
from chalicelib.access.key_service import ApiKeyService, IssuedKey, KeyState, state
from chalicelib.ids import PersonId
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

_NAME_WIDTHS: Final = (None, 20, 12)
"""Columns of the names; the first table that fits the terminal is printed."""
_ONCE: Final = (
    "Copy the key now: it is not shown again. Use it in servers and scripts only; "
    'they send {"action": "authenticate", "apiKey": …}. Never put it into a page.'
)
_SIGNS: Final = (
    "Your server signs with it who a visitor is, in a JWT with HS256. Keep it there: whoever has it can read the "
    "conversations of all your customers."
)
_COLOURS: Final = {
    KeyState.ACTIVE: "green",
    KeyState.SPENT: "yellow",
    KeyState.EXPIRED: "yellow",
    KeyState.REVOKED: "red",
}


_GUIDE: Final = "docs/customers.md"
_ROOMS: Final = {
    True: ("open", "all visitors can join every room by its name"),
    False: ("closed", "visitors join them by full names only, from `keys room`"),
}


@dataclass(frozen=True)
class Addresses:
    """The addresses of the bot; empty before it is deployed."""

    bot: str
    websocket: str

    def config(self, key: ApiKey) -> str:
        """Return the address at which a page requests a ticket for its visitor."""
        return f"{self.bot}/config/{key.id}" if self.bot else ""

    def chat(self, key: ApiKey | None, room: str = "") -> str:
        """Return the address of the bot's own chat page, in a room if one is given; None for people who sign in."""
        query = "&".join([*([f"config={key.id}"] if key else []), *([f"room={room}"] if room else [])])
        return f"{self.bot}/chat?{query}" if self.bot else ""

    def embed(self, key: ApiKey, visitor: str = "") -> str:
        """Return the line of HTML that embeds the chat in a page, with a token that says who its visitor is."""
        who = f' data-visitor="{visitor}"' if visitor else ""
        return f'<script src="{self.bot}/widget.js" data-config="{key.id}"{who} async></script>' if self.bot else ""


class KeysView(Protocol):
    """Prints results on standard output."""

    def issued(self, issued: IssuedKey, addresses: Addresses) -> None:
        """Print a new key with its secret, and how to use it."""

    def keys(self, keys: Sequence[ApiKey]) -> None:
        """Print the keys, in the given order."""

    def key(self, key: ApiKey, addresses: Addresses) -> None:
        """Print a key's settings and use."""

    def room(self, name: str, key: ApiKey | None, addresses: Addresses) -> None:
        """Print the full name of a room of a key, and how to use it; None for people who sign in."""

    def rooms(self, key: ApiKey) -> None:
        """Confirm whether a key's rooms are open."""

    def signing(self, secret: str, key: ApiKey, addresses: Addresses) -> None:
        """Print the secret that signs a key's visitors, and what to sign."""

    def customer(self, person: PersonId) -> None:
        """Print a person's id."""

    def rotated(self, key: ApiKey) -> None:
        """Confirm that another secret signs a key's visitors."""

    def revoked(self, key: ApiKey) -> None:
        """Confirm that a key is revoked."""


@dataclass(frozen=True)
class JsonKeysView:
    """`KeysView` for programs. Later versions may add fields but never change or remove one; times are in UTC."""

    service: ApiKeyService

    def issued(self, issued: IssuedKey, addresses: Addresses) -> None:
        print_json({"key": issued.text, **self._whole(issued.key, addresses)})

    def keys(self, keys: Sequence[ApiKey]) -> None:
        print_json({"keys": [self.service.as_json(key) for key in keys]})

    def key(self, key: ApiKey, addresses: Addresses) -> None:
        print_json(self._whole(key, addresses))

    def room(self, name: str, key: ApiKey | None, addresses: Addresses) -> None:
        print_json({"room": name, "chat_url": addresses.chat(key, name) or None})

    def rooms(self, key: ApiKey) -> None:
        print_json(self.service.as_json(key))

    def signing(self, secret: str, key: ApiKey, addresses: Addresses) -> None:
        embed = addresses.embed(key, visitor="TOKEN") or None
        print_json({"secret": secret, "algorithm": "HS256", "aud": key.id, "embed": embed})

    def customer(self, person: PersonId) -> None:
        print_json({"person": person})

    def rotated(self, key: ApiKey) -> None:
        print_json(self.service.as_json(key))

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
    """`KeysView` for the owner: dates are in the owner's time zone."""

    now: int
    """Milliseconds since 1970."""
    zone: ZoneInfo
    stage: str

    def issued(self, issued: IssuedKey, addresses: Addresses) -> None:
        click.echo(issued.text)
        print_prose(f"\n{_ONCE}")
        self._where(issued.key, addresses)

    def keys(self, keys: Sequence[ApiKey]) -> None:
        if not keys:
            click.echo(f"There are no keys yet. Create one: {hints.command('keys create NAME', self.stage)}")
            return
        print_fitting(
            [self._list(keys, name_width=name_width) for name_width in _NAME_WIDTHS],
            [(f"{key.id}  {key.name}", self._summary(key)) for key in keys],
        )
        click.echo(f"\n{counted(len(keys), 'key', 'keys')}")

    def key(self, key: ApiKey, addresses: Addresses) -> None:
        rows = [
            ("id", key.id),
            ("name", key.name),
            ("state", state(key, now=self.now).value),
            ("persona", key.persona),
            *([("model", key.model)] if key.model else []),
            ("used", _used(key)),
            ("a day", f"{_limit(key.daily_messages)} for each visitor"),
            ("clients", "need no ticket: the id suffices" if key.is_open else "need a ticket or the key"),
            ("answers", "whole, in one simple frame each" if key.whole_answers else "streamed"),
            ("rooms", ": ".join(_ROOMS[key.open_rooms])),
            ("pages", ", ".join(key.origins) or "only the bot's own chat page"),
            ("created", self._moment(key.created_at)),
            ("expires", self._moment(key.expires_at)),
            ("revoked", self._moment(key.revoked_at)),
        ]
        print_values(rows)
        if state(key, now=self.now) in (KeyState.ACTIVE, KeyState.SPENT):
            self._where(key, addresses)

    def room(self, name: str, key: ApiKey | None, addresses: Addresses) -> None:
        before = "Who has this name can join the room. A program sends it as `room` in `join`;"
        if key:
            print_prose(f"{name}\n\n{before}\nthe line of HTML for your page gets it as a further attribute:\n")
            click.echo(f'  data-room="{name}"')
        else:
            print_prose(f"{name}\n\n{before}\npeople sign in before they join.")
        if addresses.bot:
            click.echo(f"\nAs a link to the bot's own chat page:\n\n  {addresses.chat(key, name)}")
        if key and key.open_rooms:
            closing = hints.command(f"keys rooms {key.id} closed", self.stage)
            print_prose("\nThe rooms of this key are open: visitors can join every room by its name.\nTo close them:")
            click.echo(f"\n  {closing}")

    def rooms(self, key: ApiKey) -> None:
        state, meaning = _ROOMS[key.open_rooms]
        print_prose(f"The rooms of {key.id} ({key.name}) are {state} now:\n{meaning}.")

    def signing(self, secret: str, key: ApiKey, addresses: Addresses) -> None:
        print_prose(f"{secret}\n\n{_SIGNS}\n")
        for claim, value in (
            ("sub", "your own id of the customer, always the same; a text"),
            ("aud", key.id),
            ("exp", "seconds since 1970, at most a day ahead"),
        ):
            click.echo(f"  {claim}  {value}")
        if addresses.bot:
            tag = addresses.embed(key, visitor="TOKEN")
            click.echo(f"\nThe page of that customer gets the token as a further attribute:\n\n  {tag}")
        click.echo(f"\nHow to, in Python, Node and PHP: {_GUIDE}")

    def customer(self, person: PersonId) -> None:
        click.echo(person)

    def rotated(self, key: ApiKey) -> None:
        print_prose(f"What signs the visitors of {key.id} ({key.name}) is the next secret from now on:")
        click.echo(f"\n  {self._signing(key)}")

    def revoked(self, key: ApiKey) -> None:
        print_prose(f"{key.id} ({key.name}) is revoked. The bot does not accept it any more.")

    def _list(self, keys: Sequence[ApiKey], *, name_width: int | None) -> "Grid":
        from rich.table import Table  # noqa: PLC0415

        grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False)
        grid.add_column("id", no_wrap=True)
        grid.add_column("name", overflow="fold", width=name_width)
        for head in ("used", "a day"):
            grid.add_column(head, no_wrap=True, justify="right")
        for head in ("persona", "expires", "state"):
            grid.add_column(head, no_wrap=True)
        for key in keys:
            current = state(key, now=self.now)
            cells = (key.id, key.name, _used(key), _limit(key.daily_messages), key.persona, self._expires(key))
            grid.add_row(*map(plain, cells), plain(current.value, _COLOURS[current]))
        return grid

    def _summary(self, key: ApiKey) -> str:
        expires = f"expires {self._expires(key)}"
        daily = "no daily limit" if key.daily_messages is None else f"{key.daily_messages} a day"
        return f"{state(key, now=self.now).value}, {_used(key)} used, {daily}, persona {key.persona}, {expires}"

    def _where(self, key: ApiKey, addresses: Addresses) -> None:
        if not addresses.bot:
            click.echo(f"\nThe bot has no address yet: run {hints.command('deploy', self.stage)}")
            return
        pages = " and ".join(key.origins) if "*" not in key.origins else "any page"
        if key.origins:
            click.echo(f"\nThis line of HTML adds the chat to {pages}:\n\n  {addresses.embed(key)}\n")
            if "*" not in key.origins:
                print_prose("On a page at any other address the chat is an empty box.\n")
            click.echo(f"If people sign in on your site, the chat can know them:\n\n  {self._signing(key)}\n")
        else:
            print_prose("\nOnly the bot's own chat page may use it; for others, create one with --origin.\n")
        rows = (("chat page", addresses.chat(key)), ("config", addresses.config(key)))
        websocket = f"{addresses.websocket}?config={key.id}" if key.is_open else addresses.websocket
        for name, address in (*rows, ("websocket", websocket)):
            click.echo(f"{name:9}  {address}")

    def _signing(self, key: ApiKey) -> str:
        return hints.command(f"keys signing {key.id}", self.stage)

    def _expires(self, key: ApiKey) -> str:
        return "never" if key.expires_at is None else date_of(key.expires_at, now=self.now, zone=self.zone)

    def _moment(self, at: int | None) -> str:
        return "never" if at is None else f"{moment_of(at, zone=self.zone)} ({self.zone.key})"


def _used(key: ApiKey) -> str:
    return str(key.used) if key.max_messages is None else f"{key.used}/{key.max_messages}"


def _limit(limit: int | None) -> str:
    return "no limit" if limit is None else str(limit)
