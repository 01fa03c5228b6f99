"""The port Takeovers in memory."""

from dataclasses import dataclass, field

from chalicelib.ids import ConversationId
from tests.fakes.memory import Memory, atomic


@dataclass(frozen=True)
class FakeTakeovers:
    """`conversation.takeover_ports.Takeovers`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def resume(self, conversation: ConversationId, *, now: int) -> bool:
        found = self.memory.conversations.get(conversation)
        if found is None or found.paused_until <= now or found.silent_since > now:
            return False
        found.paused_until = found.resumed_at = now
        return True
