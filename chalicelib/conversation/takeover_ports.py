"""What a human's takeover of a conversation needs from the store and of the owners, as Protocols; no code.

Contract tests check each docstring of the store's. That the bot is silent is `Inbox.pause`.
"""

from typing import Protocol

from chalicelib.conversation.turn import Turn
from chalicelib.ids import ConversationId


class Takeovers(Protocol):
    """Conversations in which a human answers in place of the bot. All methods raise StoreError; writes are atomic."""

    def hear(self, words: Turn, *, until: int, now: int) -> bool:
        """Store what a human wrote elsewhere, as `takeover.words`, and keep the bot silent until `until`.

        Return whether the silence begins: then `takeover.beginning` is stored too, and a worker is needed. No words are
        stored of a user whom the bot has not met, or who has had everything deleted since. A longer silence stays;
        words from before `resume` begin none. A repetition stores nothing.
        """

    def pass_on(self, words: Turn, *, until: int, now: int) -> bool:
        """Store what a human wrote, as queued `takeover.words`, and keep the bot silent until `until`, or longer.

        False, with nothing written, if it was stored before, or if the conversation has no turns yet.
        """

    def silent_until(self, conversation: ConversationId) -> int:
        """Return until when the bot is silent, which may be past; 0 if it never was."""

    def resume(self, conversation: ConversationId, *, now: int) -> bool:
        """End the bot's silence; False, with nothing written, if it is not silent at `now`.

        Nor does it end a silence that a human caused after `now`. Messages from before `now` stay unanswered. What a
        human wrote before `now` silences the bot no more, even if it becomes known later.
        """


class Humans(Protocol):
    """Tells the owners what concerns people who want a human. Methods raise StoreError, never NotifyError."""

    def wanted(self, turn: Turn) -> None:
        """Tell that the user of the turn asks for a human, and where to answer."""

    def wrote(self, turn: Turn) -> None:
        """Tell what a user wrote to the human who answers them, where humans do not read it otherwise."""

    def unheard(self, turn: Turn) -> None:
        """Tell that the words of a human, in this turn, did not reach the user."""
