from dataclasses import replace

import pytest

from chalicelib.access import identity
from chalicelib.access.person import Access, Look, Person
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Finish
from chalicelib.conversation.limits import MAX_ROOMS
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import TurnState
from chalicelib.errors import UnknownPerson
from chalicelib.ids import KeyId, PersonId
from tests.contract.story import ANNA, BERT, DAY, REPLY, Story

CLEO = identity.visitor(KeyId("shopshopsh"), "cleo")


def test_a_person_is_unknown_before_writing(story: Story):
    story.accept()
    assert story.store.people.get(BERT) is None
    assert [person.id for person in story.store.people.list()] == [ANNA]


def test_a_new_person_may_ask_like_everybody(story: Story):
    story.accept()
    assert story.known() == Person(ANNA, first_seen=story.clock(), last_seen=story.clock(), language_seen="en")


def test_the_language_of_the_first_message_that_tells_one_is_stored(story: Story):
    for text in ("ok", "Wie geht es dir?", "What is the time, please?"):
        story.accept(replace(story.message(), text=text))
    assert (story.known().language_seen, story.known().language) == ("de", "")


def test_the_language_that_a_person_chose_is_stored_beside_it_until_they_are_forgotten(story: Story):
    story.accept()
    story.store.people.speak(ANNA, "de", asked_at=story.clock())
    assert (story.known().language_seen, story.known().language) == ("en", "de")
    story.store.people.forget(ANNA, now=story.clock())
    assert (story.known().language_seen, story.known().language) == ("", "")


def test_no_language_is_stored_that_was_chosen_before_everything_was_deleted(story: Story):
    story.accept()
    asked_at = story.clock()
    story.clock.tick(seconds=1)
    story.store.people.begin_to_forget(ANNA, asked_at=story.clock())
    story.store.people.speak(ANNA, "de", asked_at=asked_at)
    assert story.known().language == ""


def test_nothing_is_stored_of_a_language_of_somebody_unknown(story: Story):
    story.store.people.speak(ANNA, "de", asked_at=story.clock())
    assert story.store.people.get(ANNA) is None


@pytest.mark.parametrize("access", list(Access))
@pytest.mark.parametrize("daily_limit", [None, 0, 7])
def test_the_owner_decides_what_a_person_may_do(story: Story, access: Access, daily_limit: int | None):
    story.accept()
    story.store.people.decide(ANNA, access, daily_limit=daily_limit)
    assert (story.known().access, story.known().daily_limit) == (access, daily_limit)


def test_a_later_decision_replaces_the_earlier_one_whole(story: Story):
    story.accept()
    story.store.people.decide(ANNA, Access.BLOCKED, daily_limit=7)
    story.store.people.decide(ANNA, Access.DEFAULT, daily_limit=None)
    assert (story.known().access, story.known().daily_limit) == (Access.DEFAULT, None)
    assert story.accept() is Accepted.QUEUED


def test_a_block_of_somebody_who_has_never_written_holds(story: Story):
    story.block()
    assert story.accept() is Accepted.BLOCKED
    story.clock.tick(days=400)
    story.store.expire(story.clock())
    assert story.accept() is Accepted.BLOCKED
    assert (story.stored(), story.known().first_seen) == ([], 0)


@pytest.mark.parametrize(
    ("access", "daily_limit"), [(Access.BLOCKED, None), (Access.UNLIMITED, None), (Access.DEFAULT, 3)]
)
def test_a_decision_about_somebody_who_has_never_written_is_listed(
    story: Story, access: Access, daily_limit: int | None
):
    story.accept(story.message(person=BERT))
    story.store.people.decide(ANNA, access, daily_limit=daily_limit)
    assert list(story.store.people.list()) == [story.known(BERT), story.known()]
    assert story.known() == Person(ANNA, access=access, daily_limit=daily_limit)


def test_who_was_decided_about_before_writing_is_then_new_like_everybody(story: Story):
    story.store.people.decide(ANNA, Access.UNLIMITED, daily_limit=None)
    lease, turn = story.begin()
    assert story.charge(lease, turn, limit=None) is Charged.CHARGED
    assert (story.known().first_seen, story.known().last_seen) == (story.clock(), story.clock())
    assert story.store.new_people.announce(ANNA, secret="s", now=story.clock())
    assert (story.known().access, story.used()) == (Access.UNLIMITED, 1)


def test_lifting_the_only_thing_known_of_somebody_leaves_no_trace(story: Story):
    story.block()
    story.store.people.decide(ANNA, Access.DEFAULT, daily_limit=None)
    assert story.store.people.get(ANNA) is None
    assert story.accept() is Accepted.QUEUED


