"""Limits that every adapter of the stores enforces. Constants only."""

from typing import Final

from chalicelib.access.token_bucket import TokenBucket

MAX_OPEN_TURNS: Final = 5
"""The most open turns of one conversation."""
MAX_CONNECTIONS: Final = 50
"""The most connections in one conversation."""
CONNECTIONS_OF_A_PERSON: Final = 10
"""The most connections of one person, wherever they are."""
CONVERSATIONS_OF_A_CONNECTION: Final = 10
"""The most conversations that one connection follows."""
OPEN_OF_A_PERSON: Final = 3
"""The most conversations with open turns that one person has opened: each holds a worker."""
MESSAGES_OF_A_PERSON: Final = TokenBucket(burst=60, every_ms=6000)
"""The messages of one person that are stored, also commands and questions beyond the daily limit."""
NOTICE_EVERY_MS: Final = 60 * 60_000
"""How often at most a person gets the notice that no more is answered today, where not each turn needs an end."""
MAX_ROOMS: Final = 100
"""The most rooms of one person: /forget erases the person's turns in each of them, and the item has to stay small."""
FRAMES_OF_A_CONNECTION: Final = TokenBucket(burst=30, every_ms=1000)
"""The frames that one client may send, of any kind, authenticated or not."""
WAITING_FRAMES: Final = TokenBucket(burst=8, every_ms=5000)
"""The frames of one client that may wait for earlier ones, each of which keeps a function for up to five seconds."""
IDLE_TIMEOUT_MS: Final = 10 * 60_000
"""After which API Gateway closes a connection without frames. One that needs not authenticate is not closed before."""
WAKE_AGAIN_MS: Final = 10_000
"""Within this time one worker at most is woken for messages of a conversation that come again."""
AUTH_TIMEOUT_MS: Final = 60_000
"""How long a connection may stay unauthenticated before the heartbeat closes it."""
