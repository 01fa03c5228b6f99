"""The questions of an API key without a maximum, counted in several items, each in a partition of its own.

One item bears few questions a second, since transactions that meet in an item wait for each other. A key with a
`max_messages` is counted in its own item, which has the limit.

An item of the count is made with its first question. It has what makes the key invalid too: `charge` reads no other.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import product
from typing import Final

from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.conditions import EXISTS, NOT_EXISTS, NOT_REVOKED, key_valid
from chalicelib.aws.dynamodb.keys import Key
from chalicelib.aws.dynamodb.table import Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, Write, check, put, update
from chalicelib.ids import KeyId, PersonId
from chalicelib.spreading import part_of

PARTS: Final = 16


def part_key(key: KeyId, person: PersonId) -> Key:
    """The key of the item that counts the questions of a person."""
    return keys.api_key_count_key(key, part_of(person, PARTS))


def count(key: KeyId, person: PersonId, *, now: int) -> Write:
    """The write that counts a question; its condition fails where the item is still to be made with `begin`."""
    return update(part_key(key, person), Update(add={"used": 1}), when=key_valid(now))


def begin(table: Table, key: KeyId, person: PersonId) -> bool:
    """Make the item that counts the person's questions, if there is none; False if the key is revoked or gone."""
    stored = table.get(keys.api_key_key(key))
    if stored is None:
        return False
    expires = {name: stored[name] for name in ("expires_at_ms",) if name in stored}
    try:
        table.transact(
            part=put({**part_key(key, person), "used": 0, **expires}, when=NOT_EXISTS),
            key=check(keys.api_key_key(key), when=EXISTS & NOT_REVOKED),
        )
    except TransactionRefused as exc:
        return "key" not in exc.failed
    return True


def revoke(table: Table, key: KeyId, *, now: int) -> None:
    """Let no further question be counted; the key's own item says already that it is revoked."""
    for number in range(PARTS):
        revoked = Update(set_if_absent={"revoked_at": now})
        table.write_if(update(keys.api_key_count_key(key, number), revoked, when=EXISTS))


def read(table: Table, counted: Iterable[KeyId]) -> Counter[KeyId]:
    """Return the questions of these keys, as last written."""
    by_pk = {keys.api_key_count_key(key, number)["pk"]: key for key, number in product(counted, range(PARTS))}
    questions = Counter[KeyId]()
    for item in table.get_many([{"pk": pk, "sk": keys.COUNT} for pk in by_pk]):
        questions[by_pk[item["pk"]]] += int(item["used"])
    return questions
