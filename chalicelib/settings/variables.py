"""Parses environment variables of settings: the values of each kind, and the errors found in them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from ipaddress import ip_address
from typing import Final, Literal, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.errors import ConfigError
from chalicelib.ids import Channels

T = TypeVar("T")

_ISSUER: Final = re.compile(r"https?://[^\s?#@]+", re.ASCII)
_CONTACT: Final = re.compile(r"https://\S+|[^\s@:]+@[^\s@]+")
_LEAST_SHARE: Final = Decimal("0.01")
_FEWEST_WORKERS: Final = 2
_MOST_WORKERS: Final = 1000
_MOST_KEEP_DAYS: Final = 30
_SHORTEST_ANSWER_S: Final = 10
_LONGEST_ANSWER_S: Final = 630
_FEWEST_MEMORY_TOKENS: Final = 500
_MOST_MEMORY_TOKENS: Final = 16_000
MOST_NAMES: Final = 10
_NAME: Final = re.compile(r"[\w-]+")
_SHOWN: Final = 100
"""The most characters of a value that an error quotes."""


@dataclass(frozen=True)
class Variables:
    """The environment while settings are parsed, and the errors found in it so far."""

    env: Mapping[str, str] = field(repr=False)
    errors: dict[str, str] = field(default_factory=dict)
    """Why a variable is invalid, in one line, by its name."""
    names: set[str] = field(default_factory=set)
    """The variables that were read, whether they are there or not."""

    def read(self, name: str, default: str, parse: Callable[[str, str], T]) -> T:
        """The variable `name` as `parse` returns it, which gets the name and the text.

        A ConfigError of `parse` is recorded, and the parsed default returned, so that parsing can continue.
        """
        self.names.add(name)
        try:
            return parse(name, self.env.get(name, default))
        except ConfigError as exc:
            self.errors[name] = str(exc)
            return parse(name, default)

    def text(self, name: str, default: str = "") -> str:
        """The variable `name` as it is."""
        self.names.add(name)
        return self.env.get(name, default)


def is_https_or_loopback(url: str) -> bool:
    """Whether requests to the URL can be neither read nor answered by others: https, or this machine itself."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == "http" and ip_address(parts.hostname or "").is_loopback)
        )
    except ValueError:
        return False


def name(variable: str, value: str) -> str:
    """Validate a name in one word."""
    if not value or not value.isprintable() or " " in value:
        raise _invalid(variable, value, "a name in one word")
    return value


def address(name: str, value: str) -> str:
    """Validate an http or https URL."""
    try:
        parts = urlsplit(value)
        is_valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_valid = False
    if not is_valid or not value.isprintable() or " " in value:
        raise _invalid(name, value, "an address that begins with https:// or http://")
    return value


def zone(name: str, value: str) -> ZoneInfo:
    """Parse the name of a time zone."""
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise _invalid(name, value, "an IANA zone such as Europe/Berlin") from exc


def whole_number(name: str, value: str) -> int:
    """Parse a number from 0 to 999,999,999."""
    if not re.fullmatch(r"\d{1,9}", value, re.ASCII):
        raise _invalid(name, value, "a whole number such as 10")
    return int(value)


def workers(name: str, value: str) -> int:
    """Parse a number of functions that run at the same time: 2 to 1000, as SQS takes it."""
    if not re.fullmatch(r"\d{1,4}", value, re.ASCII) or not _FEWEST_WORKERS <= int(value) <= _MOST_WORKERS:
        raise _invalid(name, value, "a whole number from 2 to 1000")
    return int(value)


def key_id(name: str, value: str) -> str:
    """Parse the id of an API key, or nothing."""
    if not re.fullmatch(r"([a-z0-9]{10})?", value, re.ASCII):
        raise _invalid(name, value, "the id of a key, as `parley keys list` shows it")
    return value


def keep_days(name: str, value: str) -> int:
    """Parse a number of days: 0 to 30."""
    if not re.fullmatch(r"\d{1,2}", value, re.ASCII) or int(value) > _MOST_KEEP_DAYS:
        raise _invalid(name, value, f"a whole number from 0 to {_MOST_KEEP_DAYS}")
    return int(value)


