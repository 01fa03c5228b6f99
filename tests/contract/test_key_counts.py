"""The questions of an API key without a maximum are counted in several items: none is lost, none let through."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.access import identity
from chalicelib.aws.dynamodb import key_counts, keys
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.keys import Key
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.writes import Update, update
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Charge, Finish
from chalicelib.conversation.turn import TurnState
from chalicelib.ids import KeyId, PersonId
from tests.contract.stores import dynamo_store
from tests.contract.story import CALL, DAY, Story
from tests.contract.test_inbox_keys import ANNA, SHOP, ask, begin, begin_charged, roomy, used
from tests.fakes.adapters import FakeClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def shop(emulator: "DynamoDBClient") -> Story:
    """Only over DynamoDB: the fake has no items."""
    story = roomy(Story(dynamo_store(emulator), FakeClock()))
    story.store.keys.create(SHOP)
    return story


def table_of(story: Story) -> Table:
    inbox: Any = story.inbox
    table: Table = inbox.table
    return table


def visitors(number: int) -> list[PersonId]:
    return [identity.visitor(SHOP.id, f"visitor-{each}") for each in range(number)]


def own_item(story: Story) -> Item:
    return table_of(story).get(keys.api_key_key(SHOP.id)) or {}


def parts(story: Story) -> list[int]:
    """What each item of the count has counted."""
    found = (table_of(story).get(keys.api_key_count_key(SHOP.id, number)) for number in range(key_counts.PARTS))
    return [int(item["used"]) for item in found if item]


def count_as_an_older_version(story: Story) -> None:
    """It counts each question in the key's own item."""
    lease, turn = begin(story)
    step = Charge(turn, day=DAY, limit=None, reserve=CALL)
    assert story.inbox.charge(lease, step, now=story.clock(), until=story.until) is Charged.CHARGED
    story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))


def test_visitors_are_counted_in_many_items_and_the_keys_own_is_not_written(shop: Story):
    before = own_item(shop)
    assert [ask(shop, person) for person in visitors(40)] == [Charged.CHARGED] * 40
    assert (own_item(shop), used(shop), sum(parts(shop))) == (before, 40, 40)
    assert (len(parts(shop)) > key_counts.PARTS / 2, max(parts(shop)) < 10) == (True, True)
    assert [key.used for key in shop.store.keys.list()] == [40]


def test_what_an_older_version_counted_counts_on_also_while_one_is_still_running(shop: Story):
    for _ in range(2):
        count_as_an_older_version(shop)
    assert ask(shop) is Charged.CHARGED
    count_as_an_older_version(shop)
    assert (own_item(shop)["used"], parts(shop), used(shop)) == (3, [1], 4)


def test_a_question_that_an_older_version_counted_is_given_back_there(shop: Story):
    count_as_an_older_version(shop)
    lease, turn = begin(shop)
    shop.inbox.finish(lease, Finish(replace(turn, charged_day=DAY), TurnState.DROPPED, release=True, refund=True))
    assert (own_item(shop)["used"], parts(shop), used(shop)) == (0, [], 0)


def test_a_key_with_a_maximum_is_counted_in_its_own_item(shop: Story):
    limited = replace(SHOP, id=KeyId("blogblogbl"), max_messages=1)
    shop.store.keys.create(limited)
    person = identity.visitor(limited.id, "anna")
    assert [ask(shop, person), ask(shop, person)] == [Charged.CHARGED, Charged.KEY_SPENT]
    assert (used(shop, limited.id), parts(shop)) == (1, [])


def test_a_key_that_is_revoked_while_its_count_is_begun_charges_nobody(shop: Story):
    class Revoking(Table):
        """Somebody revokes the key as soon as it is read."""

        def get(self, key: Key) -> Item | None:
            found = super().get(key)
            if key == keys.api_key_key(SHOP.id):
                shop.store.keys.revoke(SHOP.id, now=shop.clock())
            return found

    lease, turn = begin(shop)
    inbox: Any = shop.inbox
    late = replace(inbox, table=Revoking(inbox.table.client, inbox.table.name))
    step = Charge(turn, day=DAY, limit=None, reserve=CALL, key_counted_apart=True)
    assert late.charge(lease, step, now=shop.clock(), until=shop.until) is Charged.KEY_REVOKED
    assert (parts(shop), used(shop), shop.known(ANNA).quota) == ([], 0, {})


def test_a_revoked_key_charges_none_of_its_visitors_whichever_item_counts_them(shop: Story):
    people = visitors(40)
    for person in people[:30]:
        ask(shop, person)
    begun = [begin(shop, person) for person in people]
    shop.store.keys.revoke(SHOP.id, now=shop.clock())
    assert {shop.charge(lease, turn) for lease, turn in begun} == {Charged.KEY_REVOKED}
    assert used(shop) == 30


def test_an_expired_key_charges_nobody_where_it_was_counted_before(shop: Story):
    expiring = replace(SHOP, id=KeyId("blogblogbl"), expires_at=shop.clock() + 1000)
    shop.store.keys.create(expiring)
    person = identity.visitor(expiring.id, "anna")
    assert ask(shop, person) is Charged.CHARGED
    shop.clock.tick(seconds=1)
    assert ask(shop, person) is Charged.KEY_REVOKED


def test_of_visitors_who_begin_the_count_at_once_each_is_counted(busy_story: Story):
    story = roomy(busy_story)
    story.store.keys.create(SHOP)
    begun = [begin(story, person) for person in visitors(20)]
    with ThreadPoolExecutor(20) as pool:
        charged = list(pool.map(lambda asked: story.charge(*asked), begun))
    assert (charged, used(story)) == ([Charged.CHARGED] * 20, 20)


def test_a_refund_leaves_the_other_items_alone(shop: Story):
    for person in visitors(5):
        ask(shop, person)
    lease, turn = begin_charged(shop)
    shop.inbox.finish(lease, Finish(turn, TurnState.DROPPED, release=True, refund=True))
    assert (sum(parts(shop)), used(shop)) == (5, 5)


def test_a_key_that_an_older_version_revoked_charges_nobody(shop: Story):
    ask(shop)
    lease, turn = begin(shop)
    table_of(shop).write(update(keys.api_key_key(SHOP.id), Update(set={"revoked_at": shop.clock()})))
    assert shop.charge(lease, turn) is Charged.KEY_REVOKED
    assert used(shop) == 1
