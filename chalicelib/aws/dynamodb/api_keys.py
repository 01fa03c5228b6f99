"""The ApiKeys and Tickets ports over DynamoDB."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.access.api_key import ApiKey
from chalicelib.aws.dynamodb import api_key_items, items, keys
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
        item = self.table.get(keys.api_key_key(key))
        return api_key_items.api_key(item) if item else None

    def list(self) -> Iterator[ApiKey]:
        for page in self.table.pages(keys.api_keys()):
            yield from (api_key_items.api_key(item) for item in page)

    def revoke(self, key: KeyId, *, now: int) -> bool:
        change = Update(set_if_absent={"revoked_at": now})
        return self.table.write_if(update(keys.api_key_key(key), change, when=EXISTS))

    def set_open_rooms(self, key: KeyId, *, is_open: bool) -> bool:
        return self.table.write_if(update(keys.api_key_key(key), Update(set={"open_rooms": is_open}), when=EXISTS))

    def set_generation(self, key: KeyId, generation: int) -> bool:
        return self.table.write_if(update(keys.api_key_key(key), Update(set={"generation": generation}), when=EXISTS))


@dataclass(frozen=True)
class DynamoTickets:
    """`access.ports.Tickets` over one table."""

    table: Table

    def count(self, key: KeyId, whose: str, *, hour: str, most: int) -> bool:
        change = Update(add={"tickets": 1}, set={"expires_at": items.tickets_expire_at(hour)})
        item_key = keys.tickets_key(key, whose, hour=hour)
        return self.table.write_if(update(item_key, change, when=fewer_tickets_than(most)))
