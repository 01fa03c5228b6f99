"""Requests for deletion over DynamoDB: kept once, found by their code, listed until they are done."""

from collections.abc import Iterator
from dataclasses import dataclass

from boto3.dynamodb.conditions import Key

from chalicelib.aws.dynamodb import items, keys
from chalicelib.aws.dynamodb.conditions import NOT_EXISTS, still_asked
from chalicelib.aws.dynamodb.table import ConditionFailed, Table, Update, put, update
from chalicelib.operations.deletion import Deletion


@dataclass(frozen=True)
class DynamoDeletions:
    """`ports.Deletions` over one table."""

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
        asked = Key("due_bucket").eq(keys.DELETIONS_BUCKET)
        for page in self.table.pages(asked, index=keys.DUE_INDEX):
            indexed = [_key(found) for found in page]
            stored = {item["pk"]: item for item in self.table.get_many(indexed)} if indexed else {}
            kept = (stored[found["pk"]] for found in page if found["pk"] in stored)
            yield from (items.deletion(item) for item in kept if _is_open(item, now=now))

    def close(self, code: str, *, now: int) -> bool:
        done = Update(put={"done_at": now}, remove=["user", "due_bucket", "due_at"])
        try:
            self.table.write(update(keys.deletion_key(code), done, when=still_asked(now)))
        except ConditionFailed:
            return False
        return True


def _is_open(item: items.Item, *, now: int) -> bool:
    """The index may be a moment behind."""
    return items.is_there(item, now=now) and "done_at" not in item


def _key(item: items.Item) -> keys.Key:
    return {"pk": item["pk"], "sk": item["sk"]}
