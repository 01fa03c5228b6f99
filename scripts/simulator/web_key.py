"""The demo's API key, which its web chat page and programs use from the start, and the origins that keys allow."""

import secrets
from dataclasses import dataclass, field

from chalicelib.access import api_key, secret_text
from chalicelib.access.api_key import ApiKey
from chalicelib.access.key_service import DEFAULT_PERSONA
from chalicelib.access.ports import ApiKeys
from chalicelib.clock import Clock


@dataclass(frozen=True)
class ReadyKey:
    """A key without limits, and its text with the secret."""

    key: ApiKey
    text: str = field(repr=False)

    def keep(self, known: ApiKeys, *, now: int) -> "ReadyKey":
        """Store the key unless it is there; return it, or a new one that is stored in place of an invalid one."""
        known.create(self.key)
        stored = known.get(self.key.id)
        return self if stored and stored.is_valid(now=now) else ready_key(now=now).keep(known, now=now)


def ready_key(text: str = "", *, now: int) -> ReadyKey:
    """Return the key with this text, or generate one; `now` is in milliseconds since 1970.

    Its visitors may join every room by any name.
    """
    new = api_key.new(secrets.token_bytes)
    key_id, secret = api_key.parse(text) or (new.id, new.secret)
    key = ApiKey(key_id, "demo", secret_text.digest(secret), DEFAULT_PERSONA, now, open_rooms=True)
    return ReadyKey(key, text or new.text)


def may_open(known: ApiKeys, origin: str, *, clock: Clock) -> bool:
    """Whether a valid key allows pages of `origin`. Raises StoreError."""
    now = clock()
    return any(key.is_valid(now=now) and api_key.allows(key, origin, own="") for key in known.list()) and bool(origin)
