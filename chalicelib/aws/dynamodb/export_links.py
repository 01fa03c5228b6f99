"""The ExportLinks port over DynamoDB: an item for each link; the person's item names it, so it is forgotten too."""

from dataclasses import dataclass

from chalicelib.access.export_link import LINK_KEPT_S
from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.conditions import EXISTS, not_forgotten_since
from chalicelib.aws.dynamodb.table import ConditionFailed, Table, TransactionRefused
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
        item = self.table.get(keys.export_link_key(link))
        return item is not None and item["expires_at"] * 1000 > now

    def take(self, link: str, *, now: int) -> PersonId | None:
        item = self.table.get(keys.export_link_key(link))
        if item is None or item["expires_at"] * 1000 <= now:
            return None
        try:
            self.table.write(delete(keys.export_link_key(link), when=EXISTS))
        except ConditionFailed:
            return None
        return PersonId(item["person"])


def drop(table: Table, person: PersonId) -> None:
    """Delete the person's link, if there is one."""
    link = (table.get(keys.person_key(person)) or {}).get(ATTRIBUTE)
    if link:
        table.write(delete(keys.export_link_key(link)))
