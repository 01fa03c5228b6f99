"""What making summaries needs from the store, as a Protocol; no code. Contract tests check each docstring."""

from dataclasses import KW_ONLY, dataclass
from typing import Protocol

from chalicelib.access.budget import Reservation, Settlement
from chalicelib.conversation.turn import Lease, Summary
from chalicelib.ids import Channel, ConversationId


@dataclass(frozen=True)
class Summarised:
    """A summary that was made, and what it took."""

    lease: Lease
    """As it was when the summary was begun."""
    summary: Summary
    _: KW_ONLY
    settlement: Settlement
    channel: Channel
    """Of the reservation."""
    expires_at: int
    """When the summary expires if no message follows, in seconds since 1970."""


class Summaries(Protocol):
    """The summaries of conversations. All methods raise StoreError. Every write is atomic.

    A summary is made when the lease is released, so nothing here needs it. What a summary must not outlive raises
    `Lease.words_version`, and so does a summary itself.
    """

    def begin(self, lease: Lease, reserve: Reservation, channel: Channel, *, newest: int) -> bool:
        """Reserve money for the call that makes a summary, and store `newest` as `Lease.summary_tried`.

        False, with nothing written, if the budget or the channel's part has no room, if words or the summary have
        changed since the lease was read, or if another worker has begun one up to `newest` or later.
        """

    def is_waiting(self, conversation: ConversationId) -> bool:
        """Whether a turn of the conversation is open."""

    def keep(self, made: Summarised) -> bool:
        """Store the summary in place of the one before, and settle the money.

        False if words or the summary have changed since the lease was read: then only the money is settled.
        """

    def settle(self, settlement: Settlement, channel: Channel) -> None:
        """Settle the money of a call that made no summary."""
