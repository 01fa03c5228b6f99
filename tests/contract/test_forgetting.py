"""What `/forget` deletes in a conversation that a worker is answering, and what may not be written any more."""

import pytest

from chalicelib.access import identity
from chalicelib.access.facts import Kept
from chalicelib.access.person import Access
from chalicelib.conversation.inbox_steps import Charge, Finish, Forgotten, Record
from chalicelib.conversation.journal import OpenRound
from chalicelib.conversation.person_list import PersonList
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.tool import ToolCall
from chalicelib.conversation.turn import Turn, TurnState
from chalicelib.errors import LeaseLost
from chalicelib.ids import ConversationId
from tests.contract.story import ANNA, BERT, CALL, DAY, REPLY, ROOM, Story
from tests.contract.test_journal import COST

WISHES = PersonList("wishes", ("a sled",))
KITCHEN = ConversationId("room:1:kitchen")
ASKED = OpenRound((ToolCall("call_1", "look", "{}"),), "", ())


def forget(story: Story, *, asked_at: int | None = None, here: bool = False, room: ConversationId = ROOM) -> Forgotten:
    until = story.clock() + 1000 if asked_at is None else asked_at
    return story.transcript.forget(room, ANNA, asked_at=until, here=here, now=story.clock())


def dropped(*turns: Turn) -> list[tuple[str, TurnState]]:
    return [(turn.id, TurnState.DROPPED) for turn in turns]


def test_a_turn_that_is_being_answered_is_deleted_and_its_worker_writes_nothing_more(story: Story):
    lease, turn = story.begin_charged()
    found = forget(story)
    assert [(each.id, each.state) for each in found.ended] == dropped(turn)
    assert (story.stored(), found.has_later) == ([], False)
    with pytest.raises(LeaseLost):
        story.inbox.record(lease, Record(turn, REPLY), until=story.until)
    with pytest.raises(LeaseLost):
        story.inbox.call_again(lease, turn, reserve=CALL, until=story.until)
    with pytest.raises(LeaseLost):
        story.inbox.hand_back(lease)


def test_an_answer_that_is_being_delivered_is_deleted(story: Story):
    lease, turn = story.begin_charged()
    story.inbox.record(lease, Record(turn, REPLY), until=story.until)
    forget(story)
    with pytest.raises(LeaseLost):
        story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    assert story.stored() == []


def test_rounds_of_tools_are_deleted_with_their_turn_and_none_is_begun_after_it(story: Story):
    lease, turn = story.begin_charged()
    story.store.journal.begin(lease, turn, ASKED, COST, until=story.until)
    [turn] = story.read(lease).open
    forget(story)
    assert story.store.journal.rounds(turn) == ()
    with pytest.raises(LeaseLost):
        story.store.journal.begin(lease, turn, ASKED, COST, until=story.until)
    with pytest.raises(LeaseLost):
        story.store.journal.start(lease, turn, 0, 0, until=story.until)


def test_the_conversation_can_be_taken_at_once_and_is_then_released(story: Story):
    story.begin_charged()
    forget(story)
    assert story.overdue() == [ROOM]
    lease = story.hold("another")
    assert (lease.open_turns, story.read(lease).open) == (0, ())
    assert story.inbox.release(lease) is None
    assert story.overdue() == []


def test_what_was_asked_later_stays_and_is_reported(story: Story):
    story.accept(story.message(text="before"))
    middle = story.clock() + 10
    story.accept(story.message(at=middle + 1, text="after"))
    found = forget(story, asked_at=middle)
    assert found.has_later
    assert [turn.text for turn in story.stored()] == ["after"]
    lease = story.hold()
    assert [turn.text for turn in story.read(lease).open] == ["after"]
    assert lease.open_turns == 1


def test_where_the_request_itself_is_answered_no_open_turn_is_deleted(story: Story):
    story.accept(story.message(text="before"))
    story.finish_all()
    lease, turn = story.begin(story.message(text="/forget yes"))
    assert forget(story, asked_at=turn.at, here=True) == Forgotten()
    story.inbox.record(lease, Record(turn, REPLY), until=story.until)
    assert [each.text for each in story.stored()] == ["/forget yes"]


def test_in_a_room_the_answers_to_others_go_on(story: Story):
    story.accept(story.message(person=BERT, room=KITCHEN, text="Bert asks"))
    story.accept(story.message(room=KITCHEN, text="Anna asks"))
    lease = story.hold(room=KITCHEN)
    [berts, _] = story.read(lease).open
    forget(story, room=KITCHEN)
    assert story.charge(lease, berts).value == "charged"
    assert [turn.text for turn in story.stored(KITCHEN)] == ["Bert asks"]


