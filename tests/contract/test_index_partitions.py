"""What messages write to an index is spread over its partitions, and what an older version left in one is found."""

from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import pytest

from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.index_keys import DUE_BUCKETS, DUE_INDEX, due_bucket
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.writes import Update, update
from chalicelib.conversation.inbox_steps import Finish
from chalicelib.conversation.turn import TurnState
from chalicelib.ids import ConversationId, PersonId
from tests.contract.meter import Meter
from tests.contract.stores import dynamo_store
from tests.contract.story import Story
from tests.fakes.adapters import FakeClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OLD_BUCKET: Final = "0"
"""Of all conversations, in versions up to 0.9."""
PARTITION_UNITS: Final = 1000
"""That DynamoDB writes a second, to a partition of a table or an index."""
GOAL: Final = 1000
"""Messages a second, each of which opens a conversation."""


@pytest.fixture
def many(emulator: "DynamoDBClient") -> Story:
    """Only over DynamoDB: the fake has no partitions."""
    return Story(dynamo_store(emulator), FakeClock())


@pytest.fixture
def meter(emulator: "DynamoDBClient") -> Iterator[Meter]:
    meter = Meter(emulator)
    yield meter
    meter.close()


def people() -> Iterator[PersonId]:
    return (PersonId(f"messenger:4711:{24_000_000_000_000_000 + 7919 * number}") for number in count())


def some_of(bucket: str, number: int) -> list[PersonId]:
    """So many people whose conversations are in this bucket."""
    found = (person for person in people() if due_bucket(ConversationId(person)) == bucket)
    return [next(found) for _ in range(number)]


def stored(story: Story, room: ConversationId) -> dict[str, Any]:
    return table_of(story).get(keys.conversation_key(room)) or {}


def table_of(story: Story) -> Table:
    inbox: Any = story.inbox
    table: Table = inbox.table
    return table


def answer_one(story: Story, room: ConversationId) -> None:
    lease = story.hold(room=room)
    [turn] = story.read(lease).open
    assert story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True)) is None


def test_the_conversations_of_many_people_are_spread_evenly_over_the_buckets():
    several = people()
    filled = Counter(due_bucket(ConversationId(next(several))) for _ in range(8000))
    assert filled.keys() == set(DUE_BUCKETS)
    assert max(filled.values()) < 1.15 * 8000 / len(DUE_BUCKETS)


def test_what_an_abandoned_worker_left_is_found_in_every_bucket_longest_overdue_first(many: Story):
    rooms = [ConversationId(some_of(bucket, 1)[0]) for bucket in reversed(DUE_BUCKETS)]
    for room in rooms:
        many.clock.tick(seconds=1)
        many.accept(many.message(person=PersonId(room)))
        many.hold(room=room)
    many.clock.tick(minutes=2)
    assert many.overdue() == rooms
    for room in rooms:
        answer_one(many, room)
    assert many.overdue() == []


def test_the_longest_overdue_come_first_however_many_are_in_a_bucket(many: Story):
    crowd = [*some_of("3", 101), *some_of("5", 3), *some_of("3", 104)[101:]]
    for person in crowd:
        many.clock.tick(seconds=1)
        many.accept(many.message(person=person))
    assert many.overdue() == [ConversationId(person) for person in crowd]


def test_a_conversation_that_an_older_version_opened_is_found_and_answered_and_moves_when_it_opens_again(many: Story):
    [person] = some_of("6", 1)
    room = ConversationId(person)
    many.accept(many.message(person=person))
    table_of(many).write(update(keys.conversation_key(room), Update(set={"due_bucket": OLD_BUCKET})))
    many.accept(many.message(person=person))
    assert (stored(many, room)["due_bucket"], many.overdue()) == (OLD_BUCKET, [room])
    lease = many.hold(room=room)
    first, second = many.read(lease).open
    left = many.inbox.finish(lease, Finish(first, TurnState.DONE, release=False))
    assert left
    assert many.inbox.finish(left, Finish(second, TurnState.DONE, release=True)) is None
    assert ("due_bucket" in stored(many, room), many.overdue()) == (False, [])
    many.accept(many.message(person=person))
    assert (stored(many, room)["due_bucket"], many.overdue()) == ("6", [room])


def test_no_partition_of_the_waiting_takes_more_than_dynamodb_writes_at_a_thousand_messages_a_second(
    many: Story, meter: Meter
):
    several = people()
    crowd = [next(several) for _ in range(20)]

    def talk() -> None:
        for person in crowd:
            many.accept(many.message(person=person))
            answer_one(many, ConversationId(person))

    meter.during(talk)
    of_a_message = sum(units for (index, _), units in meter.indexed.items() if index == DUE_INDEX) / len(crowd)
    assert of_a_message == 4
    assert of_a_message * GOAL / len(DUE_BUCKETS) <= PARTITION_UNITS / 2