def answer_seconds(name: str, value: str) -> int:
    """Parse how long the model may take: 10 to 630 s, which is its share of the longest time that Lambda allows."""
    if not re.fullmatch(r"\d{2,3}", value, re.ASCII) or not _SHORTEST_ANSWER_S <= int(value) <= _LONGEST_ANSWER_S:
        raise _invalid(name, value, "a whole number of seconds from 10 to 630")
    return int(value)


def memory_tokens(name: str, value: str) -> int:
    """Parse how much of a conversation the model is told, in tokens: 500 to 16000."""
    most = _MOST_MEMORY_TOKENS
    if not re.fullmatch(r"\d{3,5}", value, re.ASCII) or not _FEWEST_MEMORY_TOKENS <= int(value) <= most:
        raise _invalid(name, value, f"a whole number of tokens from {_FEWEST_MEMORY_TOKENS} to {most}")
    return int(value)


def micro_usd(name: str, value: str) -> int:
    """Parse an amount of US dollars to micro-USD."""
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value, re.ASCII):
        raise _invalid(name, value, "an amount such as 1 or 0.50 (0: no model that costs money)")
    return int(Decimal(value) * 1_000_000)


def micro_usd_or_none(name: str, value: str) -> int | None:
    """Parse an amount of US dollars to micro-USD; None for nothing."""
    return micro_usd(name, value) if value else None


def share(name: str, value: str) -> Decimal:
    """Parse a share from 0.01 to 1."""
    if not re.fullmatch(r"0\.\d{1,4}|1(\.0{1,4})?", value, re.ASCII) or Decimal(value) < _LEAST_SHARE:
        raise _invalid(name, value, "a share such as 0.25, from 0.01 to 1 (1: no limit but the budget)")
    return Decimal(value)


def contact(name: str, value: str) -> str:
    """Validate an e-mail address or an https URL; it may be empty."""
    if value and not _CONTACT.fullmatch(value):
        raise _invalid(name, value, "an e-mail address or begin with https://")
    return value


def issuer(name: str, value: str) -> str:
    """Validate the address of an OpenID Connect issuer; it may be empty."""
    if value and not (_ISSUER.fullmatch(value) and is_https_or_loopback(value)):
        raise _invalid(name, value, "an https:// address without ? and #")
    return value


def api(name: str, value: str, usual: Literal["responses", "chat"]) -> Literal["responses", "chat"]:
    """Parse the wire format of requests to the model; `auto` is the `usual` one."""
    match value:
        case "responses" | "chat":
            return value
        case "auto":
            return usual
    raise _invalid(name, value, "auto, responses or chat")


def wake(name: str, value: str) -> Literal["lambda", "fifo"]:
    """Parse how the worker is invoked."""
    match value:
        case "lambda" | "fifo":
            return value
    raise _invalid(name, value, "lambda or fifo")


def switch(name: str, value: str) -> bool:
    """Parse what is on or off."""
    match value:
        case "on" | "off":
            return value == "on"
    raise _invalid(name, value, "on or off")


def authenticate(name: str, value: str) -> Literal["frame", "handshake"]:
    """Parse when clients of the web chat have to authenticate at the latest."""
    match value:
        case "frame" | "handshake":
            return value
    raise _invalid(name, value, "frame or handshake")


def names(name: str, value: str) -> tuple[str, ...]:
    """Parse up to 10 different names, with commas between them; it may be empty."""
    words = [word.strip() for word in value.split(",")] if value else []
    if len(words) > MOST_NAMES or len(words) != len(set(words)) or not all(map(_NAME.fullmatch, words)):
        raise _invalid(name, value, f"up to {MOST_NAMES} different names such as assistant,santa")
    return tuple(words)


def channels(name: str, value: str) -> Channels:
    """Parse the channels of a deployment: one, or both in any order."""
    words = [word.strip() for word in value.split(",")]
    if not set(words) <= {"messenger", "web"} or len(words) != len(set(words)):
        raise _invalid(name, value, "messenger, web or messenger,web")
    return Channels(messenger="messenger" in words, web="web" in words)


def _invalid(name: str, value: str, allowed: str) -> ConfigError:
    """Return the error in one line, whatever is in the value."""
    shown = "".join(character if character.isprintable() else "?" for character in value[:_SHOWN])
    return ConfigError(f'{name} is "{shown}{"…" if len(value) > _SHOWN else ""}"; it must be {allowed}')
