"""The Deletions port over DynamoDB: deletion requests, stored once, found by their code, listed until they are done."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.aws.dynamodb import items, keys
from chalicelib.aws.dynamodb.conditions import NOT_EXISTS, deletion_open
from chalicelib.aws.dynamodb.table import ConditionFailed, Table
from chalicelib.aws.dynamodb.writes import Update, put, update
from chalicelib.operations.deletion import Deletion


@dataclass(frozen=True)
class DynamoDeletions:
    """`operations.ports.Deletions` over one table."""

    table: Table

    def keep(self, deletion: Deletion) -> bool:
        try:
            self.table.write(put(items.deletion_item(deletion), when=NOT_EXISTS))
        except ConditionFailed:
            return False
        return True

    def get(self, code: str, *, now: int) -> Deletion | None:
        item = self.table.get(keys.deletion_key(code))
        return items.deletion(item) if item and items.is_there(item, now=now) else None

    def open(self, *, now: int) -> Iterator[Deletion]:
        for page in self.table.pages(keys.in_bucket(keys.DELETIONS_BUCKET), index=keys.DUE_INDEX):
            indexed = [items.key_of(found) for found in page]
            stored = {item["pk"]: item for item in self.table.get_many(indexed)} if indexed else {}
            kept = (stored[found["pk"]] for found in page if found["pk"] in stored)
            yield from (items.deletion(item) for item in kept if _is_open(item, now=now))

    def close(self, code: str, *, now: int) -> bool:
        done = Update(set={"done_at": now}, remove=["user", "due_bucket", "due_at"])
        try:
            self.table.write(update(keys.deletion_key(code), done, when=deletion_open(now)))
        except ConditionFailed:
            return False
        return True


def _is_open(item: items.Item, *, now: int) -> bool:
    """Whether the stored request is open; it may be done already, because the index lags behind."""
    return items.is_there(item, now=now) and "done_at" not in item
