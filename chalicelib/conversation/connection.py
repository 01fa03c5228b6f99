"""A WebSocket connection as a frozen value."""

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.ids import ConnectionId, ConversationId, PersonId, TurnId


class ConnectionState(StrEnum):
    """The state of a connection; REJECTED is final."""

    CONNECTED = "connected"
    """Not authenticated; only `authenticate` and `ping` are handled."""
    READY = "ready"
    """Authenticated, and in a conversation."""
    REJECTED = "rejected"
    """Failed to authenticate or was too fast; it will be closed."""


@dataclass(frozen=True)
class Connection:
    """A WebSocket connection of one client."""

    id: ConnectionId
    endpoint: str
    """URL of the API through which it is sent to."""
    origin: str = ""
    """The `Origin` header of its handshake; empty for programs."""
    state: ConnectionState = ConnectionState.CONNECTED
    person: PersonId | None = None
    """The authenticated user."""
    holds_key: bool = False
    """Whether its client authenticated with the API key itself, and not with a ticket or a token."""
    whole_answers: bool = False
    """Whether its client gets each answer when it is finished, in the simple shape, as its API key says."""
    conversation: ConversationId | None = None
    resumed: int = 0
    """Number of requests of its client for what it has missed."""
    cancels: TurnId | None = None
    """The turn whose answer the user has cancelled."""
    config: str = ""
    """The `config` in the address of its handshake, which may be the id of an open key."""
    too_fast: bool = False
    """Whether this frame is more than FRAMES_OF_A_CONNECTION allows; only `count_frame` sets it."""
    received_at: int = 0
    """When API Gateway received this frame, in milliseconds since 1970; only the handler of the frame sets it."""
