"""Items that are used once, such as links: found until they expire, and taken by exactly one caller."""

from chalicelib.aws.dynamodb import items
from chalicelib.aws.dynamodb.conditions import EXISTS
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.keys import Key
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.writes import delete


def find(table: Table, key: Key, *, now: int) -> Item | None:
    """Return the item; None if it is not there, or has expired at `now`, in milliseconds since 1970."""
    item = table.get(key)
    return item if item and items.is_there(item, now=now) else None


def take(table: Table, key: Key, *, now: int) -> Item | None:
    """Delete the item and return it, for exactly one caller; None as `find`, and for all others."""
    item = find(table, key, now=now)
    return item if item and table.write_if(delete(key, when=EXISTS)) else None
