"""Entitlements: the persona and the daily limit that apply to a user, from the API key or from the settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from chalicelib.access import identity
from chalicelib.access.api_key import ApiKey
from chalicelib.access.channel_traits import TRAITS
from chalicelib.access.person import Person
from chalicelib.access.personas import Personas
from chalicelib.access.ports import ApiKeys
from chalicelib.ids import Channel, Channels, ConversationId, PersonId
from chalicelib.settings.stage import Limits


@dataclass(frozen=True)
class Entitlements:
    """What a user gets, before the owner's decisions about that single user."""

    persona: str
    """Name of the persona that answers."""
    daily_limit: int | None
    """Questions a day; None means no limit. `Person.daily_limit` and `Person.access` override it."""
    key: ApiKey | None = None
    """The API key that the user came with, valid or not."""


@dataclass(frozen=True)
class EntitlementService:
    """Looks up entitlements."""

    keys: ApiKeys
    limits: Limits
    chosen: Mapping[Channel, str] = field(default_factory=dict)
    """The names of the personas that the owner chose, by channel; without one, the channel's default."""
    personas: Personas = field(default_factory=Personas)
    """Looks up a persona by its name."""
    offered: tuple[str, ...] = ()
    """The names of the personas between which people may change who have one of them."""

    def for_person(self, person: PersonId) -> Entitlements:
        """Return a user's entitlements: the API key's, or the channel's defaults without one. Raises StoreError."""
        key = identity.key_of(person)
        known = self.keys.get(key) if key else None
        if known:
            return for_key(known)
        channel = identity.channel_of(person)
        persona = self.chosen.get(channel, TRAITS[channel].default_persona)
        return Entitlements(persona, self.limits.daily_limit)

    def offered_to(self, entitlements: Entitlements) -> tuple[str, ...]:
        """Return the names of the personas between which a user may change; none if theirs is not one of them."""
        return self.offered if entitlements.persona in self.offered else ()

    def persona_of(self, person: Person, entitlements: Entitlements, conversation: ConversationId) -> str:
        """Return the name of the persona that answers a user: the one they chose, if it is still offered to them.

        In a room, where others write too, it is always that of the entitlements.
        """
        if identity.is_room(conversation):
            return entitlements.persona
        given = self.invited(person, entitlements)
        return person.persona if person.persona in self.offered_to(given) else given.persona

    def invited(self, person: Person, entitlements: Entitlements) -> Entitlements:
        """Return the entitlements with the persona of an invite that the user has used, if there still is one."""
        given = person.invited_persona
        return replace(entitlements, persona=given) if given and self.personas.has(given) else entitlements

    def personas_in_use(self, channels: Channels, *, now: int) -> frozenset[str]:
        """Return the names of the personas in use: those of these channels and of valid keys, and what they may become.

        Raises StoreError.
        """
        of_channels = {
            self.chosen.get(channel, traits.default_persona)
            for channel, traits in TRAITS.items()
            if channel in channels
        }
        used = of_channels | {key.persona for key in self.keys.list() if key.is_valid(now=now)}
        return frozenset(used | set(self.offered) if used.intersection(self.offered) else used)


def for_key(key: ApiKey) -> Entitlements:
    """Return what every user of the API key gets."""
    return Entitlements(key.persona, key.daily_messages, key)
