"""A fake of the store of codes that a window hands over, in memory."""

from dataclasses import dataclass, field

from chalicelib.access.page_sign_in import HANDOVER_KEPT_S
from tests.fakes.memory import Memory, atomic


@dataclass(frozen=True)
class FakeHandovers:
    """`access.ports.Handovers`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def put(self, slot: str, code: str, *, now: int) -> bool:
        if slot in self.memory.handovers:
            return False
        self.memory.handovers[slot] = (code, now // 1000 + HANDOVER_KEPT_S)
        return True

    @atomic
    def take(self, slot: str, *, now: int) -> str | None:
        code, expires_at = self.memory.handovers.get(slot, ("", 0))
        if expires_at * 1000 <= now:
            return None
        del self.memory.handovers[slot]
        return code
