"""The design's words for the web chat, as frozen values; no I/O and no decisions."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from chalicelib.messages import ConversationId, PersonId, TurnId

KeyId = NewType("KeyId", str)
"""What an API key is called: no secret."""

SocketId = NewType("SocketId", str)
"""A WebSocket connection, as API Gateway calls it."""


@dataclass(frozen=True)
class ApiKey:
    """What a program writes with, and what a chat page's visitors come by; the secret itself is stored nowhere."""

    id: KeyId
    name: str
    """For the owner."""
    digest: str = field(repr=False)
    """SHA-256 of the secret."""
    persona: str
    created_at: int
    max_messages: int | None = None
    """Questions in all; None means no limit."""
    used: int = 0
    daily_messages: int | None = None
    """Questions a day and visitor; None means no limit."""
    origins: tuple[str, ...] = ()
    """The pages, beside the bot's own, on which browsers may use it: `https://example.com`, or `*` for any."""
    expires_at: int | None = None
    """Milliseconds since 1970, as all times; None means never."""
    revoked_at: int | None = None

    def is_valid(self, *, now: int) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    @property
    def left(self) -> int | None:
        """Questions that it is still good for; None when they are not counted."""
        return None if self.max_messages is None else max(0, self.max_messages - self.used)


@dataclass(frozen=True)
class Terms:
    """On what terms a person is answered."""

    persona: str
    daily_limit: int | None
    """Questions a day for whom the owner has not decided otherwise; None means no limit."""
    key: ApiKey | None = None
    """The key that vouches for the person."""


class SocketState(StrEnum):
    """How far a WebSocket has come; the last is final."""

    CONNECTED = "connected"
    """Nothing is done for it but authentication."""
    READY = "ready"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Socket:
    """A WebSocket connection: where it can be reached, and who writes through it."""

    id: SocketId
    endpoint: str
    """The address of the API that it belongs to."""
    origin: str = ""
    """The web page that opened it, as its browser says; empty for programs."""
    state: SocketState = SocketState.CONNECTED
    person: PersonId | None = None
    conversation: ConversationId | None = None
    resumed: int = 0
    """Grows each time its client asks to be brought up to date."""
    cancels: TurnId | None = None
    """The turn that its person wants no more of."""
