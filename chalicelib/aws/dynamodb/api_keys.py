"""The ApiKeys and Tickets ports over DynamoDB."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from chalicelib.access.api_key import ApiKey
from chalicelib.aws.dynamodb import api_key_items, items, key_counts, keys
from chalicelib.aws.dynamodb.conditions import EXISTS, NOT_EXISTS, fewer_tickets_than
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.writes import Update, put, update
from chalicelib.ids import KeyId


@dataclass(frozen=True)
class DynamoApiKeys:
    """`access.ports.ApiKeys` over one table."""

    table: Table

    def create(self, key: ApiKey) -> bool:
        return self.table.write_if(put(api_key_items.api_key_item(key), when=NOT_EXISTS))

    def get(self, key: KeyId) -> ApiKey | None:
        found = self._get(key)
        return found and (found if found.max_messages is not None else replace(found, used=0))

    def counted(self, key: KeyId) -> ApiKey | None:
        found = self._get(key)
        return found and next(self._counted([found]))

    def list(self) -> Iterator[ApiKey]:
        for page in self.table.pages(keys.api_keys()):
            yield from self._counted([api_key_items.api_key(item) for item in page])

    def revoke(self, key: KeyId, *, now: int) -> bool:
        change = Update(set_if_absent={"revoked_at": now})
        if not self.table.write_if(update(keys.api_key_key(key), change, when=EXISTS)):
            return False
        key_counts.revoke(self.table, key, now=now)
        return True

    def set_open_rooms(self, key: KeyId, *, is_open: bool) -> bool:
        return self.table.write_if(update(keys.api_key_key(key), Update(set={"open_rooms": is_open}), when=EXISTS))

    def set_generation(self, key: KeyId, generation: int) -> bool:
        return self.table.write_if(update(keys.api_key_key(key), Update(set={"generation": generation}), when=EXISTS))

    def _get(self, key: KeyId) -> ApiKey | None:
        item = self.table.get(keys.api_key_key(key))
        return api_key_items.api_key(item) if item else None

    def _counted(self, found: Sequence[ApiKey]) -> Iterator[ApiKey]:
        """The keys with what is counted in items of its own; what older versions counted is in the key's item."""
        counts = key_counts.read(self.table, [key.id for key in found if key.max_messages is None])
        return (replace(key, used=max(0, key.used + counts[key.id])) for key in found)


@dataclass(frozen=True)
class DynamoTickets:
    """`access.ports.Tickets` over one table."""

    table: Table

    def count(self, key: KeyId, whose: str, *, hour: str, most: int) -> bool:
        change = Update(add={"tickets": 1}, set={"expires_at": items.tickets_expire_at(hour)})
        item_key = keys.tickets_key(key, whose, hour=hour)
        return self.table.write_if(update(item_key, change, when=fewer_tickets_than(most)))
