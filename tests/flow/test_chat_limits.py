"""What limits, faults and the owner's decisions look like on the web, and what they cost."""

import pytest

from chalicelib.access.person import Access
from chalicelib.errors import ModelBusy, ModelRefused
from chalicelib.ids import Channel, ConnectionId
from tests.client import Frame
from tests.fakes.ingest import OPEN_OF_A_KEY
from tests.flow.bot import SAYS
from tests.flow.chat import Chat, Tab, person_of, ulid


@pytest.fixture
def tab(chat: Chat) -> Tab:
    return chat.opens()


def ends(frames: list[Frame]) -> tuple[str, str, str]:
    """Notice, end and what remains, of a question that no model answered."""
    assert [frame["type"] for frame in frames] == ["accepted", "question", "notice", "completed"]
    return frames[2]["code"], frames[3]["state"], frames[2]["message"]


def test_a_visitor_without_questions_left_gets_a_notice_each_time_and_no_model_is_called(chat: Chat, tab: Tab):
    chat.changes_key(daily_messages=1)
    tab.says("The only one?")
    for _ in range(2):
        frames = tab.says("One more?")
        assert ends(frames)[:2] == ("limit_reached", "done")
        assert frames[-1]["remaining"] == 0
    assert (chat.asked, chat.used(), chat.key.used) == (["The only one?"], 1, 1)


def test_the_next_day_brings_new_questions(chat: Chat, tab: Tab):
    chat.changes_key(daily_messages=1)
    tab.says("The only one?")
    chat.clock.tick(days=1)
    assert chat.opens().says("One more?")[-1]["remaining"] == 0
    assert len(chat.asked) == 2


def test_a_key_whose_messages_one_visitor_has_used_up_answers_no_other_visitor(chat: Chat, tab: Tab):
    chat.changes_key(max_messages=2)
    tab.says("The first?")
    other = chat.opens("bert")
    assert other.got("ready")[0]["remaining"] == 1
    assert other.says("The last?")[-1]["remaining"] == 0
    assert ends(tab.says("One more?")) == ("key_spent", "done", SAYS("key_spent"))
    assert (len(chat.asked), chat.key.used, chat.used("anna")) == (2, 2, 1)


def test_who_comes_to_a_key_that_is_used_up_is_told_that_it_is_not_their_day(chat: Chat):
    chat.changes_key(max_messages=1, daily_messages=1)
    chat.opens("anna").says("The only one?")
    chat.opens("bert").says("Too late?")
    [ready] = chat.opens("bert").got("ready")
    assert (ready["remaining"], ready["spent"]) == (0, "key_spent")
    chat.changes_key(max_messages=None, daily_messages=1)
    [of_the_day] = chat.opens("anna").got("ready")
    assert (of_the_day["remaining"], "spent" in of_the_day) == (0, False)


def test_many_at_once_with_one_left_are_one_answer_and_no_model_call_more(chat: Chat):
    chat.changes_key(max_messages=1, daily_messages=None)
    tabs = [chat.opens(f"visitor-{number}") for number in range(OPEN_OF_A_KEY)]
    for tab in tabs * 5:
        tab.asks("Is it me?")
    chat.works()
    notices = [frame["code"] for tab in tabs for frame in tab.got("notice")]
    assert (len(chat.asked), chat.key.used) == (1, 1)
    assert notices == ["key_spent"] * (5 * OPEN_OF_A_KEY - 1)


@pytest.mark.parametrize("how", ["revoked", "expired", "gone"])
def test_a_key_that_is_no_longer_valid_answers_nothing_though_the_socket_is_open(chat: Chat, tab: Tab, how: str):
    tab.says("Before?")
    chat.ends_key(how)
    assert [frame["type"] for frame in tab.says("After?")] == ["accepted", "error"]
    assert (tab.codes, tab.is_closed) == (["key_revoked"], True)
    assert (chat.asked, chat.used()) == (["Before?"], 1)


def test_a_ticket_that_expires_while_the_socket_is_open_changes_nothing(chat: Chat):
    tab = chat.connects()
    tab.sends("authenticate", ticket=chat.ticket_of("anna"))
    chat.clock.tick(minutes=30)
    assert tab.says("Am I still welcome?")[-1]["state"] == "done"


