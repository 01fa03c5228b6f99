"""The types of the ids of people, conversations, turns, API keys and connections, and the channels."""

from enum import StrEnum
from typing import NewType

PersonId = NewType("PersonId", str)
"""`messenger:<page id>:<PSID>`, `web:<key id>:<visitor>` or, for a person who signed in, `web:oidc:<hash>`."""

ConversationId = NewType("ConversationId", str)
"""The person's id, or `room:<key id>:<name>` for a room with several users; `access.identity` makes and parses both."""

TurnId = NewType("TurnId", str)
"""`<event time in ms>#<hash of the message id>`; ids sort by time. `conversation.turn.turn_id` makes them."""


class Channel(StrEnum):
    """Where users write."""

    MESSENGER = "messenger"
    WEB = "web"


KeyId = NewType("KeyId", str)
"""The public id of an API key; it is no secret."""

ConnectionId = NewType("ConnectionId", str)
"""API Gateway's id of a WebSocket connection."""
