"""What a human's takeover of a conversation needs from the store, as a Protocol; no code.

Contract tests check each docstring. That a human has begun is `Inbox.pause`.
"""

from typing import Protocol

from chalicelib.ids import ConversationId


class Takeovers(Protocol):
    """Conversations in which a human answers in place of the bot. All methods raise StoreError; writes are atomic."""

    def resume(self, conversation: ConversationId, *, now: int) -> bool:
        """End the bot's silence; False, with nothing written, if it is not silent at `now`.

        Nor does it end a silence that a human caused after `now`. Messages from before `now` stay unanswered. What a
        human wrote before `now` silences the bot no more, even if it becomes known later.
        """
