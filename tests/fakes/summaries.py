"""The Summaries port in memory."""

from dataclasses import dataclass, field

from chalicelib.access.budget import Reservation, Settlement
from chalicelib.conversation.summary_ports import Summarised
from chalicelib.conversation.turn import Lease
from chalicelib.ids import Channel, ConversationId
from tests.fakes import spend
from tests.fakes.memory import Conversation, Memory, atomic


@dataclass(frozen=True)
class FakeSummaries:
    """`conversation.summary_ports.Summaries`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def begin(self, lease: Lease, reserve: Reservation, channel: Channel, *, newest: int) -> bool:
        found = self._unchanged(lease)
        if found is None or found.summary_tried >= newest or not spend.has_room_on(self.memory, reserve, channel):
            return False
        found.summary_tried = newest
        spend.reserve_on(self.memory, reserve, channel)
        return True

    @atomic
    def is_waiting(self, conversation: ConversationId) -> bool:
        found = self.memory.conversations.get(conversation)
        return found is not None and found.open_turns > 0

    @atomic
    def keep(self, made: Summarised) -> bool:
        self.settle(made.settlement, made.channel)
        found = self._unchanged(made.lease)
        if found is None:
            return False
        found.summary, found.summary_tried, found.expires_at = made.summary, 0, made.expires_at
        found.words_version += 1
        return True

    @atomic
    def settle(self, settlement: Settlement, channel: Channel) -> None:
        spend.settle_on(self.memory, settlement, channel)

    def _unchanged(self, lease: Lease) -> Conversation | None:
        found = self.memory.conversations.get(lease.conversation)
        return found if found and found.words_version == lease.words_version else None
