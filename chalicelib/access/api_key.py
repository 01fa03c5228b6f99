"""API keys: their value, their text form, verification and allowed origins. No I/O; randomness is passed in."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from chalicelib.ids import KeyId


@dataclass(frozen=True)
class ApiKey:
    """What a program writes with, and what a chat page's visitors come by; the secret itself is stored nowhere."""

    id: KeyId
    name: str
    """For the owner."""
    digest: str = field(repr=False)
    """SHA-256 of the secret."""
    persona: str
    created_at: int
    max_messages: int | None = None
    """Questions in all; None means no limit."""
    used: int = 0
    daily_messages: int | None = None
    """Questions a day and visitor; None means no limit."""
    origins: tuple[str, ...] = ()
    """The pages, beside the bot's own, on which browsers may use it: `https://example.com`, or `*` for any."""
    expires_at: int | None = None
    """Milliseconds since 1970, as all times; None means never."""
    revoked_at: int | None = None

    def is_valid(self, *, now: int) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    @property
    def left(self) -> int | None:
        """Questions that it is still good for; None when they are not counted."""
        return None if self.max_messages is None else max(0, self.max_messages - self.used)


ANY_ORIGIN: Final = "*"
_ID: Final = re.compile(r"[a-z0-9]{10}", re.ASCII)
_FORM: Final = re.compile(rf"parley_({_ID.pattern})_([A-Za-z0-9_-]{{43}})", re.ASCII)
_ID_BYTES: Final = 7
_ID_LENGTH: Final = 10
_SECRET_BYTES: Final = 32


@dataclass(frozen=True)
class NewKey:
    """A key as its holder gets it."""

    id: KeyId
    secret: str = field(repr=False)

    @property
    def text(self) -> str:
        """The whole of it; shown once."""
        return f"parley_{self.id}_{self.secret}"


def new(chance: Callable[[int], bytes]) -> NewKey:
    """A key that nobody can guess, when nobody can guess the bytes of `chance`."""
    name = base64.b32encode(chance(_ID_BYTES)).decode().lower()[:_ID_LENGTH]
    secret = base64.urlsafe_b64encode(chance(_SECRET_BYTES)).decode().rstrip("=")
    return NewKey(KeyId(name), secret)


def parse(text: str) -> tuple[KeyId, str] | None:
    """The id and the secret of a key's text; None for what can be no key."""
    found = _FORM.fullmatch(text)
    return (KeyId(found[1]), found[2]) if found else None


def is_id(text: str) -> bool:
    """Whether a key may be called so."""
    return bool(_ID.fullmatch(text))


def digest(secret: str) -> str:
    """A secret as it is stored; too long a secret to be guessed from it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matches(key: ApiKey, secret: str) -> bool:
    """Whether it is the key's secret; how long that takes tells nothing."""
    return hmac.compare_digest(key.digest, digest(secret))


def allows(key: ApiKey, origin: str, own: str) -> bool:
    """Whether a page of `origin` may use the key; `own` is the bot's own origin.

    Browsers always say the origin; without one it is a program, which could say any.
    """
    pages = {page.lower() for page in (own, *key.origins)}
    return not origin or ANY_ORIGIN in key.origins or origin.lower() in pages


def origin_of(url: str) -> str:
    """Where a page of that address is, as browsers say it; empty for what is no address."""
    parts = urlsplit(url.lower())
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""
