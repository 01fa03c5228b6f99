"""A known person's own conversations: listed with their titles as long as their turns are stored."""

from chalicelib.access import identity
from chalicelib.access.retention import TURN_KEPT_S
from chalicelib.conversation.inbox_steps import Finish
from chalicelib.conversation.limits import MAX_ROOMS
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import TurnState
from chalicelib.ids import ConversationId, KeyId, PersonId
from tests.contract.story import ANNA, Story

CAROL = identity.signed_in("carol")
DAVE = identity.visitor(KeyId("shopshopsh"), "site-0123456789abcdef0123456789a")
GUEST = identity.visitor(KeyId("shopshopsh"), "guest")
FIRST, HOLIDAY, WORK = identity.conversation_of(CAROL), identity.room(CAROL, "~holiday"), identity.room(CAROL, "~work")


def asks(story: Story, text: str, *, room: ConversationId = FIRST, person: PersonId = CAROL) -> Accepted:
    story.clock.tick(seconds=10)
    return story.accept(story.message(text=text, room=room, person=person))


def closes(story: Story, room: ConversationId = FIRST) -> None:
    lease = story.hold(room=room)
    [turn] = story.read(lease).open
    story.inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))


def listed(story: Story, *rooms: ConversationId) -> list[tuple[ConversationId, str]]:
    return [(own.id, own.title) for own in story.transcript.own(rooms or (FIRST, HOLIDAY, WORK), now=story.clock())]


def test_the_title_is_the_first_question_and_the_last_used_comes_first(story: Story):
    for room, text in ((FIRST, "One"), (HOLIDAY, "Two"), (WORK, "Three"), (HOLIDAY, "Four")):
        asks(story, text, room=room)
    assert listed(story) == [(HOLIDAY, "Two"), (WORK, "Three"), (FIRST, "One")]
    assert [own.used_at for own in story.transcript.own([HOLIDAY], now=story.clock())] == [story.clock()]


def test_a_command_is_no_title_and_a_long_question_is_cut(story: Story):
    asks(story, "/help")
    assert listed(story) == [(FIRST, "")]
    asks(story, f"Tell me\n  about {'x' * 100}")
    assert listed(story) == [(FIRST, f"Tell me about {'x' * 65}…")]


def test_people_who_are_not_known_have_no_titles(story: Story):
    for person in (ANNA, GUEST):
        asks(story, "Hello?", person=person, room=identity.conversation_of(person))
    asks(story, "Hello?", person=DAVE, room=identity.conversation_of(DAVE))
    asks(story, "Hello?", person=DAVE, room=identity.room(DAVE, "kitchen"))
    rooms = [identity.conversation_of(person) for person in (ANNA, GUEST, DAVE)]
    found = listed(story, *rooms, identity.room(DAVE, "kitchen"))
    assert found == [(identity.conversation_of(DAVE), "Hello?")]


def test_a_title_can_be_changed_where_there_is_one(story: Story):
    asks(story, "One")
    asks(story, "/help", room=HOLIDAY)
    assert [story.transcript.rename(room, "New") for room in (FIRST, HOLIDAY, WORK)] == [True, False, False]
    asks(story, "Two")
    assert listed(story) == [(FIRST, "New"), (HOLIDAY, "")]


def test_a_title_is_stored_as_long_as_the_turns(story: Story):
    asks(story, "One", room=HOLIDAY)
    closes(story, HOLIDAY)
    at = story.stored(HOLIDAY)[0].at
    story.clock.tick(seconds=(at // 1000 + TURN_KEPT_S) - story.clock() / 1000 - 0.001)
    assert listed(story) == [(HOLIDAY, "One")]
    story.clock.tick(seconds=0.001)
    assert listed(story) == []
    assert story.stored(HOLIDAY) == []


def test_a_conversation_that_goes_on_does_not_expire(story: Story):
    asks(story, "One", room=HOLIDAY)
    closes(story, HOLIDAY)
    story.clock.tick(days=29)
    asks(story, "Two", room=HOLIDAY)
    story.clock.tick(days=29)
    assert listed(story) == [(HOLIDAY, "One")]


def test_forgetting_deletes_titles_and_erasing_the_conversation(story: Story):
    asks(story, "One", room=HOLIDAY)
    closes(story, HOLIDAY)
    asks(story, "Two", room=WORK)
    closes(story, WORK)
    story.transcript.erase_closed(HOLIDAY, CAROL, now=story.clock())
    assert listed(story) == [(WORK, "Two")]
    story.transcript.erase(WORK, now=story.clock())
    assert (listed(story), story.stored(WORK)) == ([], [])


def test_they_count_as_rooms_until_they_are_left(story: Story):
    rooms = [identity.room(CAROL, f"~{number}") for number in range(MAX_ROOMS)]
    for room in rooms:
        asks(story, "One", room=room)
        closes(story, room)
        story.clock.tick(seconds=10)
    assert asks(story, "One", room=HOLIDAY) is Accepted.TOO_MANY_ROOMS
    assert len(story.transcript.own(rooms, now=story.clock())) == MAX_ROOMS
    story.store.people.leave(CAROL, rooms[:2])
    assert asks(story, "One", room=HOLIDAY) is Accepted.QUEUED
    known = story.store.people.get(CAROL)
    assert known
    assert known.rooms == {*rooms[2:], HOLIDAY}


def test_what_a_person_chose_is_kept_until_they_choose_again_or_are_forgotten(story: Story):
    story.store.people.choose(CAROL, "santa", asked_at=story.clock())
    assert story.store.people.get(CAROL) is None
    asks(story, "One", room=HOLIDAY)
    for chosen in ("santa", "seller"):
        story.store.people.choose(CAROL, chosen, asked_at=story.clock())
        known = story.store.people.get(CAROL)
        assert known
        assert known.persona == chosen
    story.store.people.forget(CAROL, now=story.clock())
    known = story.store.people.get(CAROL)
    assert known
    assert known.persona == ""


def test_leaving_nothing_or_as_nobody_changes_nothing(story: Story):
    asks(story, "One", room=HOLIDAY)
    story.store.people.leave(CAROL, [])
    story.store.people.leave(DAVE, [HOLIDAY])
    known = story.store.people.get(CAROL)
    assert known
    assert known.rooms == {HOLIDAY}
    assert story.store.people.get(DAVE) is None


def test_many_conversations_are_listed_beyond_one_request(story: Story):
    asks(story, "One")
    many = [identity.room(CAROL, f"~{number}") for number in range(130)]
    assert listed(story, *many, FIRST) == [(FIRST, "One")]
