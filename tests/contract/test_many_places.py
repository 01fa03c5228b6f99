"""Where an API key has many places for open conversations, they are in several items: each is given, and none twice."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from chalicelib.access import identity
from chalicelib.aws.dynamodb import keys, places
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.writes import Update, update
from chalicelib.conversation.inbox_steps import Finish
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import TurnState
from chalicelib.ids import ConversationId, PersonId
from tests.contract.stores import dynamo_store
from tests.contract.story import Story
from tests.contract.test_inbox_keys import SHOP, home, message
from tests.fakes.adapters import FakeClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MANY: Final = 66
"""Places in two parts."""


def with_places(story: Story, number: int = MANY) -> Story:
    inbox: Any = story.inbox
    return replace(story, store=replace(story.store, inbox=replace(inbox, open_of_a_key=number)))


@pytest.fixture
def stored(emulator: "DynamoDBClient") -> Story:
    """Only over DynamoDB: the fake has no items."""
    return with_places(Story(dynamo_store(emulator), FakeClock()))


def visitors(number: int) -> list[PersonId]:
    return [identity.visitor(SHOP.id, f"person-{each}") for each in range(number)]


def all_open(story: Story, people: Sequence[PersonId]) -> list[Accepted]:
    return [story.accept(message(story, person)) for person in people]


def close(story: Story, person: PersonId) -> None:
    lease = story.hold(room=home(person))
    [turn] = story.read(lease).open
    assert story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True)) is None


def taken(story: Story) -> list[int]:
    """How many places are taken in the two parts."""
    found = (table_of(story).get(keys.places_key(visitors(1)[0], part)) or {} for part in range(2))
    return [int(item.get("open_conversations", 0)) for item in found]


def table_of(story: Story) -> Table:
    inbox: Any = story.inbox
    table: Table = inbox.table
    return table


@pytest.mark.parametrize("number", [0, 1, 5, 31, 63, 64, 65, 500, 511, 512, 4000])
def test_the_parts_have_all_places_together_and_each_is_looked_into_once(number: int):
    parts = places.order(ConversationId("web:shopshopsh:anna"), number)
    assert sorted(parts) == list(range(len(parts)))
    assert sum(places.room_of(part, number) for part in parts) == number


def test_few_places_are_in_the_one_item_of_older_versions():
    assert places.order(ConversationId("web:shopshopsh:anna"), 63) == [0]
    assert keys.places_key(visitors(1)[0], 0)["pk"] == "PLACES#web:shopshopsh"


def test_nobody_is_refused_while_there_is_a_place_in_any_part_and_everybody_beyond_the_last(story: Story):
    story = with_places(story)
    people = visitors(MANY + 3)
    assert sum(places.order(home(person), MANY)[0] for person in people[:MANY]) != MANY // 2  # one part is full before
    assert all_open(story, people[:-1]) == [Accepted.QUEUED] * MANY + [Accepted.CROWDED] * 2
    close(story, people[0])
    assert all_open(story, people[-2:]) == [Accepted.QUEUED, Accepted.CROWDED]


def test_a_place_is_given_back_where_it_was_taken(stored: Story):
    people = visitors(MANY)
    all_open(stored, people)
    assert taken(stored) == [MANY // 2] * 2
    for person in people:
        close(stored, person)
    assert taken(stored) == [0, 0]


def test_a_place_is_given_back_where_it_was_taken_also_after_there_are_fewer(stored: Story):
    people = visitors(8)
    all_open(stored, people)
    assert 0 not in taken(stored)
    few = with_places(stored, 5)
    for person in people:
        close(few, person)
    assert taken(stored) == [0, 0]


def test_a_conversation_that_an_older_version_opened_gives_its_place_back_in_the_first_part(stored: Story):
    person = next(each for each in visitors(20) if places.order(home(each), MANY)[0] == 1)
    all_open(stored, [person])
    table = table_of(stored)
    table.write(update(keys.conversation_key(home(person)), Update(remove=["places_part"])))
    for part, number in ((0, 1), (1, -1)):
        table.write(update(keys.places_key(person, part), Update(add={"open_conversations": number})))
    close(stored, person)
    assert taken(stored) == [0, 0]


def test_of_many_at_once_as_many_are_heard_as_there_are_places(busy_story: Story):
    story = with_places(busy_story)
    messages = [message(story, person) for person in visitors(MANY + 6)]
    with ThreadPoolExecutor(20) as pool:
        opened = list(pool.map(story.accept, messages))
    assert (opened.count(Accepted.QUEUED), opened.count(Accepted.CROWDED)) == (MANY, 6)
