"""People over DynamoDB: access, limits, counts, and what remains of somebody who is forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from boto3.dynamodb.conditions import Attr, ConditionBase, Key

from chalicelib.access import retention
from chalicelib.access.person import Access, Person
from chalicelib.aws.dynamodb import items, keys
from chalicelib.aws.dynamodb.conditions import EXISTS, UNDECIDED
from chalicelib.aws.dynamodb.table import ConditionFailed, Table, Update, update
from chalicelib.errors import UnknownPerson
from chalicelib.ids import Channel, PersonId

_BATCH = 100


@dataclass(frozen=True)
class DynamoPeople:
    """`ports.People` over one table."""

    table: Table

    def get(self, person: PersonId) -> Person | None:
        item = self.table.get(keys.person_key(person))
        return items.person(item) if item else None

    def announce(self, person: PersonId) -> bool:
        return self._change(person, Update(put={"announced": True}), when=Attr("announced").not_exists())

    def decide(self, person: PersonId, access: Access, *, daily_limit: int | None) -> None:
        limit = {} if daily_limit is None else {"daily_limit": daily_limit}
        stays = access is not Access.DEFAULT or limit
        gone = [*([] if limit else ["daily_limit"]), *(["expires_at"] if stays else [])]
        change = Update(put={"access": access.value, **limit}, remove=gone)
        if not self._change(person, change, when=EXISTS):
            raise UnknownPerson("nobody of that id has written yet")

    def list(self) -> Iterator[Person]:
        for channel in Channel:
            seen = (
                item["pk"]
                for page in self.table.pages(
                    Key("channel").eq(channel.value), index=keys.PEOPLE_INDEX, newest_first=True
                )
                for item in page
            )
            while batch := list(islice(seen, _BATCH)):
                wanted = [{"pk": pk, "sk": "PERSON"} for pk in batch]
                found = {item["pk"]: item for item in self.table.get_many(wanted)}
                yield from (items.person(found[pk]) for pk in batch if pk in found)

    def forget(self, person: PersonId, *, now: int) -> None:
        gone = ["first_seen", "last_seen", "channel", "rooms"]
        soon = {"expires_at": now // 1000 + retention.COUNTS_KEPT_S}
        if not self._change(person, Update(put=soon, remove=gone), when=UNDECIDED):
            self._change(person, Update(remove=gone), when=EXISTS)

    def _change(self, person: PersonId, change: Update, *, when: ConditionBase) -> bool:
        try:
            self.table.write(update(keys.person_key(person), change, when=EXISTS & when))
        except ConditionFailed:
            return False
        return True
