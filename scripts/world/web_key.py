"""The API key that is there from the beginning, for the web chat's page and for programs."""

import hashlib
import secrets
from dataclasses import dataclass, field

from chalicelib.messages_web import ApiKey, KeyId
from chalicelib.ports_web import Keys

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True)
class ReadyKey:
    """A key without limits, and what its holder sends."""

    key: ApiKey
    text: str = field(repr=False)

    def keep(self, keys: Keys) -> None:
        """Create it, in a table that is new."""
        keys.create(self.key)


def ready_key(*, now: int) -> ReadyKey:
    """One that no other run of the world has."""
    name = KeyId("".join(secrets.choice(_ALPHABET) for _ in range(10)))
    secret = secrets.token_urlsafe(32)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    return ReadyKey(ApiKey(name, "demo", digest, "assistant", now), f"parley_{name}_{secret}")