def test_there_is_nothing_to_lift_from_somebody_unknown(story: Story):
    with pytest.raises(UnknownPerson) as raised:
        story.store.people.decide(ANNA, Access.DEFAULT, daily_limit=None)
    assert "anna" not in str(raised.value)
    assert story.store.people.get(ANNA) is None


def test_a_decision_leaves_the_counts_alone(story: Story):
    story.begin_charged()
    story.store.people.decide(ANNA, Access.UNLIMITED, daily_limit=None)
    assert story.used() == 1


def test_a_decision_about_one_person_leaves_the_others_alone(story: Story):
    for person in (ANNA, BERT):
        story.accept(story.message(person=person))
    story.block(BERT)
    assert story.known(ANNA).access is Access.DEFAULT


def test_everybody_is_listed_most_recently_seen_first(story: Story):
    people = [PersonId(f"messenger:1:{number}") for number in range(105)]
    for person in people:
        story.clock.tick(seconds=1)
        story.accept(story.message(person=person))
    story.clock.tick(seconds=1)
    story.accept(story.message(person=people[50]))
    listed = [person.id for person in story.store.people.list()]
    assert listed == [people[50], *reversed(people[51:]), *reversed(people[:50])]


def test_a_listed_person_is_shown_whole(story: Story):
    story.begin_charged()
    story.store.people.decide(ANNA, Access.DEFAULT, daily_limit=9)
    assert list(story.store.people.list()) == [story.known()]


def _forget(story: Story) -> None:
    story.store.people.forget(ANNA, now=story.clock())


def test_a_forgotten_person_is_not_listed_and_has_no_times(story: Story):
    story.accept()
    _forget(story)
    assert list(story.store.people.list()) == []
    assert (story.known().first_seen, story.known().last_seen) == (0, 0)


def test_forgetting_somebody_unknown_leaves_no_trace(story: Story):
    _forget(story)
    assert story.store.people.get(ANNA) is None


def test_being_forgotten_gives_no_new_questions(story: Story):
    lease, turn = story.begin_charged()
    story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    lease, turn = story.begin()
    story.inbox.refuse(lease, turn, REPLY, day=DAY, now=story.clock(), until=story.until)
    _forget(story)
    story.accept()
    assert (story.used(), story.known().notified_day) == (1, DAY)


def test_being_forgotten_is_no_way_round_a_block(story: Story):
    story.accept()
    story.block()
    _forget(story)
    story.clock.tick(days=100)
    story.store.expire(story.clock())
    assert story.accept() is Accepted.BLOCKED


def test_the_owners_limit_outlives_being_forgotten(story: Story):
    story.accept()
    story.store.people.decide(ANNA, Access.DEFAULT, daily_limit=0)
    _forget(story)
    story.clock.tick(days=100)
    story.store.expire(story.clock())
    assert story.known().daily_limit == 0


@pytest.mark.parametrize(("access", "daily_limit"), [(Access.BLOCKED, None), (Access.DEFAULT, 1)])
def test_a_decision_about_somebody_forgotten_stays(story: Story, access: Access, daily_limit: int | None):
    story.accept()
    _forget(story)
    story.store.people.decide(ANNA, access, daily_limit=daily_limit)
    story.clock.tick(days=100)
    story.store.expire(story.clock())
    assert (story.known().access, story.known().daily_limit) == (access, daily_limit)
    assert list(story.store.people.list()) == [story.known()]


def test_somebody_forgotten_stays_listed_without_times_if_the_owner_has_decided(story: Story):
    story.accept(story.message(person=CLEO, room=identity.room(CLEO, "kitchen")))
    story.block(CLEO)
    story.store.people.forget(CLEO, now=story.clock())
    assert list(story.store.people.list()) == [Person(CLEO, access=Access.BLOCKED)]


def test_lifting_a_decision_about_somebody_forgotten_does_not_keep_them(story: Story):
    story.accept()
    _forget(story)
    story.store.people.decide(ANNA, Access.DEFAULT, daily_limit=None)
    story.clock.tick(days=4)
    story.store.expire(story.clock())
    assert story.store.people.get(ANNA) is None


def test_the_rest_of_a_forgotten_person_expires_after_three_days(story: Story):
    story.accept()
    _forget(story)
    story.clock.tick(days=2.9)
    story.store.expire(story.clock())
    assert story.store.people.get(ANNA)
    story.clock.tick(days=0.2)
    story.store.expire(story.clock())
    assert story.store.people.get(ANNA) is None


def test_a_forgotten_person_who_writes_again_does_not_expire(story: Story):
    story.accept()
    _forget(story)
    began = story.clock.tick(days=1)
    story.accept()
    story.clock.tick(days=10)
    story.store.expire(story.clock())
    assert (story.known().first_seen, story.known().last_seen) == (began, began)
    assert [person.id for person in story.store.people.list()] == [ANNA]


