"""The Owners port over DynamoDB: an item for each owner, one for the code, and a mark in the person's item."""

from collections.abc import Sequence
from dataclasses import dataclass

from boto3.dynamodb.conditions import Attr

from chalicelib.access.owner_ports import Owner
from chalicelib.access.pairing import MOST_TRIES, Pairing
from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.conditions import EXISTS
from chalicelib.aws.dynamodb.index_keys import people_partition
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.table import ConditionFailed, Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, delete, put, update
from chalicelib.ids import PersonId


@dataclass(frozen=True)
class DynamoOwners:
    """`access.owner_ports.Owners` over one table."""

    table: Table

    def list(self) -> Sequence[Owner]:
        pages = self.table.pages(keys.owners())
        return sorted((_owner(item) for page in pages for item in page), key=lambda owner: owner.since)

    def offer(self, pairing: Pairing) -> None:
        item = {**keys.pairing_key(), **_values(pairing), "tries": 0, "expires_at": pairing.expires_at // 1000 + 1}
        self.table.write(put(item))

    def try_code(self, *, now: int) -> Pairing | None:
        is_left = EXISTS & Attr("tries").lt(MOST_TRIES) & Attr("until").gt(now)
        try:
            item = self.table.write(update(keys.pairing_key(), Update(add={"tries": 1}), when=is_left))
        except ConditionFailed:
            return None
        return _pairing(item)

    def pair(self, person: PersonId, pairing: Pairing, *, now: int) -> bool:
        listed = {"channel": people_partition(person), "last_seen": now}
        is_owner = Update(set={"owner": True}, set_if_absent=listed, remove=["expires_at"])
        owner = {**keys.owner_key(person), "person": person, "since": now, **_values(pairing)}
        try:
            self.table.transact(
                code=delete(keys.pairing_key(), when=Attr("digest").eq(pairing.digest)),
                person=update(keys.person_key(person), is_owner),
                owner=put(owner),
            )
        except TransactionRefused:
            return False
        return True

    def remove(self, person: PersonId) -> bool:
        try:
            self.table.transact(
                owner=delete(keys.owner_key(person), when=EXISTS),
                person=update(keys.person_key(person), Update(remove=["owner"])),
            )
        except TransactionRefused:
            return False
        return True


def _values(pairing: Pairing) -> Item:
    return {"salt": pairing.salt, "digest": pairing.digest, "until": pairing.expires_at}


def _pairing(item: Item) -> Pairing:
    return Pairing(item["salt"], item["digest"], int(item["until"]))


def _owner(item: Item) -> Owner:
    return Owner(PersonId(item["person"]), int(item["since"]), _pairing(item))
