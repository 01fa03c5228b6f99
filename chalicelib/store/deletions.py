"""Requests for deletion over DynamoDB: kept once, found by their code, listed until they are done."""

from collections.abc import Iterator
from dataclasses import dataclass

from boto3.dynamodb.conditions import Key

from chalicelib.messages import Deletion
from chalicelib.store import schema
from chalicelib.store.conditions import NOT_THERE, still_asked
from chalicelib.store.table import Change, ConditionFailed, Table, put, update


@dataclass(frozen=True)
class DynamoDeletions:
    """`ports.Deletions` over one table."""

    table: Table

    def keep(self, deletion: Deletion) -> bool:
        try:
            self.table.write(put(schema.deletion_item(deletion), when=NOT_THERE))
        except ConditionFailed:
            return False
        return True

    def get(self, code: str, *, now: int) -> Deletion | None:
        item = self.table.get(schema.deletion_key(code))
        return schema.deletion(item) if item and schema.is_there(item, now=now) else None

    def open(self, *, now: int) -> Iterator[Deletion]:
        asked = Key("due_bucket").eq(schema.DELETIONS_BUCKET)
        for page in self.table.pages(asked, index=schema.DUE_INDEX):
            keys = [_key(found) for found in page]
            items = {item["pk"]: item for item in self.table.get_many(keys)} if keys else {}
            kept = (items[found["pk"]] for found in page if found["pk"] in items)
            yield from (schema.deletion(item) for item in kept if _is_open(item, now=now))

    def close(self, code: str, *, now: int) -> bool:
        done = Change(put={"done_at": now}, remove=["user", "due_bucket", "due_at"])
        try:
            self.table.write(update(schema.deletion_key(code), done, when=still_asked(now)))
        except ConditionFailed:
            return False
        return True


def _is_open(item: schema.Item, *, now: int) -> bool:
    """The index may be a moment behind."""
    return schema.is_there(item, now=now) and "done_at" not in item


def _key(item: schema.Item) -> schema.Key:
    return {"pk": item["pk"], "sk": item["sk"]}
