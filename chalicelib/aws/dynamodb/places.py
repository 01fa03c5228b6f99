"""The places for open conversations of all people of an API key, in several items where they are many.

Each message takes a place and gives it back, and transactions that meet in an item wait for each other.
"""

from collections.abc import Sequence
from typing import Final

from chalicelib.aws.dynamodb.spreading import part_of
from chalicelib.ids import ConversationId

_OF_A_PART: Final = 32
_MOST_PARTS: Final = 16


def order(conversation: ConversationId, places: int) -> Sequence[int]:
    """The parts in which a conversation looks for a place, one after the other: all of them, from one by its hash."""
    parts = _parts(places)
    first = part_of(conversation, parts)
    return [(first + number) % parts for number in range(parts)]


def room_of(part: int, places: int) -> int:
    """How many of the places are in a part; all parts together have all."""
    parts = _parts(places)
    return places // parts + (part < places % parts)


def _parts(places: int) -> int:
    return min(_MOST_PARTS, max(1, places // _OF_A_PART))
