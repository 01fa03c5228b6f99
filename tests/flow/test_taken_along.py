"""Who signs in may take the conversation along that was held before in this browser, with the ticket that proves it."""

from typing import Any

import pytest

from chalicelib.access import identity, ticket
from chalicelib.access.person import Access
from chalicelib.conversation.person_list import MAX_ITEMS, MAX_LISTS
from chalicelib.ids import PersonId
from tests.client import Frame
from tests.flow.chat import KEY, OWN_PAGE, TICKET_KEY, Chat, Tab, Without, fail, person_of

CAROL = identity.signed_in("carol")


@pytest.fixture
def chat(chat: Chat) -> Chat:
    chat.signs_in("a token", "carol")
    return chat


def visits(chat: Chat, *questions: str, visitor: str = "guest") -> str:
    """An anonymous visitor asks, and goes; the ticket that the browser keeps."""
    kept = chat.ticket_of(visitor)
    tab = chat.connects()
    tab.sends("authenticate", ticket=kept)
    for question in questions:
        tab.says(question)
    tab.closes()
    return kept


def signed_in(chat: Chat, *, origin: str = "") -> Tab:
    tab = chat.connects(origin=origin)
    tab.sends("authenticate", token="a token")
    return tab


def asked_in(frame: Frame) -> list[str]:
    return [turn["question"] for turn in frame.get("history", [])]


def of_carol(chat: Chat) -> list[str]:
    turns = chat.bot.transcript.turns(identity.conversation_of(CAROL), now=chat.clock())
    return [turn.text for turn in turns]


def test_the_conversation_from_before_the_sign_in_is_the_persons_then(chat: Chat):
    kept = visits(chat, "My order is 4711", "Where is it?")
    carol = signed_in(chat)
    [ready] = carol.sends("take_along", ticket=kept)
    assert (ready["type"], asked_in(ready)) == ("ready", ["My order is 4711", "Where is it?"])
    assert {turn["from"] for turn in ready["history"]} == {ready["you"]} == {identity.pseudonym(CAROL)}
    assert chat.turns("guest") == []
    [again] = signed_in(chat).frames
    assert again["history"] == ready["history"]


def test_the_model_remembers_what_was_taken_along(chat: Chat):
    kept = visits(chat, "My order is 4711")
    carol = signed_in(chat)
    carol.sends("take_along", ticket=kept)
    carol.says("Where is it?")
    assert [exchange.said for exchange in chat.bot.model.asked[-1].history] == ["My order is 4711"]


def test_it_is_among_what_the_person_wrote_before_by_its_time(chat: Chat):
    carol = signed_in(chat)
    carol.says("One")
    kept = visits(chat, "Two")
    carol.says("Three")
    carol.sends("take_along", ticket=kept)
    assert of_carol(chat) == ["One", "Two", "Three"]


def test_sent_twice_it_is_there_once(chat: Chat):
    kept = visits(chat, "My order is 4711")
    carol = signed_in(chat)
    told = [carol.sends("take_along", ticket=kept) for _ in range(2)]
    assert [asked_in(frame) for [frame] in told] == [["My order is 4711"]] * 2


def test_who_forgets_erases_what_was_taken_along_too(chat: Chat):
    kept = visits(chat, "My order is 4711")
    carol = signed_in(chat)
    carol.sends("take_along", ticket=kept)
    carol.says("/forget yes")
    [ready] = carol.sends("take_along", ticket=kept)
    assert "My order is 4711" not in of_carol(chat) + asked_in(ready)
    assert [kept.turn.text for kept in chat.memory.turns.values() if "4711" in kept.turn.text] == []


def test_no_question_of_the_person_is_used_up_and_none_of_the_visitor_comes_back(chat: Chat):
    kept = visits(chat, "My order is 4711")
    [before] = signed_in(chat).frames
    [ready] = signed_in(chat).sends("take_along", ticket=kept)
    assert (ready["remaining"], chat.used("guest"), chat.key.used) == (before["remaining"], 1, 1)


def test_a_question_that_is_not_answered_yet_stays_where_it_is(chat: Chat):
    kept = visits(chat, "One")
    guest = chat.connects()
    guest.sends("authenticate", ticket=kept)
    guest.asks("Two")
    signed_in(chat).sends("take_along", ticket=kept)
    assert (of_carol(chat), [turn.text for turn in chat.turns("guest")]) == (["One"], ["Two"])
    chat.works()
    assert guest.got("completed")[-1]["state"] == "done"


def test_what_a_reset_has_hidden_stays_hidden(chat: Chat):
    kept = visits(chat, "My secret", "/reset", "My order is 4711")
    signed_in(chat).sends("take_along", ticket=kept)
    assert of_carol(chat) == ["My order is 4711"]


def test_no_words_of_a_room_are_taken_along(chat: Chat):
    chat.changes_key(open_rooms=True)
    kept = visits(chat, "Mine")
    guest = chat.connects()
    guest.sends("authenticate", ticket=kept)
    guest.joins("lobby")
    guest.says("Ours")
    signed_in(chat).sends("take_along", ticket=kept)
    assert (of_carol(chat), [turn.text for turn in chat.turns("guest", room="lobby")]) == (["Mine"], ["Ours"])


