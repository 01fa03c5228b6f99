"""The types of the ids of people, conversations, turns, API keys and connections, and the channels."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, NewType, TypeVar

T = TypeVar("T")

PersonId = NewType("PersonId", str)
"""`messenger:<page id>:<PSID>`, `web:<key id>:<visitor>` or, for a person who signed in, `web:oidc:<hash>`."""

ConversationId = NewType("ConversationId", str)
"""The person's id, `room:<key id>:<name>` for a room with several users, or `own:<key id>:<visitor>:<name>`.

The last is another conversation of one person. `access.identity` makes and parses all three.
"""

TurnId = NewType("TurnId", str)
"""`<event time in ms>#<hash of the message id>`; ids sort by time. `conversation.turn.turn_id` makes them."""


class Channel(StrEnum):
    """Where users write."""

    MESSENGER = "messenger"
    WEB = "web"


@dataclass(frozen=True)
class Channels:
    """The channels of a deployment, at least one. Routes, functions and secrets of the others do not exist in it."""

    messenger: bool
    web: bool

    def __contains__(self, channel: Channel) -> bool:
        return {Channel.MESSENGER: self.messenger, Channel.WEB: self.web}[channel]

    @property
    def are_both(self) -> bool:
        """Whether there are two."""
        return self.messenger and self.web

    def __str__(self) -> str:
        """Return them as PARLEY_CHANNELS has them, such as `messenger,web`."""
        return ",".join(channel for channel in Channel if channel in self)


@dataclass(frozen=True)
class Needs(Generic[T]):
    """What a part of the bot needs with each channel, in the order in which it is asked for."""

    always: tuple[T, ...] = ()
    messenger: tuple[T, ...] = ()
    """Only in a deployment with Messenger."""
    web: tuple[T, ...] = ()
    """Only in a deployment with the web chat."""

    def of(self, channels: Channels) -> tuple[T, ...]:
        """Return what is needed in a deployment with these channels."""
        return (
            *self.always,
            *(self.messenger if channels.messenger else ()),
            *(self.web if channels.web else ()),
        )


KeyId = NewType("KeyId", str)
"""The public id of an API key; it is no secret."""

InviteId = NewType("InviteId", str)
"""The public part of an invite's code; it is no secret."""

ConnectionId = NewType("ConnectionId", str)
"""API Gateway's id of a WebSocket connection."""
