"""The PersonaTexts port over DynamoDB: one item with all texts, and a journal of the owner's changes to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.access.ports import NO_FILES, PersonaChange, PersonaText
from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.conditions import has_attribute
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.read_along import ReadAlong
from chalicelib.aws.dynamodb.table import Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, put, update

_PREFIX: Final = "as_"
"""Begins the name of each attribute with a text."""
KEPT_S: Final = 400 * 24 * 60 * 60
"""How long an entry of the journal is stored: more than a year."""


@dataclass(frozen=True)
class DynamoPersonaTexts:
    """`access.ports.PersonaTexts` over one table."""

    table: Table
    along: ReadAlong

    def current(self) -> Mapping[str, PersonaText]:
        return _texts(self.along.current(self.table.get_many))

    def put(self, name: str, source: str, *, now: int, files: Mapping[str, str] = NO_FILES) -> None:
        text = {"source": source, "at": now} | ({"files": dict(files)} if files else {})
        stored = Update(set={f"{_PREFIX}{name}": text})
        entry = put(_entry(PersonaChange(now, name, is_put=True)))
        self.table.transact(texts=update(keys.personas_key(), stored), journal=entry)
        self.along.forget()

    def remove(self, name: str, *, now: int) -> bool:
        attribute = f"{_PREFIX}{name}"
        removed = update(keys.personas_key(), Update(remove=[attribute]), when=has_attribute(attribute))
        try:
            self.table.transact(texts=removed, journal=put(_entry(PersonaChange(now, name, is_put=False))))
        except TransactionRefused:
            return False
        self.along.forget()
        return True

    def changes(self) -> Iterator[PersonaChange]:
        for page in self.table.pages(keys.persona_changes(), newest_first=True):
            yield from (PersonaChange(int(one["at"]), one["persona"], is_put=one["put"]) for one in page)


def _texts(item: Item) -> Mapping[str, PersonaText]:
    found: dict[str, Any] = {name: value for name, value in item.items() if name.startswith(_PREFIX)}
    return {name.removeprefix(_PREFIX): _text(value) for name, value in found.items()}


def _text(stored: Mapping[str, Any]) -> PersonaText:
    return PersonaText(stored["source"], int(stored["at"]), stored.get("files", NO_FILES))


def _entry(change: PersonaChange) -> Item:
    return {
        **keys.persona_change_key(change.name, at=change.at),
        "persona": change.name,
        "put": change.is_put,
        "at": change.at,
        "expires_at": change.at // 1000 + KEPT_S,
    }