def test_at_most_as_much_comes_along_as_the_history_shows(chat: Chat):
    chat.changes_key(daily_messages=None)
    kept = visits(chat, *(f"Question {number}" for number in range(35)))
    signed_in(chat).sends("take_along", ticket=kept)
    assert of_carol(chat) == [f"Question {number}" for number in range(5, 35)]


def test_after_a_failure_the_same_frame_takes_along_what_is_left(chat: Chat):
    kept = visits(chat, "My order is 4711")
    carol, transcript = signed_in(chat), chat.bot.transcript
    chat.bot.transcript = Without(transcript, take_along=fail)
    assert [frame["code"] for frame in carol.sends("take_along", ticket=kept)] == ["try_again"]
    chat.bot.transcript = transcript
    [ready] = carol.sends("take_along", ticket=kept)
    assert asked_in(ready) == ["My order is 4711"]


# Who may not.


def refused(chat: Chat, kept: str, tab: Tab | None = None) -> list[str]:
    """The codes that are told; the connection stays open, and no word was moved."""
    tab = tab or signed_in(chat)
    tab.sends("take_along", ticket=kept)
    assert (of_carol(chat), tab.is_closed) == ([], False)
    return tab.codes


def test_a_ticket_is_good_for_it_as_long_as_for_its_renewal(chat: Chat):
    kept = visits(chat, "My order is 4711")
    chat.clock.tick(days=29.9)
    [ready] = signed_in(chat).sends("take_along", ticket=kept)
    assert asked_in(ready) == ["My order is 4711"]


def test_a_ticket_of_more_than_thirty_days_takes_nothing_along(chat: Chat):
    kept = visits(chat)
    chat.clock.tick(days=30)
    chat.opens("guest").says("My order is 4711")
    assert refused(chat, kept) == ["not_taken_along"]


@pytest.mark.parametrize("change", ["changed", "another secret", "for an address", "of a signed visitor", "nonsense"])
def test_without_the_visitors_own_ticket_nothing_is_taken_along(chat: Chat, change: str):
    guest = "site-0123456789abcdef0123456789a" if change == "of a signed visitor" else "guest"
    kept, now = visits(chat, "My order is 4711", visitor=guest), chat.clock()
    shown = {
        "changed": kept[:-4] + "AAAA",
        "another secret": ticket.mint(KEY, guest, secret="another key of thirty-two letters", now=now),
        "for an address": ticket.mint_for_address(KEY, guest, secret=TICKET_KEY, now=now),
        "of a signed visitor": kept,
        "nonsense": "nonsense",
    }[change]
    assert refused(chat, shown) == ["not_taken_along"]
    assert len(chat.turns(guest)) == 1


@pytest.mark.parametrize("how", ["revoked", "expired", "gone"])
def test_with_the_key_the_conversation_ends_too(chat: Chat, how: str):
    kept = visits(chat, "My order is 4711")
    chat.ends_key(how)
    assert refused(chat, kept) == ["not_taken_along"]


def test_from_a_page_that_may_not_use_the_key_nothing_is_taken_along(chat: Chat):
    chat.changes_key(origins=("https://shop.example",))
    kept = visits(chat, "My order is 4711")
    assert refused(chat, kept, signed_in(chat, origin="https://elsewhere.example")) == ["not_taken_along"]
    [ready] = signed_in(chat, origin=OWN_PAGE).sends("take_along", ticket=kept)
    assert asked_in(ready) == ["My order is 4711"]


def test_what_a_blocked_visitor_wrote_is_not_read_by_signing_in(chat: Chat):
    kept = visits(chat, "My order is 4711")
    chat.bot.people.decide(person_of("guest"), Access.BLOCKED, daily_limit=None)
    assert refused(chat, kept) == ["not_taken_along"]


def test_a_person_who_is_blocked_meanwhile_takes_nothing_along(chat: Chat):
    kept = visits(chat, "My order is 4711")
    carol = signed_in(chat)
    carol.says("Hello?")
    chat.bot.people.decide(CAROL, Access.BLOCKED, daily_limit=None)
    carol.sends("take_along", ticket=kept)
    assert (carol.codes, carol.is_closed, of_carol(chat)) == (["blocked"], True, ["Hello?"])


def test_a_visitor_of_a_key_takes_nothing_along(chat: Chat):
    kept = visits(chat, "My order is 4711")
    anna = chat.opens("anna")
    anna.sends("take_along", ticket=kept)
    assert (anna.codes, chat.turns("anna"), len(chat.turns("guest"))) == (["not_taken_along"], [], 1)


def test_who_has_not_signed_in_takes_nothing_along(chat: Chat):
    kept = visits(chat, "My order is 4711")
    tab = chat.connects()
    tab.sends("take_along", ticket=kept)
    assert tab.codes == ["not_authenticated"]


