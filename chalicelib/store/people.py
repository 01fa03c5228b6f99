"""People over DynamoDB: access, limits, counts, and what remains of somebody who is forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from boto3.dynamodb.conditions import Attr, ConditionBase, Key

from chalicelib.errors import UnknownPerson
from chalicelib.messages import Access, Channel, Person, PersonId
from chalicelib.store import schema
from chalicelib.store.conditions import THERE, UNDECIDED
from chalicelib.store.table import Change, ConditionFailed, Table, update

_BATCH = 100


@dataclass(frozen=True)
class DynamoPeople:
    """`ports.People` over one table."""

    table: Table

    def get(self, person: PersonId) -> Person | None:
        item = self.table.get(schema.person_key(person))
        return schema.person(item) if item else None

    def announce(self, person: PersonId) -> bool:
        return self._change(person, Change(put={"announced": True}), when=Attr("announced").not_exists())

    def decide(self, person: PersonId, access: Access, *, daily_limit: int | None) -> None:
        limit = {} if daily_limit is None else {"daily_limit": daily_limit}
        stays = access is not Access.DEFAULT or limit
        gone = [*([] if limit else ["daily_limit"]), *(["expires_at"] if stays else [])]
        change = Change(put={"access": access.value, **limit}, remove=gone)
        if not self._change(person, change, when=THERE):
            raise UnknownPerson("nobody of that id has written yet")

    def list(self) -> Iterator[Person]:
        for channel in Channel:
            seen = (
                item["pk"]
                for page in self.table.pages(
                    Key("channel").eq(channel.value), index=schema.PEOPLE_INDEX, newest_first=True
                )
                for item in page
            )
            while batch := list(islice(seen, _BATCH)):
                keys = [{"pk": pk, "sk": "PERSON"} for pk in batch]
                found = {item["pk"]: item for item in self.table.get_many(keys)}
                yield from (schema.person(found[pk]) for pk in batch if pk in found)

    def forget(self, person: PersonId, *, now: int) -> None:
        gone = ["first_seen", "last_seen", "channel", "rooms"]
        soon = {"expires_at": now // 1000 + schema.COUNTS_KEPT_S}
        if not self._change(person, Change(put=soon, remove=gone), when=UNDECIDED):
            self._change(person, Change(remove=gone), when=THERE)

    def _change(self, person: PersonId, change: Change, *, when: ConditionBase) -> bool:
        try:
            self.table.write(update(schema.person_key(person), change, when=THERE & when))
        except ConditionFailed:
            return False
        return True
