"""Which persona and which daily limit apply to a person: from their API key or from the settings."""

from dataclasses import dataclass
from typing import Final

from chalicelib.access import identity
from chalicelib.access.api_key import ApiKey
from chalicelib.access.ports import ApiKeys
from chalicelib.ids import Channel, PersonId
from chalicelib.settings import Limits


@dataclass(frozen=True)
class Entitlements:
    """On what terms a person is answered."""

    persona: str
    daily_limit: int | None
    """Questions a day for whom the owner has not decided otherwise; None means no limit."""
    key: ApiKey | None = None
    """The key that vouches for the person."""


WEB_PERSONA: Final = "web"


@dataclass(frozen=True)
class EntitlementService:
    """Looks up the terms."""

    keys: ApiKeys
    limits: Limits
    messenger_persona: str

    def for_person(self, person: PersonId) -> Entitlements:
        """A person's terms. Raises StoreError."""
        key = identity.key_of(person)
        known = self.keys.get(key) if key else None
        if known:
            return for_key(known)
        on_messenger = identity.channel_of(person) is Channel.MESSENGER
        return Entitlements(self.messenger_persona if on_messenger else WEB_PERSONA, self.limits.daily_limit)


def for_key(key: ApiKey) -> Entitlements:
    """The terms of all for whom the key vouches."""
    return Entitlements(key.persona, key.daily_messages, key)
