"""The Deletions port over DynamoDB: deletion requests, stored once, found by their code, listed until they are done."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.access.retention import DELETION_KEPT_S
from chalicelib.aws.dynamodb import index_keys, items, keys
from chalicelib.aws.dynamodb.conditions import NOT_EXISTS, deletion_open
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.writes import Update, put, update
from chalicelib.operations.deletion import Deletion


@dataclass(frozen=True)
class DynamoDeletions:
    """`operations.ports.Deletions` over one table."""

    table: Table

    def keep(self, deletion: Deletion) -> bool:
        return self.table.write_if(put(_item(deletion), when=NOT_EXISTS))

    def get(self, code: str, *, now: int) -> Deletion | None:
        item = self.table.get(keys.deletion_key(code))
        return _deletion(item) if item and items.is_there(item, now=now) else None

    def open(self, *, now: int) -> Iterator[Deletion]:
        for page in self.table.pages(index_keys.in_bucket(index_keys.DELETIONS_BUCKET), index=index_keys.DUE_INDEX):
            indexed = [items.key_of(found) for found in page]
            stored = {item["pk"]: item for item in self.table.get_many(indexed)}
            kept = (stored[found["pk"]] for found in page if found["pk"] in stored)
            yield from (_deletion(item) for item in kept if _is_open(item, now=now))

    def close(self, code: str, *, now: int) -> bool:
        done = Update(set={"done_at": now}, remove=["user", "due_bucket", "due_at"])
        return self.table.write_if(update(keys.deletion_key(code), done, when=deletion_open(now)))


def _is_open(item: items.Item, *, now: int) -> bool:
    """Whether the stored request is open; it may be done already, because the index lags behind."""
    return items.is_there(item, now=now) and "done_at" not in item


def _item(deletion: Deletion) -> items.Item:
    """The item of a new request; it is in the due index until it is done."""
    return {
        **keys.deletion_key(deletion.code),
        "user": deletion.user,
        "due_bucket": index_keys.DELETIONS_BUCKET,
        "due_at": deletion.received_at,
        "received_at": deletion.received_at,
        "expires_at": deletion.received_at // 1000 + DELETION_KEPT_S,
    }


def _deletion(item: items.Item) -> Deletion:
    """The deletion request of an item."""
    done_at = item.get("done_at")
    return Deletion(
        code=item["pk"].removeprefix(keys.DELETION_PREFIX),
        received_at=int(item["received_at"]),
        user=item.get("user", ""),
        done_at=None if done_at is None else int(done_at),
    )
