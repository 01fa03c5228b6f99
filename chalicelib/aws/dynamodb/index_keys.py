"""The names, partitions and key conditions of the table's two indexes; no other module spells one.

A partition takes 1,000 write units a second, and an index whose partition is full holds up the writes of the table. So
what every message writes is spread over partitions by a hash.
"""

from hashlib import sha256
from typing import Final

from boto3.dynamodb.conditions import ConditionBase
from boto3.dynamodb.conditions import Key as KeyAttribute

from chalicelib.ids import Channel, ConversationId

DUE_INDEX: Final = "due"
"""The sparse index of everything that waits, in buckets, sorted by `due_at`."""
DUE_BUCKETS: Final = tuple("01234567")
"""The buckets of conversations with open turns. Older versions had the first one only, so what they left is in it."""
DELETIONS_BUCKET: Final = "deletions"
CONNECTIONS_BUCKET: Final = "sockets"
"""The bucket of connections that have not authenticated. There are few a second (`scripts/deploy/throttles.py`)."""
PEOPLE_INDEX: Final = "people"
"""The index of people by channel, sorted by `last_seen`."""


def due_bucket(conversation: ConversationId) -> str:
    """The bucket of a conversation that opens."""
    return DUE_BUCKETS[_hash(conversation) % len(DUE_BUCKETS)]


def due(bucket: str, *, now: int) -> ConditionBase:
    """The key condition, in DUE_INDEX, for what is due in a bucket by `now`, longest overdue first."""
    return in_bucket(bucket) & KeyAttribute("due_at").lte(now)


def in_bucket(bucket: str) -> ConditionBase:
    """The key condition, in DUE_INDEX, for everything in a bucket, earliest first."""
    return KeyAttribute("due_bucket").eq(bucket)


def people_of(channel: Channel) -> ConditionBase:
    """The key condition, in PEOPLE_INDEX, for the people of a channel."""
    return KeyAttribute("channel").eq(channel.value)


def _hash(text: str) -> int:
    """The same number in every process."""
    return int.from_bytes(sha256(text.encode()).digest()[:4])