def test_a_person_who_was_never_forgotten_does_not_expire(story: Story):
    story.accept()
    story.clock.tick(days=365)
    story.store.expire(story.clock())
    assert story.known().id == ANNA


# Rooms.


def test_the_rooms_in_which_somebody_wrote_are_noted_each_once(story: Story):
    for room in ("kitchen", "garden", "kitchen"):
        story.accept(story.message(person=CLEO, room=identity.room(CLEO, room)))
    story.accept(story.message(person=CLEO))
    assert story.known(CLEO).rooms == {identity.room(CLEO, "kitchen"), identity.room(CLEO, "garden")}


def test_a_person_who_wrote_in_no_room_has_no_rooms(story: Story):
    for person in (ANNA, CLEO):
        story.accept(story.message(person=person))
        assert story.known(person).rooms == frozenset()


def test_a_message_that_is_refused_leaves_no_room_behind(story: Story):
    story.accept(story.message(person=CLEO))
    story.block(CLEO)
    story.accept(story.message(person=CLEO, room=identity.room(CLEO, "kitchen")))
    assert story.known(CLEO).rooms == frozenset()


def test_a_forgotten_person_has_no_rooms_until_they_write_in_one_again(story: Story):
    kitchen, garden = (identity.room(CLEO, room) for room in ("kitchen", "garden"))
    story.accept(story.message(person=CLEO, room=kitchen))
    story.store.people.forget(CLEO, now=story.clock())
    assert story.known(CLEO).rooms == frozenset()
    story.accept(story.message(person=CLEO, room=garden))
    assert story.known(CLEO).rooms == {garden}


def test_a_person_has_at_most_a_hundred_rooms(story: Story):
    for number in range(MAX_ROOMS):
        room = identity.room(CLEO, f"room-{number}")
        assert story.accept(story.message(person=CLEO, room=room)) is Accepted.QUEUED
        story.transcript.erase(room, now=story.clock())
        story.clock.tick(minutes=1)
    another = identity.room(CLEO, "another")
    assert story.accept(story.message(person=CLEO, room=another)) is Accepted.TOO_MANY_ROOMS
    assert story.stored(another) == []
    assert story.accept(story.message(person=CLEO, room=identity.room(CLEO, "room-0"))) is Accepted.QUEUED
    assert story.accept(story.message(person=CLEO, room=identity.conversation_of(CLEO))) is Accepted.QUEUED
    story.block(CLEO)
    assert story.accept(story.message(person=CLEO, room=another)) is Accepted.BLOCKED


def test_listed_people_have_their_rooms(story: Story):
    story.accept(story.message(person=CLEO, room=identity.room(CLEO, "kitchen")))
    assert list(story.store.people.list()) == [story.known(CLEO)]


def test_the_owner_gives_a_person_a_model_and_takes_it_back(story: Story):
    story.accept()
    story.store.people.give_model(ANNA, "gpt-6-sol")
    story.store.people.decide(ANNA, Access.UNLIMITED, daily_limit=None)
    assert story.known().model == "gpt-6-sol"
    story.store.people.give_model(ANNA, "")
    assert story.known().model == ""


def test_a_persons_model_is_forgotten_with_them(story: Story):
    story.accept()
    story.store.people.give_model(ANNA, "gpt-6-sol")
    story.store.people.forget(ANNA, now=story.clock())
    story.accept(story.message("2"))
    assert story.known().model == ""


def test_nobody_unknown_is_given_a_model(story: Story):
    with pytest.raises(UnknownPerson):
        story.store.people.give_model(ANNA, "gpt-6-sol")
    assert story.store.people.get(ANNA) is None


def test_it_is_stored_when_an_owner_reads_a_persons_words(story: Story):
    story.accept()
    for by in ("", "0123456789abcdef"):
        assert story.store.people.note_look(story.known(), by, now=story.clock.tick(seconds=1))
    assert story.known().looks == (Look(story.clock() - 1000, ""), Look(story.clock(), "0123456789abcdef"))


def test_the_last_twenty_looks_are_stored(story: Story):
    story.accept()
    for _ in range(23):
        assert story.store.people.note_look(story.known(), "", now=story.clock.tick(seconds=1))
    assert [look.at for look in story.known().looks] == [story.clock() - 1000 * age for age in reversed(range(20))]


def test_of_a_person_who_is_not_stored_no_look_is_noted(story: Story):
    assert not story.store.people.note_look(Person(ANNA), "", now=story.clock())
    assert story.store.people.get(ANNA) is None


def test_forgetting_a_person_deletes_the_looks(story: Story):
    story.accept()
    story.store.people.note_look(story.known(), "", now=story.clock())
    story.store.people.forget(ANNA, now=story.clock())
    assert story.known().looks == ()
