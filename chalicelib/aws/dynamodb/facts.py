"""The Facts port over DynamoDB: facts are a map in the person's item, which each turn reads anyway.

So they cost a turn no call, and they are deleted with the rest by one write. An item is written several times a turn,
and each write is billed by the size of the item; a few facts leave it within the first KB.
"""

from dataclasses import dataclass
from typing import Final

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.access.facts import MEMORY_CONSENT, Kept, Remembered, in_one_line, verdict
from chalicelib.access.person import Fact
from chalicelib.aws.dynamodb import fact_items, keys, person_items
from chalicelib.aws.dynamodb.conditions import EXISTS, facts_made, has_attribute, not_forgotten_since
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.writes import Update, update
from chalicelib.errors import StoreError
from chalicelib.ids import PersonId

_TRIES: Final = 5
"""More than a person sends such requests at once."""


@dataclass(frozen=True)
class DynamoFacts:
    """`access.facts.Facts` over one table."""

    table: Table

    def remember(self, person: PersonId, text: str, *, source: str, asked_at: int, now: int) -> Remembered:
        line = in_one_line(text)
        for _ in range(_TRIES):
            item = self._item(person)
            if found := verdict(person_items.person(item), line, source=source, asked_at=asked_at):
                return found
            made = int(item.get("facts_made", 0))
            fact = Fact(made + 1, line, now, source)
            if self._write(person, _adding(fact, item), when=facts_made(made) & not_forgotten_since(asked_at)):
                return Remembered(Kept.KEPT, fact)
        raise StoreError("the person's facts change too often")

    def forget(self, person: PersonId, number: int, *, source: str) -> bool:
        gone = Update(remove=[f"facts.{number}"], set={"forgot": source})
        if self._write(person, gone, when=has_attribute(f"facts.{number}")):
            return True
        return bool(self._item(person).get("forgot") == source)

    def switch(self, person: PersonId, *, on: bool, asked_at: int) -> None:
        agreed = Update(set={"memory_consent": {"version": MEMORY_CONSENT, "at": asked_at}}, remove=["memory_off"])
        change = agreed if on else Update(set={"memory_off": True}, remove=["memory_consent"])
        self._write(person, change, when=not_forgotten_since(asked_at))

    def _item(self, person: PersonId) -> Item:
        return self.table.get(keys.person_key(person)) or {**keys.person_key(person)}

    def _write(self, person: PersonId, change: Update, *, when: ConditionBase) -> bool:
        return self.table.write_if(update(keys.person_key(person), change, when=EXISTS & when))


def _adding(fact: Fact, item: Item) -> Update:
    """The change that adds the fact; an item that never had one lacks the map."""
    number, stored = str(fact.number), fact_items.values(fact)
    added = {f"facts.{number}": stored} if "facts" in item else {"facts": {number: stored}}
    return Update(set={**added, "facts_made": fact.number})
