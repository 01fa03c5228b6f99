"""How long the clients of models wait, in seconds, whatever the provider."""

from typing import Final

PAUSE_S: Final = 0.5
"""Before a request is sent once more, unless the server names another pause."""
LEAST_ANSWER_S: Final = 1.0
"""What an answer takes at least: with less time left no model is asked."""
REST_S: Final = 0.1
"""How long the connection of a complete answer may take to become free for the next one."""