def test_when_the_days_budget_is_spent_each_visitor_gets_a_notice_and_no_model_is_called(chat: Chat, tab: Tab):
    chat.bot.may_spend("0.000001")
    frames = tab.says("Is there money left?")
    assert ends(frames)[:2] == ("budget_spent", "done")
    assert (chat.asked, chat.used(), chat.key.used) == ([], 0, 0)
    assert len(chat.bot.told_owner) == 1


def test_a_blocked_visitor_gets_an_error_and_nothing_is_stored(chat: Chat, tab: Tab):
    tab.says("Before?")
    chat.bot.people.decide(person_of("anna"), Access.BLOCKED, daily_limit=None)
    [told] = tab.asks("After?", id=(mine := ulid(chat.clock())))
    assert (told["code"], told["id"]) == ("blocked", mine)
    assert (len(chat.turns()), chat.asked) == (1, ["Before?"])


def test_an_unlimited_visitor_sees_no_limit_but_the_keys_messages_count(chat: Chat, tab: Tab):
    tab.says("Before?")
    chat.bot.people.decide(person_of("anna"), Access.UNLIMITED, daily_limit=None)
    chat.changes_key(max_messages=3)
    ready = chat.opens().got("ready")[0]
    assert ("limit" in ready, ready["remaining"]) == (False, 2)


def test_a_sixth_message_that_waits_is_refused_at_once_and_not_kept(chat: Chat, tab: Tab):
    for number in range(5):
        assert tab.asks(f"Question {number}?")[0]["type"] == "accepted"
    [told] = tab.asks("Too many?", id=(mine := ulid(chat.clock())))
    assert (told["code"], told["id"]) == ("too_many_open", mine)
    chat.works()
    assert len(tab.got("completed")) == 5
    assert tab.says("Too many?", id=mine)[0]["type"] == "accepted"


def test_a_message_that_waits_already_is_known_though_there_is_no_room_for_more(chat: Chat, tab: Tab):
    mine = ulid(chat.clock())
    for number in range(5):
        tab.asks(f"Question {number}?", id=mine if number == 0 else ulid(chat.clock(), number))
    assert tab.asks("Question 0?", id=mine)[0]["duplicate"]


def test_a_message_that_is_too_long_is_answered_so_and_costs_nothing(chat: Chat, tab: Tab):
    frames = tab.says("x" * 4001)
    assert ends(frames)[:2] == ("too_long", "done")
    assert (chat.asked, chat.used()) == ([], 0)


@pytest.mark.parametrize(
    ("error", "code"), [(ModelBusy("busy"), "apology"), (ModelRefused("no"), "filtered")], ids=["apology", "filtered"]
)
def test_when_the_model_gives_no_answer_the_bot_says_so_and_it_costs_the_visitor_nothing(
    chat: Chat, tab: Tab, error: ModelBusy | ModelRefused, code: str
):
    chat.bot.model.script.append(error)
    assert ends(tab.says("Do you know?")) == (code, "done", SAYS(code))
    assert (chat.used(), chat.key.used) == (0, 1)


def test_the_text_of_a_broken_answer_is_withdrawn(chat: Chat, tab: Tab):
    chat.bot.model.script.append(["Once upon", ModelBusy("busy")])
    tab.says("Tell me a story!")
    assert tab.kinds[-4:] == ["question", "delta", "notice", "completed"]
    assert tab.reads().screen == [("Tell me a story!", SAYS("apology"))]
    tab.says("Once more?")
    assert chat.bot.last_prompt.history == ()


def test_a_notice_is_shown_again_on_return_as_what_it_is(chat: Chat, tab: Tab):
    chat.changes_key(max_messages=0)
    tab.says("Is anybody there?")
    [entry] = chat.opens().got("ready")[0]["history"]
    assert (entry["code"], entry["answer"], entry["state"]) == ("key_spent", SAYS("key_spent"), "done")


def test_a_dead_socket_does_not_cost_the_others_their_answer(chat: Chat, tab: Tab):
    dead = chat.opens()
    chat.connection_api.gone.add(dead.id)
    tab.says("Is anybody there?")
    assert tab.reads().screen == [("Is anybody there?", "An answer.")]
    assert chat.connections.get(ConnectionId(dead.id), now=chat.clock()) is None


def test_on_messenger_nothing_of_a_key_counts(chat: Chat, tab: Tab):
    chat.bot.receives("4712", "Hello there!")
    assert chat.key.used == 0
    assert chat.bot.sent_to("4712") == ["An answer."]
    assert chat.bot.known("4712").id.startswith(Channel.MESSENGER)
