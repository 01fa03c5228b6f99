"""The API key that is there from the beginning, for the web chat's page and for programs."""

import secrets
from dataclasses import dataclass, field

from chalicelib import keys
from chalicelib.messages_web import ApiKey
from chalicelib.ports_web import Keys
from chalicelib.terms import WEB_PERSONA


@dataclass(frozen=True)
class ReadyKey:
    """A key without limits, and what its holder sends."""

    key: ApiKey
    text: str = field(repr=False)

    def keep(self, known: Keys) -> None:
        """Create it, in a table that is new."""
        known.create(self.key)


def ready_key(*, now: int) -> ReadyKey:
    """One that no other run of the world has."""
    new = keys.new(secrets.token_bytes)
    return ReadyKey(ApiKey(new.id, "demo", keys.digest(new.secret), WEB_PERSONA, now), new.text)
