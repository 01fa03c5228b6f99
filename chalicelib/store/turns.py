"""Where a conversation's turns stand, and how they are read."""

from collections.abc import Iterator
from typing import Final

from boto3.dynamodb.conditions import Key

from chalicelib.messages import ConversationId, Turn
from chalicelib.store import schema
from chalicelib.store.schema import Item
from chalicelib.store.table import Table

_PAGE: Final = 30


def key(turn: Turn) -> schema.Key:
    """A turn's item."""
    return schema.turn_key(turn.conversation, turn.id)


def pages(table: Table, conversation: ConversationId, *, newest_first: bool = False) -> Iterator[list[Item]]:
    """The items of all turns, page by page."""
    partition = schema.conversation_key(conversation)["pk"]
    turns = Key("pk").eq(partition) & Key("sk").begins_with(schema.TURN_PREFIX)
    return table.pages(turns, newest_first=newest_first, size=_PAGE)
