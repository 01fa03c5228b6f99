"""The names of people, conversations, turns, keys and connections, and the channels; types only."""

from enum import StrEnum
from typing import NewType

PersonId = NewType("PersonId", str)
"""`messenger:<page id>:<PSID>` or `web:<key id>:<visitor>`."""

ConversationId = NewType("ConversationId", str)
"""The same string as the person's, or `room:<key id>:<name>` where several write: `identity` makes and reads them."""

TurnId = NewType("TurnId", str)
"""`<event time in ms>#<sha256 of the message id>`; sorts by time, made in `store/schema.py`."""


class Channel(StrEnum):
    """Where people write."""

    MESSENGER = "messenger"
    WEB = "web"


KeyId = NewType("KeyId", str)
"""What an API key is called: no secret."""

ConnectionId = NewType("ConnectionId", str)
"""A WebSocket connection, as API Gateway calls it."""
