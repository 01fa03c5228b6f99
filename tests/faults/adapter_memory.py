"""Reads a table of DynamoDB as the memory that the ledger of promises looks at."""

import json
from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any, Final

from chalicelib.aws.dynamodb import items, person_items
from chalicelib.aws.dynamodb.keys import PERSON_PREFIX, SPEND_PREFIX, TURN_PREFIX, conversation_of
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.writes import unmarshal
from chalicelib.ids import PersonId
from tests.contract.in_process import ministack
from tests.contract.stores import Store
from tests.fakes.memory import Conversation, KeptTurn, KnownPerson, Memory

Item = dict[str, Any]
_CONVERSATION: Final = "CONV"
_SCAN: Final = {"x-amz-target": "DynamoDB_20120810.Scan"}
_NUMBERS: Final = ("lease_until", "fence", "arrivals", "open_turns", "history_from", "paused_until")


def scanned(table: Table) -> list[Item]:
    """All items of the table, which is small; botocore would take longer than the emulator itself."""
    status, found = ministack(json.dumps({"TableName": table.name}).encode(), _SCAN)
    assert status == HTTPStatus.OK, found
    return [unmarshal(item) for item in json.loads(found)["Items"]]


def refresh(memory: Memory, table: Table, store: Store) -> None:
    """Make the memory equal to the table. A turn that is as it was stays the same object."""
    found = scanned(table)
    turns = {(turn.turn.conversation, turn.turn.id): turn for turn in map(_turn, _turns(found))}
    same = {place: kept for place, kept in memory.turns.items() if turns.get(place) == kept}
    memory.turns = dict(sorted({**turns, **same}.items()))
    memory.conversations = {
        conversation_of(item["pk"]): _conversation(item) for item in found if item["sk"] == _CONVERSATION
    }
    memory.people = {
        PersonId(item["pk"].removeprefix(PERSON_PREFIX)): _person(item)
        for item in found
        if item["pk"].startswith(PERSON_PREFIX) and item["sk"] == "PERSON"
    }
    days = sorted(
        date.fromisoformat(item["pk"].removeprefix(SPEND_PREFIX)[:10])
        for item in found
        if item["pk"].startswith(SPEND_PREFIX)
    )
    memory.spend = {spent.day: spent for spent in store.spending.days(days[0], days[-1])} if days else {}


def _turns(found: list[Item]) -> list[Item]:
    return [item for item in found if item["sk"].startswith(TURN_PREFIX)]


def _turn(item: Item) -> KeptTurn:
    return KeptTurn(items.turn(item), int(item["expires_at"]), erased=bool(item.get("erased")))


def _conversation(item: Mapping[str, Any]) -> Conversation:
    numbers: dict[str, Any] = {name: int(item[name]) for name in _NUMBERS if name in item}
    due_at = int(item["due_at"]) if "due_bucket" in item else None
    return Conversation(lease_owner=item.get("lease_owner"), due_at=due_at, opened_by=item.get("opened_by"), **numbers)


def _person(item: Item) -> KnownPerson:
    return KnownPerson(person_items.person(item), open_conversations=int(item.get("open_conversations", 0)))
