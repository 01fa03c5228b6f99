"""What messages write to an index is spread over its partitions, and what an older version left in one is found."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest

from chalicelib.access import identity
from chalicelib.access.person import Access
from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.index_keys import (
    DUE_BUCKETS,
    DUE_INDEX,
    PEOPLE_INDEX,
    PEOPLE_PARTITIONS,
    due_bucket,
    people_in,
    people_partition,
)
from chalicelib.aws.dynamodb.people import DynamoPeople
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.writes import Update, update
from chalicelib.conversation.inbox_steps import Finish
from chalicelib.conversation.turn import Lease, TurnState
from chalicelib.ids import ConversationId, KeyId, PersonId
from tests.contract.meter import Meter
from tests.contract.stores import dynamo_store
from tests.contract.story import Story
from tests.fakes.adapters import FakeClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OLD_BUCKET: Final = "0"
"""Of all conversations, in versions up to 0.9."""
OLD_PARTITION: Final = "messenger"
"""Of all people of the channel, in versions up to 0.9."""
UNITS: Final = 4
"""That a message writes to each index: it deletes an entry and puts one, in transactions, which are counted double."""
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


def stored_person(story: Story, person: PersonId) -> dict[str, Any]:
    return table_of(story).get(keys.person_key(person)) or {}


def partition_of(story: Story, partition: str) -> list[Any]:
    """The entries of the index of people in this partition."""
    pages = table_of(story).pages(people_in(partition), index=PEOPLE_INDEX)
    return [entry for page in pages for entry in page]


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


def accept_as_an_older_version(story: Story, person: PersonId) -> None:
    """It puts what it opens into the only bucket that it knows, and its people into the only partition."""
    room = ConversationId(person)
    was_due = "due_bucket" in stored(story, room)
    story.accept(story.message(person=person))
    table_of(story).write(update(keys.person_key(person), Update(set={"channel": OLD_PARTITION})))
    if not was_due:
        table_of(story).write(update(keys.conversation_key(room), Update(set={"due_bucket": OLD_BUCKET})))


def work_and_die(story: Story, room: ConversationId, random: Random) -> None:
    """A worker takes the conversation, closes some of its turns, and postpones it, releases it, or is gone."""
    lease = story.take(room=room)
    if lease is None:
        return
    for turn in story.read(lease).open[: random.randrange(3)]:
        left = story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=False))
        assert left
        lease = left
    match random.choice(("postpones", "releases", "is gone")):
        case "postpones":
            story.inbox.hand_back(lease, due_at=story.clock() + 60_000)
        case "releases" if lease.open_turns == 0:
            assert story.inbox.release(lease) is None


@pytest.mark.parametrize("seed", range(3))
def test_no_wake_and_nobody_is_lost_while_older_versions_and_crashes_come_between(many: Story, seed: int):
    random, several = Random(seed), people()
    crowd = [next(several) for _ in range(10)]
    for _ in range(60):
        many.clock.tick(seconds=40)
        person = random.choice(crowd)
        match random.randrange(4):
            case 0:
                many.accept(many.message(person=person))
            case 1:
                accept_as_an_older_version(many, person)
            case _:
                work_and_die(many, ConversationId(person), random)
    many.clock.tick(minutes=10)
    rooms = [ConversationId(person) for person in crowd]
    waiting = {room: stored(many, room)["due_at"] for room in rooms if stored(many, room).get("open_turns")}
    assert waiting
    swept = list(many.inbox.overdue(now=many.clock()))
    assert waiting.items() <= {each.conversation: each.since for each in swept}.items()
    assert [each.since for each in swept] == sorted(each.since for each in swept)
    wrote = [person for person in crowd if many.store.people.get(person)]
    assert sorted(person.id for person in many.store.people.list()) == sorted(wrote)
    for each in swept:
        lease: Lease | None = many.hold(room=each.conversation)
        while lease:
            for turn in many.read(lease).open:
                many.inbox.finish(lease, Finish(turn, TurnState.DONE, release=False))
            lease = many.inbox.release(lease)
    assert many.overdue() == []


def test_many_people_are_spread_evenly_over_the_partitions_of_their_channel():
    several = people()
    filled = Counter(people_partition(next(several)) for _ in range(8000))
    assert len(filled) == PEOPLE_PARTITIONS
    assert max(filled.values()) < 1.15 * 8000 / PEOPLE_PARTITIONS


def test_people_of_all_partitions_and_channels_are_listed_once_the_most_recently_seen_first(many: Story):
    visitors = [identity.visitor(KeyId("shopshopsh"), f"guest{number}") for number in range(20)]
    crowd = [person for pair in zip(people(), visitors, strict=False) for person in pair]
    for person in crowd:
        many.clock.tick(seconds=1)
        many.accept(replace(many.message(person=person), channel=identity.channel_of(person)))
        answer_one(many, ConversationId(person))
    listed = list(many.store.people.list())
    assert [person.id for person in listed] == crowd[::-1]
    assert len({stored_person(many, person)["channel"] for person in crowd}) > PEOPLE_PARTITIONS


def test_who_is_in_the_partition_of_an_older_version_is_listed_and_moves_with_the_next_message(many: Story):
    here, there = some_of("1", 2)
    for person in (here, there):
        many.clock.tick(seconds=1)
        many.accept(many.message(person=person))
    table_of(many).write(update(keys.person_key(here), Update(set={"channel": OLD_PARTITION})))
    assert [person.id for person in many.store.people.list()] == [there, here]
    many.store.people.decide(here, Access.UNLIMITED, daily_limit=None)
    assert stored_person(many, here)["channel"] == OLD_PARTITION
    many.clock.tick(seconds=1)
    many.accept(many.message(person=here))
    assert stored_person(many, here)["channel"] == people_partition(here)
    assert [person.id for person in many.store.people.list()] == [here, there]


def test_who_moves_while_people_are_listed_is_listed_once(many: Story):
    person = next(people())
    many.accept(many.message(person=person))
    entries = partition_of(many, people_partition(person))

    class Lagging(Table):
        """An index that has the person's old entry still."""

        def pages(self, condition: Any, **how: Any) -> Any:
            yield entries
            yield from super().pages(condition, **how)

    table = table_of(many)
    listed = DynamoPeople(Lagging(table.client, table.name)).list()
    assert [each.id for each in listed] == [person]


@pytest.mark.parametrize(("index", "partitions"), [(DUE_INDEX, len(DUE_BUCKETS)), (PEOPLE_INDEX, PEOPLE_PARTITIONS)])
def test_no_partition_of_an_index_takes_more_than_half_of_its_units_at_a_thousand_messages_a_second(
    many: Story, meter: Meter, index: str, partitions: int
):
    several = people()
    crowd = [next(several) for _ in range(20)]
    for person in crowd:
        many.accept(many.message(person=person))
        answer_one(many, ConversationId(person))
    many.clock.tick(minutes=1)

    def talk() -> None:
        for person in crowd:
            many.accept(many.message(person=person))
            answer_one(many, ConversationId(person))

    meter.during(talk)
    written = Counter({where: units for (name, where), units in meter.indexed.items() if name == index})
    of_a_message = written.total() / len(crowd)
    assert of_a_message == UNITS
    assert len(written) > partitions / 2
    assert of_a_message * GOAL / partitions <= PARTITION_UNITS / 2
