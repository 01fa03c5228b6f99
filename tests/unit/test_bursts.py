from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.access.person import Person
from chalicelib.conversation.burst import joined, whole
from chalicelib.conversation.commands import Command, not_known, parse
from chalicelib.conversation.plan import STALE_MS, Ask, bursts, plan
from chalicelib.conversation.prompt_builder import question_of
from chalicelib.conversation.turn import MAX_TEXT, Lease, Reply, Thread, Turn, TurnState
from chalicelib.ids import ConversationId, PersonId, TurnId

NOW = 10_000_000
ROOM = ConversationId("web:key:kitchen")
ANNA, BERT = PersonId("web:key:anna"), PersonId("web:key:bert")
LEASE = Lease(ROOM, "one", fence=1, arrivals=1, open_turns=1)


def message(number: int, text: str, person: PersonId = ANNA, at: int = 0) -> Turn:
    at = at or NOW + number
    return Turn(TurnId(f"{at:013d}#{number}"), ROOM, person, at, TurnState.QUEUED, text)


def said(*texts: str) -> list[Turn]:
    return [message(number, text) for number, text in enumerate(texts)]


def answered_together(*turns: Turn) -> list[str]:
    return [turn.question for turn in bursts(turns, LEASE, now=NOW)]


def test_questions_that_wait_together_are_one_question_in_their_order():
    assert answered_together(*said("hello", "can you", "help me?")) == ["hello\ncan you\nhelp me?"]


def test_a_message_alone_stays_as_it_is():
    [alone] = said("hello")
    assert bursts([alone], LEASE, now=NOW) == (alone,)


@pytest.mark.parametrize("between", ["/reset", "/hepl", "  ", "/forget yes", "/remember that I like tea", "x" * 4001])
def test_what_is_no_question_stays_alone_and_in_its_place(between: str):
    assert answered_together(*said("hello", between, "bye", "now")) == ["hello", between, "bye\nnow"]


def test_only_messages_of_one_person_that_follow_each_other_are_joined():
    turns = [message(1, "hello"), message(2, "hi", BERT), message(3, "can you"), message(4, "help me?")]
    assert answered_together(*turns) == ["hello", "hi", "can you\nhelp me?"]


@pytest.mark.parametrize(
    "change",
    [
        {"state": TurnState.RUNNING},
        {"state": TurnState.ANSWERED, "reply": Reply("An answer.")},
        {"opens": True, "text": ""},
        {"overflow": True},
        {"replaces": TurnId("another")},
        {"text": "", "attachments": ("image",)},
        {"at": NOW - STALE_MS - 1},
    ],
    ids=["running", "answered", "opening", "overflow", "asked again", "image alone", "stale"],
)
def test_a_turn_that_is_no_new_question_is_not_joined(change: dict[str, object]):
    first, second = said("hello", "help me?")
    assert len(bursts([replace(first, **change), second], LEASE, now=NOW)) == 2  # type: ignore[arg-type]
    assert len(bursts([first, replace(second, **change)], LEASE, now=NOW)) == 2  # type: ignore[arg-type]


def test_a_message_that_a_human_has_answered_is_not_joined():
    first, second = said("hello", "help me?")
    assert len(bursts([first, second], replace(LEASE, paused_until=second.at), now=NOW)) == 2


def test_a_burst_is_no_longer_than_a_question_may_be():
    assert answered_together(*said("a" * 2000, "b" * 1999)) == ["a" * 2000 + "\n" + "b" * 1999]
    assert answered_together(*said("a" * 2000, "b" * 2000)) == ["a" * 2000, "b" * 2000]


def test_attachments_of_all_messages_are_listed_for_the_model():
    first, second = said("look", "nice?")
    [burst] = bursts([replace(first, attachments=("image",)), second], LEASE, now=NOW)
    assert question_of(burst) == "look\nnice?\n[attached, but not visible to you: image]"


def test_a_burst_that_is_read_again_has_all_its_words():
    first, second, third = said("hello", "can you", "help me?")
    [burst] = bursts([first, second, third], LEASE, now=NOW)
    running = replace(third, state=TurnState.RUNNING)
    thread = whole(Thread(open=(running,), closed=joined(burst)))
    assert thread.open[0].question == burst.question
    assert thread.open[0].joins == ()
    unsent = [replace(each, text="") for each in joined(burst)[:1]]
    assert whole(Thread((running,), (*unsent, *joined(burst)[1:]))).open[0].question == "can you\nhelp me?"


def test_a_burst_that_is_asked_again_has_all_its_words():
    [burst] = bursts(said("hello", "help me?"), LEASE, now=NOW)
    leader = replace(burst, before=(), state=TurnState.DONE, reply=Reply("An answer."))
    again = replace(message(7, "help me, please?"), replaces=leader.id)
    once_more = replace(message(8, "help me now?"), replaces=again.id)
    thread = whole(Thread((once_more,), (*joined(burst), leader, again)))
    assert [turn.question for turn in (*thread.closed[1:], *thread.open)] == [
        "hello\nhelp me?",
        "hello\nhelp me, please?",
        "hello\nhelp me now?",
    ]


TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from([*(each.value for each in Command), "/hepl", "/x y", "/home/x", "/ reset", "a" * 3000, "b" * 1500]),
)


@given(st.lists(st.tuples(TEXTS, st.sampled_from([ANNA, BERT])), max_size=5))
def test_the_order_is_kept_nothing_is_ignored_and_commands_are_never_joined(messages: list[tuple[str, PersonId]]):
    turns = [message(number, text, person) for number, (text, person) in enumerate(messages)]
    found = bursts(turns, LEASE, now=NOW)
    assert [each.id for turn in found for each in (*turn.before, turn)] == [turn.id for turn in turns]
    for turn in found:
        if turn.before:
            assert {each.person for each in turn.before} == {turn.person}
            assert len(turn.question) <= MAX_TEXT
            assert all(parse(each.text) is None and not_known(each.text) is None for each in (*turn.before, turn))
            assert plan(turn, Person(turn.person), LEASE, now=NOW) == Ask()
