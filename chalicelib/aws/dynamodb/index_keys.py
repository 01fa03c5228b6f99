"""The names, partitions and key conditions of the table's two indexes; no other module spells one.

A partition takes 1,000 write units a second, and an index whose partition is full holds up the writes of the table. So
what every message writes is spread over partitions by a hash.
"""

from collections.abc import Sequence
from itertools import product
from typing import Final

from boto3.dynamodb.conditions import ConditionBase
from boto3.dynamodb.conditions import Key as KeyAttribute

from chalicelib.access import identity
from chalicelib.ids import Channel, ConversationId, PersonId
from chalicelib.spreading import part_of

DUE_INDEX: Final = "due"
"""The sparse index of everything that waits, in buckets, sorted by `due_at`."""
DUE_BUCKETS: Final = tuple("01234567")
"""The buckets of conversations with open turns. Older versions had the first one only, so what they left is in it."""
DELETIONS_BUCKET: Final = "deletions"
CONNECTIONS_BUCKET: Final = "sockets"
"""The bucket of connections that have not authenticated. There are few a second (`scripts/deploy/throttles.py`)."""
PEOPLE_PARTITIONS: Final = 8
"""Of each channel."""
PEOPLE_INDEX: Final = "people"
"""The index of people by their attribute `channel`, a partition, sorted by `last_seen`."""


def due_bucket(conversation: ConversationId) -> str:
    """The bucket of a conversation that opens."""
    return DUE_BUCKETS[part_of(conversation, len(DUE_BUCKETS))]


def people_partition(person: PersonId) -> str:
    """The partition of a person who writes, or about whom the owner decides."""
    return _people_partition(identity.channel_of(person), part_of(person, PEOPLE_PARTITIONS))


def people_partitions() -> Sequence[str]:
    """All partitions of people.

    Older versions had one a channel. Who is in that moves with the next message.
    """
    spread = product(Channel, range(PEOPLE_PARTITIONS))
    return [*(channel.value for channel in Channel), *(_people_partition(*each) for each in spread)]


def due(bucket: str, *, now: int) -> ConditionBase:
    """The key condition, in DUE_INDEX, for what is due in a bucket by `now`, longest overdue first."""
    return in_bucket(bucket) & KeyAttribute("due_at").lte(now)


def in_bucket(bucket: str) -> ConditionBase:
    """The key condition, in DUE_INDEX, for everything in a bucket, earliest first."""
    return KeyAttribute("due_bucket").eq(bucket)


def people_in(partition: str) -> ConditionBase:
    """The key condition, in PEOPLE_INDEX, for the people of a partition."""
    return KeyAttribute("channel").eq(partition)


def _people_partition(channel: Channel, number: int) -> str:
    return f"{channel}#{number}"
