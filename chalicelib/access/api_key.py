"""API keys: their values, their text format, verification and allowed origins."""

import base64
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from chalicelib.access import secret_text
from chalicelib.ids import KeyId


@dataclass(frozen=True)
class ApiKey:
    """A stored API key. Programs authenticate with it, and so do the visitors of a chat page. It lacks the secret."""

    id: KeyId
    name: str
    """The owner's name for it."""
    digest: str = field(repr=False)
    """SHA-256 of the secret, in hex."""
    persona: str
    created_at: int
    max_messages: int | None = None
    """Questions in total; None means no limit."""
    used: int = 0
    daily_messages: int | None = None
    """Questions a day for each visitor; None means no limit."""
    origins: tuple[str, ...] = ()
    """Origins on which browsers may use it, beside the bot's own: `https://example.com`, or `*` for any."""
    open_rooms: bool = False
    """Whether its visitors may join every room by name; otherwise by its full name only (`access.rooms`)."""
    is_open: bool = False
    """Whether its id alone, in the address of the WebSocket API, authenticates a client as a new visitor."""
    whole_answers: bool = False
    """Whether its clients get each answer when it is finished, in the simple shape, and nothing while it is written."""
    model: str = ""
    """The name of the model that answers its visitors, one of those that the owner listed; empty for the persona's."""
    for_owner: bool = False
    """Whether its visitors may become owners: it was made for that (`access.pairing`), and is on no other page."""
    generation: int = 1
    """Which secret signs its visitors (`access.signed_visitor`); it rises with each rotation."""
    expires_at: int | None = None
    """Milliseconds since 1970, like all times; None means never."""
    revoked_at: int | None = None

    def is_valid(self, *, now: int) -> bool:
        """Whether it is neither revoked nor expired at `now`. A key without questions left is valid too."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    @property
    def is_counted_apart(self) -> bool:
        """Whether questions need not be counted in one place: there is no maximum, and the key is not revoked.

        Who revokes a key may be an older version, which knows of one place alone.
        """
        return self.max_messages is None and self.revoked_at is None

    @property
    def left(self) -> int | None:
        """The number of questions left, at least 0; None for no limit."""
        return None if self.max_messages is None else max(0, self.max_messages - self.used)


ANY_ORIGIN: Final = "*"
_ID: Final = re.compile(r"[a-z0-9]{10}", re.ASCII)
_FORM: Final = re.compile(rf"parley_({_ID.pattern})_({secret_text.FORM})", re.ASCII)
_ID_BYTES: Final = 7
_ID_LENGTH: Final = 10


@dataclass(frozen=True)
class NewKey:
    """A new key with its secret, as its holder gets it."""

    id: KeyId
    secret: str = field(repr=False)

    @property
    def text(self) -> str:
        """The key in its text format, `parley_<id>_<secret>`. It is shown to the owner once and never stored."""
        return f"parley_{self.id}_{self.secret}"


def new(random_bytes: Callable[[int], bytes]) -> NewKey:
    """Generate a key; `random_bytes` returns that many bytes of cryptographic randomness."""
    key_id = base64.b32encode(random_bytes(_ID_BYTES)).decode().lower()[:_ID_LENGTH]
    return NewKey(KeyId(key_id), secret_text.new(random_bytes))


def parse(text: str) -> tuple[KeyId, str] | None:
    """Parse a key's text into its id and its secret; None if it is not in the format."""
    found = _FORM.fullmatch(text)
    return (KeyId(found[1]), found[2]) if found else None


def is_id(text: str) -> bool:
    """Whether the text has the format of a key's id: 10 of the characters a-z and 0-9."""
    return bool(_ID.fullmatch(text))


def matches(key: ApiKey, secret: str) -> bool:
    """Verify a secret against the key in constant time."""
    return hmac.compare_digest(key.digest, secret_text.digest(secret))


def allows(key: ApiKey, origin: str, own: str) -> bool:
    """Whether a page of `origin` may use the key; `own` is the bot's own origin.

    An empty origin is allowed: browsers always send the header, and a program could send any value in it.
    """
    pages = {page.lower() for page in (own, *key.origins)}
    return not origin or ANY_ORIGIN in key.origins or origin.lower() in pages


def origin_of(url: str) -> str:
    """Return the origin of a URL in the form of the `Origin` header; empty if it is not an absolute URL."""
    parts = urlsplit(url.lower())
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""
