"""The contract of `conversation.ports.Inbox`: how many conversations are open at a time, and how fast people write."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

import pytest

from chalicelib.access import identity
from chalicelib.access.api_key import ApiKey
from chalicelib.conversation.inbox_steps import Finish
from chalicelib.conversation.limits import MESSAGES_OF_A_PERSON, OPEN_OF_A_PERSON
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import IncomingMessage, TurnState
from chalicelib.ids import Channel, ConversationId, KeyId, PersonId
from tests.contract.story import Story
from tests.fakes.ingest import OPEN_OF_A_KEY

KEY: Final = KeyId("shop")
ANNA, BERT = identity.visitor(KEY, "anna"), identity.visitor(KEY, "bert")
BURST, EVERY_MS = MESSAGES_OF_A_PERSON.burst, MESSAGES_OF_A_PERSON.every_ms


@pytest.fixture
def shop(story: Story) -> Story:
    """The store with a key."""
    return with_key(story)


def with_key(story: Story) -> Story:
    story.store.keys.create(ApiKey(KEY, "Shop", "0" * 64, "web", created_at=1))
    return story


def room(number: int, person: PersonId = ANNA) -> ConversationId:
    return identity.room(person, f"room-{number}")


def ask(story: Story, where: ConversationId, person: PersonId = ANNA, mid: str | None = None) -> Accepted:
    return story.accept(said(story, where, person, mid))


def said(story: Story, where: ConversationId, person: PersonId = ANNA, mid: str | None = None) -> IncomingMessage:
    return replace(story.message(mid, person=person, room=where), channel=Channel.WEB)


def drain(story: Story, where: ConversationId, state: TurnState = TurnState.DONE) -> None:
    """Close everything in a conversation, the last turn and the lease at once."""
    lease = story.hold("finisher", where)
    *others, last = story.read(lease).open
    for turn in others:
        story.inbox.finish(lease, Finish(turn, state, release=False))
    assert story.inbox.finish(lease, Finish(last, state, release=True)) is None


def free(story: Story, person: PersonId = ANNA) -> int:
    """How many conversations more the person can open."""
    return [ask(story, room(number, person), person) for number in range(900, 910)].count(Accepted.QUEUED)


# One person.


def test_a_person_opens_a_few_conversations_and_no_more(shop: Story):
    opened = [ask(shop, room(number)) for number in range(OPEN_OF_A_PERSON + 2)]
    assert opened == [Accepted.QUEUED] * OPEN_OF_A_PERSON + [Accepted.TOO_MANY_CONVERSATIONS] * 2
    assert shop.stored(room(OPEN_OF_A_PERSON)) == []
    assert room(OPEN_OF_A_PERSON) not in shop.known(ANNA).rooms


def test_where_a_person_has_opened_a_conversation_further_messages_are_taken(shop: Story):
    for number in range(OPEN_OF_A_PERSON):
        ask(shop, room(number))
    assert ask(shop, room(0)) is Accepted.QUEUED


@pytest.mark.parametrize("state", [TurnState.DONE, TurnState.DROPPED])
def test_a_conversation_that_is_closed_makes_room_for_another(shop: Story, state: TurnState):
    for number in range(OPEN_OF_A_PERSON):
        ask(shop, room(number))
    drain(shop, room(0), state)
    assert free(shop) == 1


def test_a_conversation_that_is_released_in_a_step_of_its_own_makes_room_too(shop: Story):
    for number in range(OPEN_OF_A_PERSON):
        ask(shop, room(number))
    lease = shop.hold("finisher", room(0))
    for turn in shop.read(lease).open:
        shop.inbox.finish(lease, Finish(turn, TurnState.DONE, release=False))
    assert free(shop) == 0
    assert shop.inbox.release(lease) is None
    assert free(shop) == 1


def test_a_conversation_that_goes_on_keeps_its_place(shop: Story):
    for number in range(OPEN_OF_A_PERSON):
        ask(shop, room(number))
    lease = shop.hold("finisher", room(0))
    [turn] = shop.read(lease).open
    ask(shop, room(0))
    assert shop.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    assert free(shop) == 0


def test_a_conversation_is_closed_once(shop: Story):
    """A worker that has lost its lease takes nothing back."""
    for number in range(OPEN_OF_A_PERSON):
        ask(shop, room(number))
    late = shop.hold("late", room(0))
    shop.clock.tick(minutes=2)
    drain(shop, room(0))
    with pytest.raises(Exception, match="another worker"):
        shop.inbox.release(late)
    assert free(shop) == 1


def test_a_refund_and_a_place_are_taken_back_together(shop: Story):
    for number in range(OPEN_OF_A_PERSON):
        ask(shop, room(number))
    lease = shop.hold("one", room(0))
    [turn] = shop.read(lease).open
    shop.charge(lease, turn)
    [turn] = shop.read(lease).open
    shop.inbox.finish(lease, Finish(turn, TurnState.DROPPED, release=True, refund=True))
    assert shop.used(ANNA) == 0
    assert free(shop) == 1


def test_an_erased_conversation_makes_room(shop: Story):
    for number in range(OPEN_OF_A_PERSON):
        ask(shop, room(number))
    shop.transcript.erase(room(0), now=shop.clock())
    assert free(shop) == 1


def test_who_writes_in_a_room_that_somebody_else_opened_takes_no_place(shop: Story):
    ask(shop, room(0), BERT)
    for number in range(OPEN_OF_A_PERSON + 1):
        assert ask(shop, room(number)) is Accepted.QUEUED
    drain(shop, room(0))
    assert free(shop) == 0
    assert free(shop, BERT) == OPEN_OF_A_KEY - OPEN_OF_A_PERSON


def test_a_message_that_comes_again_is_known_though_no_conversation_can_be_opened(shop: Story):
    first = said(shop, room(0))
    shop.accept(first)
    drain(shop, room(0))
    for number in range(1, OPEN_OF_A_PERSON + 1):
        ask(shop, room(number))
    assert shop.accept(first) is Accepted.DUPLICATE_DONE


def test_messages_at_once_open_no_more_than_allowed(busy_story: Story):
    story = with_key(busy_story)
    messages = [said(story, room(number)) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(story.accept, messages))
    assert opened.count(Accepted.QUEUED) == OPEN_OF_A_PERSON


def test_messages_of_one_conversation_at_once_are_all_taken_and_open_it_once(busy_story: Story):
    story = with_key(busy_story)
    messages = [said(story, room(0)) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(story.accept, messages)) == [Accepted.QUEUED] * 4
    assert story.hold("one", room(0)).open_turns == 4
    story.clock.tick(minutes=2)
    drain(story, room(0))
    assert free(story) == OPEN_OF_A_PERSON


# One key.


def visitor(number: int) -> PersonId:
    return identity.visitor(KEY, f"visitor-{number}")


def test_the_people_of_a_key_open_a_few_conversations_and_no_more(shop: Story):
    people = [visitor(number) for number in range(OPEN_OF_A_KEY + 2)]
    opened = [ask(shop, ConversationId(person), person) for person in people]
    assert opened == [Accepted.QUEUED] * OPEN_OF_A_KEY + [Accepted.CROWDED] * 2
    drain(shop, ConversationId(people[0]))
    assert ask(shop, ConversationId(people[-1]), people[-1]) is Accepted.QUEUED


def test_the_places_of_a_key_are_no_part_of_what_the_key_is(shop: Story):
    before = shop.store.keys.get(KEY)
    ask(shop, room(0))
    assert shop.store.keys.get(KEY) == before == next(iter(shop.store.keys.list()))


def test_without_its_key_a_person_is_heard_all_the_same(story: Story):
    """The worker says that the key does not exist."""
    assert ask(story, room(0)) is Accepted.QUEUED
    assert list(story.store.keys.list()) == []
    drain(story, room(0))
    assert free(story) == OPEN_OF_A_PERSON


# How fast.


def write(story: Story, number: int, **more: Any) -> list[Accepted]:
    """One message after the other, each answered before the next."""
    outcomes = []
    for _ in range(number):
        outcomes.append(ask(story, room(0), **more))
        if outcomes[-1] is Accepted.QUEUED:
            drain(story, room(0))
    return outcomes


def test_who_writes_more_than_the_burst_is_too_fast_and_leaves_no_trace(shop: Story):
    assert write(shop, BURST) == [Accepted.QUEUED] * BURST
    before = shop.known(ANNA)
    assert write(shop, 3) == [Accepted.TOO_FAST] * 3
    assert (shop.known(ANNA), len(shop.stored(room(0)))) == (before, BURST)
    shop.clock.now += EVERY_MS
    assert write(shop, 2) == [Accepted.QUEUED, Accepted.TOO_FAST]


def test_who_is_too_fast_in_one_room_is_in_all(shop: Story):
    write(shop, BURST)
    assert ask(shop, room(1)) is Accepted.TOO_FAST
    assert ask(shop, room(1), BERT) is Accepted.QUEUED


def test_a_message_that_comes_again_is_never_too_fast(shop: Story):
    first = said(shop, room(0))
    shop.accept(first)
    drain(shop, room(0))
    write(shop, BURST)
    assert shop.accept(first) is Accepted.DUPLICATE_DONE


def test_repetitions_take_no_tokens(shop: Story):
    first = said(shop, room(0))
    for _ in range(BURST):
        shop.accept(first)
    drain(shop, room(0))
    assert write(shop, BURST)[:-1] == [Accepted.QUEUED] * (BURST - 1)