@pytest.mark.parametrize("fields", [{}, {"ticket": ""}, {"ticket": 7}, {"ticket": None}, {"ticket": "x" * 9000}])
def test_a_frame_without_a_ticket_is_refused(chat: Chat, fields: dict[str, Any]):
    tab = signed_in(chat)
    tab.sends("take_along", **fields)
    assert tab.codes == ["bad_frame"]


def wishes(chat: Chat, person: PersonId) -> tuple[str, ...]:
    return chat.bot.lists.get(person, "wishes", now=chat.clock()).items


def keep(chat: Chat, person: PersonId, *items: str, name: str = "wishes") -> None:
    found = chat.bot.lists.get(person, name, now=chat.clock())
    for item in items:
        found = found.with_item(item, key=f"{person[-4:]} {item}")
    assert chat.bot.lists.put(person, found, asked_at=chat.clock(), now=chat.clock())


def test_the_lists_of_before_the_sign_in_are_the_persons_then(chat: Chat):
    kept = visits(chat, "I wish for a kite")
    keep(chat, person_of("guest"), "a kite", "a drum")
    keep(chat, person_of("other"), "a secret")
    keep(chat, CAROL, "A Drum", "a sled")
    carol = signed_in(chat)
    for _ in range(2):
        carol.sends("take_along", ticket=kept)
    assert wishes(chat, CAROL) == ("A Drum", "a sled", "a kite")
    assert wishes(chat, person_of("guest")) == ()
    assert wishes(chat, person_of("other")) == ("a secret",)


def test_without_room_what_is_left_stays_where_it_was(chat: Chat):
    kept = visits(chat, "I wish for a kite")
    keep(chat, person_of("guest"), "a kite", "a drum")
    keep(chat, CAROL, *(f"wish {number}" for number in range(MAX_ITEMS - 1)))
    signed_in(chat).sends("take_along", ticket=kept)
    assert wishes(chat, CAROL)[-1] == "a kite"
    assert wishes(chat, person_of("guest")) == ("a drum",)


def test_who_has_all_lists_takes_no_more_along(chat: Chat):
    kept = visits(chat, "I wish for a kite")
    keep(chat, person_of("guest"), "a kite")
    for number in range(MAX_LISTS):
        keep(chat, CAROL, "x", name=f"list {number}")
    signed_in(chat).sends("take_along", ticket=kept)
    assert (wishes(chat, CAROL), wishes(chat, person_of("guest"))) == ((), ("a kite",))


def test_a_ticket_that_proves_nothing_takes_no_list(chat: Chat):
    visits(chat, "I wish for a kite")
    keep(chat, person_of("guest"), "a kite")
    signed_in(chat).sends("take_along", ticket="nonsense")
    assert wishes(chat, person_of("guest")) == ("a kite",)


def test_what_was_taken_along_and_removed_can_be_wished_for_again(chat: Chat):
    carol = signed_in(chat)
    for visitor in ("guest", "later"):
        kept = visits(chat, "I wish for a kite", visitor=visitor)
        keep(chat, person_of(visitor), "a kite")
        carol.sends("take_along", ticket=kept)
        assert wishes(chat, CAROL) == ("a kite",)
        found = chat.bot.lists.get(CAROL, "wishes", now=chat.clock())
        chat.bot.lists.put(CAROL, found.without_item("a kite", key=visitor), asked_at=chat.clock(), now=chat.clock())


def remembered(chat: Chat, person: PersonId) -> list[str]:
    known = chat.bot.people.get(person)
    return [fact.text for fact in known.facts] if known else []


def test_what_the_bot_was_to_remember_before_the_sign_in_it_remembers_of_the_person_then(chat: Chat):
    kept = visits(chat, "/memory yes I am a vegetarian")
    for visitor in ("guest", "other"):
        chat.bot.facts.remember(
            person_of(visitor), "My cat is Minka", source=visitor, asked_at=chat.clock(), now=chat.clock()
        )
    carol = signed_in(chat)
    carol.says("/memory yes my cat is minka")
    for _ in range(2):
        carol.sends("take_along", ticket=kept)
    assert remembered(chat, CAROL) == ["my cat is minka", "I am a vegetarian"]
    assert remembered(chat, person_of("guest")) == []


def test_who_has_switched_it_off_takes_no_facts_along(chat: Chat):
    kept = visits(chat, "/memory yes I am a vegetarian")
    carol = signed_in(chat)
    carol.says("/memory off")
    carol.sends("take_along", ticket=kept)
    assert (remembered(chat, CAROL), remembered(chat, person_of("guest"))) == ([], ["I am a vegetarian"])


def test_who_has_not_written_yet_takes_no_facts_along_without_a_message(chat: Chat):
    kept = visits(chat, "/memory yes I am a vegetarian")
    chat.bot.transcript.erase_closed(identity.conversation_of(person_of("guest")), person_of("guest"), now=chat.clock())
    carol = signed_in(chat)
    carol.sends("take_along", ticket=kept)
    assert carol.codes == []
    assert remembered(chat, person_of("guest")) == ["I am a vegetarian"]
