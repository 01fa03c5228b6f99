"""The demo's API key, which its web chat page and programs use from the start, and the origins that keys allow."""

import secrets
from dataclasses import dataclass, field

from chalicelib.access import api_key
from chalicelib.access.api_key import ApiKey
from chalicelib.access.key_service import DEFAULT_PERSONA
from chalicelib.access.ports import ApiKeys
from chalicelib.clock import Clock


@dataclass(frozen=True)
class ReadyKey:
    """A key without limits, and its text with the secret."""

    key: ApiKey
    text: str = field(repr=False)

    def keep(self, known: ApiKeys) -> None:
        """Store the key in a new table."""
        known.create(self.key)


def ready_key(*, now: int) -> ReadyKey:
    """Generate a key, whose visitors may join every room by any name; `now` is in milliseconds since 1970."""
    new = api_key.new(secrets.token_bytes)
    key = ApiKey(new.id, "demo", api_key.digest(new.secret), DEFAULT_PERSONA, now, open_rooms=True)
    return ReadyKey(key, new.text)


def may_open(known: ApiKeys, origin: str, *, clock: Clock) -> bool:
    """Whether a valid key allows pages of `origin`. Raises StoreError."""
    now = clock()
    return any(key.is_valid(now=now) and api_key.allows(key, origin, own="") for key in known.list()) and bool(origin)
