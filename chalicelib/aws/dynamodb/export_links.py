"""The ExportLinks port over DynamoDB: an item for each link; the person's item names it, so it is forgotten too."""

from dataclasses import dataclass

from chalicelib.access.export_link import LINK_KEPT_S
from chalicelib.aws.dynamodb import keys, one_time
from chalicelib.aws.dynamodb.conditions import EXISTS, not_forgotten_since
from chalicelib.aws.dynamodb.table import Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, delete, put, update
from chalicelib.ids import PersonId

ATTRIBUTE = "export_link"


@dataclass(frozen=True)
class DynamoExportLinks:
    """`access.export_link.ExportLinks` over one table."""

    table: Table

    def offer(self, link: str, person: PersonId, *, asked_at: int, now: int) -> bool:
        drop(self.table, person)
        item = {**keys.export_link_key(link), "person": person, "expires_at": now // 1000 + LINK_KEPT_S}
        known = update(
            keys.person_key(person), Update(set={ATTRIBUTE: link}), when=EXISTS & not_forgotten_since(asked_at)
        )
        try:
            self.table.transact(link=put(item), person=known)
        except TransactionRefused:
            return False
        return True

    def is_offered(self, link: str, *, now: int) -> bool:
        return one_time.find(self.table, keys.export_link_key(link), now=now) is not None

    def take(self, link: str, *, now: int) -> PersonId | None:
        item = one_time.take(self.table, keys.export_link_key(link), now=now)
        return PersonId(item["person"]) if item else None


def drop(table: Table, person: PersonId) -> None:
    """Delete the person's link, if there is one."""
    link = (table.get(keys.person_key(person)) or {}).get(ATTRIBUTE)
    if link:
        table.write(delete(keys.export_link_key(link)))
