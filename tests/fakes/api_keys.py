"""Fakes of the stores of API keys and tickets, in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from chalicelib.access.api_key import ApiKey
from chalicelib.ids import KeyId
from tests.fakes.memory import Memory, atomic


@dataclass(frozen=True)
class FakeApiKeys:
    """`access.ports.ApiKeys`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def create(self, key: ApiKey) -> bool:
        if key.id in self.memory.keys:
            return False
        self.memory.keys[key.id] = key
        return True

    @atomic
    def get(self, key: KeyId) -> ApiKey | None:
        found = self.memory.keys.get(key)
        return replace(found, used=0) if found and found.max_messages is None else found

    @atomic
    def counted(self, key: KeyId) -> ApiKey | None:
        return self.memory.keys.get(key)

    @atomic
    def list(self) -> Iterator[ApiKey]:
        return iter([key for _, key in sorted(self.memory.keys.items())])

    @atomic
    def revoke(self, key: KeyId, *, now: int) -> bool:
        known = self.memory.keys.get(key)
        if known is None:
            return False
        if known.revoked_at is None:
            self.memory.keys[key] = replace(known, revoked_at=now)
        return True

    @atomic
    def set_open_rooms(self, key: KeyId, *, is_open: bool) -> bool:
        known = self.memory.keys.get(key)
        if known:
            self.memory.keys[key] = replace(known, open_rooms=is_open)
        return known is not None

    @atomic
    def set_generation(self, key: KeyId, generation: int) -> bool:
        known = self.memory.keys.get(key)
        if known:
            self.memory.keys[key] = replace(known, generation=generation)
        return known is not None


@dataclass(frozen=True)
class FakeTickets:
    """`access.ports.Tickets`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def count(self, key: KeyId, whose: str, *, hour: str, most: int) -> bool:
        where = hour, key, whose
        if self.memory.tickets.get(where, 0) >= most:
            return False
        self.memory.tickets[where] = self.memory.tickets.get(where, 0) + 1
        return True
