"""A WebSocket connection as a frozen value; no I/O."""

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.ids import ConnectionId, ConversationId, PersonId, TurnId


class ConnectionState(StrEnum):
    """How far a WebSocket has come; the last is final."""

    CONNECTED = "connected"
    """Nothing is done for it but authentication."""
    READY = "ready"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Connection:
    """A WebSocket connection: where it can be reached, and who writes through it."""

    id: ConnectionId
    endpoint: str
    """The address of the API that it belongs to."""
    origin: str = ""
    """The web page that opened it, as its browser says; empty for programs."""
    state: ConnectionState = ConnectionState.CONNECTED
    person: PersonId | None = None
    conversation: ConversationId | None = None
    resumed: int = 0
    """Grows each time its client asks to be brought up to date."""
    cancels: TurnId | None = None
    """The turn that its person wants no more of."""