def test_it_can_be_repeated_and_a_repeated_message_is_still_known(story: Story):
    message = story.message()
    story.begin_charged()
    story.accept(message)
    assert (len(forget(story).ended), forget(story)) == (2, Forgotten())
    assert story.accept(message) is Accepted.DUPLICATE_DONE


def test_where_nobody_wrote_nothing_is_deleted(story: Story):
    assert forget(story) == Forgotten()


# What is not stored any more for a question that was asked before.


def test_neither_a_list_nor_a_fact_nor_a_choice_is_stored_for_an_earlier_question(story: Story):
    story.accept()
    store, asked_at = story.store, story.clock() + 10
    store.facts.switch(ANNA, on=True, asked_at=story.clock())
    store.people.begin_to_forget(ANNA, asked_at=asked_at)
    for at, is_kept in ((asked_at - 1, False), (asked_at, False), (asked_at + 1, True)):
        kept = store.facts.remember(ANNA, "my cat is Minka", source=str(at), asked_at=at, now=at).kept
        assert kept is (Kept.KEPT if is_kept else Kept.FORGOTTEN)
        assert store.lists.put(ANNA, WISHES, asked_at=at, now=at) is is_kept
        store.facts.switch(ANNA, on=False, asked_at=at)
        store.people.choose(ANNA, "santa", asked_at=at)
        known = story.known()
        assert (known.memory_off, known.persona) == ((True, "santa") if is_kept else (False, ""))


def test_a_list_of_somebody_who_never_wrote_is_stored(story: Story):
    assert story.store.lists.put(ANNA, WISHES, asked_at=1, now=story.clock())


def test_the_last_request_counts_in_whatever_order_they_come(story: Story):
    story.accept()
    for asked_at in (20, 10):
        story.store.people.begin_to_forget(ANNA, asked_at=asked_at)
    assert story.known().forgotten_at == 20


def test_a_request_about_somebody_who_never_wrote_stores_nothing(story: Story):
    story.store.people.begin_to_forget(ANNA, asked_at=20)
    assert story.store.people.get(ANNA) is None


def test_a_question_is_not_asked_with_what_is_deleted_since_it_was_read(story: Story):
    lease, turn = story.begin()
    story.store.people.begin_to_forget(ANNA, asked_at=5)
    with pytest.raises(LeaseLost):
        story.charge(lease, turn)
    step = Charge(turn, day=DAY, limit=3, reserve=CALL, forgotten_at=5)
    assert story.inbox.charge(lease, step, now=story.clock(), until=story.until).value == "charged"


# The person.


def test_who_has_written_meanwhile_is_not_deleted(story: Story):
    story.accept()
    before = story.known().last_seen
    story.clock.tick(minutes=1)
    story.accept()
    assert not story.store.people.forget(ANNA, last_seen=before, now=story.clock())
    assert story.known().first_seen


@pytest.mark.parametrize("decided", [False, True])
def test_who_wrote_later_stays_known_in_the_conversations_where_they_did(story: Story, *, decided: bool):
    story.accept(story.message(room=KITCHEN))
    story.accept(story.message(room=ConversationId("room:1:hall")))
    if decided:
        story.store.people.decide(ANNA, Access.UNLIMITED, daily_limit=None)
    seen = story.known().last_seen
    assert story.store.people.forget(ANNA, last_seen=seen, later=[KITCHEN, ROOM], now=story.clock())
    known = story.known()
    assert (known.rooms, known.first_seen > 0) == (frozenset({KITCHEN}), True)
    assert identity.conversations_of(known) == {KITCHEN, ROOM}
    assert [person.id for person in story.store.people.list()] == [ANNA]
    story.store.expire(story.clock.tick(days=10))
    assert story.known().rooms == {KITCHEN}


def test_who_wrote_later_in_no_room_is_in_no_room(story: Story):
    story.accept(story.message(room=KITCHEN))
    story.store.people.forget(ANNA, later=[ROOM], now=story.clock())
    assert (story.known().rooms, story.known().first_seen > 0) == (frozenset(), True)


def test_an_entry_without_words_expires_with_the_request(story: Story):
    lease, turn = story.begin(story.message(text="/forget yes"))
    story.inbox.record(lease, Record(turn, REPLY), until=story.until)
    story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True, scrub=True))
    story.store.expire(story.clock.tick(days=31))
    story.accept()
    assert story.hold().fence == 1
