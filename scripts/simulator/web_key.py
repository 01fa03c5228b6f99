"""The API key that is there from the beginning, for the web chat's page and for programs."""

import secrets
from dataclasses import dataclass, field

from chalicelib.access import api_key
from chalicelib.access.api_key import ApiKey
from chalicelib.access.key_service import DEFAULT_PERSONA
from chalicelib.access.ports import ApiKeys


@dataclass(frozen=True)
class ReadyKey:
    """A key without limits, and what its holder sends."""

    key: ApiKey
    text: str = field(repr=False)

    def keep(self, known: ApiKeys) -> None:
        """Create it, in a table that is new."""
        known.create(self.key)


def ready_key(*, now: int) -> ReadyKey:
    """One that no other run of the world has."""
    new = api_key.new(secrets.token_bytes)
    return ReadyKey(ApiKey(new.id, "demo", api_key.digest(new.secret), DEFAULT_PERSONA, now), new.text)
