"""On what terms somebody is answered: by the key that vouches for them, or by the deployment's settings."""

from dataclasses import dataclass
from typing import Final

from chalicelib import identity
from chalicelib.messages import Channel, PersonId
from chalicelib.messages_web import ApiKey, Terms
from chalicelib.ports_web import Keys
from chalicelib.settings import Settings

MESSENGER_PERSONA: Final = "assistant"
WEB_PERSONA: Final = "web"


@dataclass(frozen=True)
class TermsOfUse:
    """Looks up the terms."""

    keys: Keys
    settings: Settings

    def of(self, person: PersonId) -> Terms:
        """A person's terms. Raises StoreError."""
        key = identity.key_of(person)
        known = self.keys.get(key) if key else None
        if known:
            return of_key(known)
        on_messenger = identity.channel_of(person) is Channel.MESSENGER
        return Terms(MESSENGER_PERSONA if on_messenger else WEB_PERSONA, self.settings.daily_limit)


def of_key(key: ApiKey) -> Terms:
    """The terms of all for whom the key vouches."""
    return Terms(key.persona, key.daily_messages, key)
