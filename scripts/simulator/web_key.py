"""The API key of the demo, for its web chat page and for programs. It exists from the start."""

import secrets
from dataclasses import dataclass, field

from chalicelib.access import api_key
from chalicelib.access.api_key import ApiKey
from chalicelib.access.key_service import DEFAULT_PERSONA
from chalicelib.access.ports import ApiKeys


@dataclass(frozen=True)
class ReadyKey:
    """A key without limits, and its text with the secret."""

    key: ApiKey
    text: str = field(repr=False)

    def keep(self, known: ApiKeys) -> None:
        """Store the key in a new table."""
        known.create(self.key)


def ready_key(*, now: int) -> ReadyKey:
    """Generate a key; `now` is in milliseconds since 1970."""
    new = api_key.new(secrets.token_bytes)
    return ReadyKey(ApiKey(new.id, "demo", api_key.digest(new.secret), DEFAULT_PERSONA, now), new.text)
