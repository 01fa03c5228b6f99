"""Fake of the store of the pause of the whole bot, in memory."""

from dataclasses import dataclass, field

from tests.fakes.memory import Memory, atomic


@dataclass(frozen=True)
class FakePauses:
    """`access.pauses.Pauses`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def until(self) -> int:
        return self.memory.paused_until

    @atomic
    def pause(self, *, until: int) -> None:
        self.memory.paused_until = until

    @atomic
    def resume(self, *, now: int) -> bool:
        is_paused = self.memory.paused_until > now
        self.memory.paused_until = 0 if is_paused else self.memory.paused_until
        return is_paused
