"""A fake of the store of deletion requests, in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from chalicelib.access.retention import DELETION_KEPT_S
from chalicelib.operations.deletion import Deletion
from tests.fakes.memory import Memory, atomic


@dataclass(frozen=True)
class FakeDeletions:
    """`operations.ports.Deletions`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def keep(self, deletion: Deletion) -> bool:
        if deletion.code in self.memory.deletions:
            return False
        self.memory.deletions[deletion.code] = deletion
        return True

    @atomic
    def get(self, code: str, *, now: int) -> Deletion | None:
        kept = self.memory.deletions.get(code)
        return kept if kept and _is_there(kept, now=now) else None

    @atomic
    def open(self, *, now: int) -> Iterator[Deletion]:
        kept = [one for one in self.memory.deletions.values() if one.done_at is None and _is_there(one, now=now)]
        return iter(sorted(kept, key=lambda one: one.received_at))

    @atomic
    def close(self, code: str, *, now: int) -> bool:
        kept = self.get(code, now=now)
        if kept is None or kept.done_at is not None:
            return False
        self.memory.deletions[code] = replace(kept, user="", done_at=now)
        return True


def _is_there(kept: Deletion, *, now: int) -> bool:
    return (kept.received_at // 1000 + DELETION_KEPT_S) * 1000 > now
