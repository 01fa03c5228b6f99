"""A fake of the store of the last health check, in memory."""

from dataclasses import dataclass, field

from chalicelib.operations.findings import Checkup
from tests.fakes.memory import Memory, atomic


@dataclass(frozen=True)
class FakeCheckups:
    """`operations.ports.Checkups`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def keep(self, checkup: Checkup) -> None:
        self.memory.checkup = checkup

    @atomic
    def last(self) -> Checkup | None:
        return self.memory.checkup
