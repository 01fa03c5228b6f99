"""Fake of the store of failures of models, in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.conversation.breaker import Outage
from tests.fakes.memory import Memory, atomic


@dataclass(frozen=True)
class FakeOutages:
    """`conversation.breaker.Outages`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def current(self) -> Mapping[str, Outage]:
        return {model: Outage(*known) for model, known in self.memory.outages.items()}

    @atomic
    def count(self, model: str, *, now: int, anew: bool) -> Outage:
        before = 0 if anew else self.memory.outages.get(model, (0, 0))[0]
        self.memory.outages[model] = before + 1, now
        return Outage(before + 1, now)

    @atomic
    def claim(self, model: str, seen: Outage, *, now: int) -> bool:
        known = self.memory.outages.get(model)
        if known is None or known[1] != seen.at:
            return False
        self.memory.outages[model] = known[0], now
        return True

    @atomic
    def end(self, model: str) -> None:
        self.memory.outages.pop(model, None)
