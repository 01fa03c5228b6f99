"""The PersonLists port over DynamoDB: an item for each list, in the person's partition."""

from collections.abc import Sequence
from dataclasses import dataclass

from boto3.dynamodb.conditions import Attr

from chalicelib.access.retention import LIST_KEPT_S
from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.conditions import NOT_EXISTS, not_forgotten_since
from chalicelib.aws.dynamodb.items import Item, key_of
from chalicelib.aws.dynamodb.table import Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import check, delete, put
from chalicelib.conversation.person_list import PersonList
from chalicelib.ids import PersonId


@dataclass(frozen=True)
class DynamoPersonLists:
    """`conversation.tool_ports.PersonLists` over one table."""

    table: Table

    def get(self, person: PersonId, name: str, *, now: int) -> PersonList:
        item = self.table.get(keys.list_key(person, name))
        # An expired item that is not deleted yet is replaced: its version is the condition.
        return PersonList(name, version=_version(item)) if item is None or not _is_there(item, now=now) else _list(item)

    def put(self, person: PersonId, changed: PersonList, *, asked_at: int, now: int) -> bool:
        values = {
            "name": changed.name,
            "items": list(changed.items),
            "version": changed.version + 1,
            "done": list(changed.done),
            "offered_in": changed.offered_in,
            "handed_over_at": changed.handed_over_at,
            "expires_at": now // 1000 + LIST_KEPT_S,
        }
        unchanged = Attr("version").eq(changed.version) if changed.version else NOT_EXISTS
        try:
            self.table.transact(
                list=put({**keys.list_key(person, changed.name), **values}, when=unchanged),
                person=check(keys.person_key(person), when=not_forgotten_since(asked_at)),
            )
        except TransactionRefused:
            return False
        return True

    def all(self, person: PersonId, *, now: int) -> Sequence[PersonList]:
        pages = self.table.pages(keys.lists_of(person))
        return [_list(item) for page in pages for item in page if _is_there(item, now=now)]

    def forget(self, person: PersonId) -> None:
        for item in [item for page in self.table.pages(keys.lists_of(person)) for item in page]:
            self.table.write(delete(key_of(item)))


def _is_there(item: Item, *, now: int) -> bool:
    return bool(item["expires_at"] * 1000 > now)


def _version(item: Item | None) -> int:
    return int(item["version"]) if item else 0


def _list(item: Item) -> PersonList:
    return PersonList(
        item["name"],
        tuple(item["items"]),
        _version(item),
        tuple(item["done"]),
        item["offered_in"],
        int(item["handed_over_at"]),
    )
