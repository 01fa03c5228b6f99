"""Several people in one conversation: who sees what, in which order, and who does not."""

import pytest

from chalicelib.access import identity
from chalicelib.conversation.limits import MAX_CONNECTIONS
from tests.client import Frame
from tests.flow.bot import SAYS
from tests.flow.chat import OTHER_KEY, Chat, Tab, person_of, ulid

ANNA, BERT, CLEO = (identity.pseudonym(person_of(visitor)) for visitor in ("anna", "bert", "cleo"))


def seen(tab: Tab) -> list[Frame]:
    """What is said to everybody."""
    return tab.got("question", "delta", "snapshot", "notice", "completed")


def test_three_people_on_five_sockets_see_the_same_in_the_same_order_and_no_one_else_does(chat: Chat):
    room = [chat.opens(visitor, room="kitchen") for visitor in ("anna", "anna", "bert", "cleo", "cleo")]
    outsiders = [chat.opens("dora"), chat.opens("anna"), chat.opens("dora", room="garden"), chat.connects()]
    chat.model_says("Well, ", "then.")
    for tab in (room[0], room[2], room[3]):
        tab.asks(f"I am {tab.client.you or tab.id}")
    chat.works()
    assert [seen(tab) for tab in room[1:]] == [seen(room[0])] * 4
    assert [frame["from"] for frame in room[0].got("question")] == [ANNA, BERT, CLEO]
    assert [frame["type"] for frame in room[0].got("question", "completed")] == ["question", "completed"] * 3
    assert [seen(tab) for tab in outsiders] == [[]] * 4


def test_rooms_of_the_same_name_do_not_meet_when_their_keys_differ(chat: Chat):
    ours, theirs = chat.opens(room="kitchen"), chat.opens(key=OTHER_KEY, room="kitchen")
    ours.says("Is anybody there?")
    theirs.says("Who is here?")
    assert [frame["text"] for frame in ours.got("question")] == ["Is anybody there?"]
    assert [frame["text"] for frame in theirs.got("question")] == ["Who is here?"]
    assert chat.bot.last_prompt.history == ()


def test_a_visitor_who_is_called_as_a_room_does_not_listen_in(chat: Chat):
    listener = chat.opens("kitchen")
    chat.opens("anna", room="kitchen").says("Is anybody there?")
    assert seen(listener) == []


def test_the_receipt_of_a_message_goes_to_its_sender_only(chat: Chat):
    anna, bert = chat.opens("anna", room="kitchen"), chat.opens("bert", room="kitchen")
    anna.says("Is anybody there?")
    assert (len(anna.got("accepted")), len(bert.got("accepted"))) == (1, 0)


def test_joining_a_room_sends_its_history_alone(chat: Chat):
    chat.opens("anna", room="kitchen").says("Is anybody there?")
    bert = chat.opens("bert")
    bert.says("I am alone")
    [ready] = bert.joins("kitchen")
    assert (ready["room"], ready["you"]) == ("kitchen", BERT)
    assert [(entry["from"], entry["question"]) for entry in ready["history"]] == [(ANNA, "Is anybody there?")]
    assert bert.reads().screen == [("Is anybody there?", "An answer.")]


def test_joining_during_an_answer_sends_the_whole_answer(chat: Chat):
    anna, bert = chat.opens("anna", room="kitchen"), chat.opens("bert")
    chat.model_says(
        "Once upon",
        lambda: anna.waits_for("delta"),
        lambda: bert.joins("kitchen"),
        lambda: bert.waits_for("snapshot"),
        " a time.",
    )
    anna.says("Tell us a story!")
    assert anna.reads().screen == bert.reads().screen == [("Tell us a story!", "Once upon a time.")]


def test_a_client_that_left_a_room_gets_no_more_frames_of_it(chat: Chat):
    anna, bert = chat.opens("anna", room="kitchen"), chat.opens("bert", room="kitchen")
    bert.joins("garden")
    anna.says("Is anybody there?")
    assert seen(bert) == []
    assert len(anna.got("completed")) == 1


def test_joining_where_one_is_already_shows_the_past_again(chat: Chat):
    anna = chat.opens("anna", room="kitchen")
    anna.says("Is anybody there?")
    [ready] = anna.joins("kitchen")
    assert len(ready["history"]) == 1
    anna.says("And now?")
    assert len(anna.got("completed")) == 2


def test_the_frame_of_an_older_system_joins_and_asks_at_once(chat: Chat):
    anna, bert = chat.opens("anna"), chat.opens("bert", room="kitchen")
    first = anna.sends("message", prompt="What does it cost?", conversationId="kitchen")
    assert [frame["type"] for frame in first] == ["ready", "accepted"]
    second = anna.sends("message", prompt="And without the box?", conversationId="kitchen")
    assert [frame["type"] for frame in second] == ["accepted"]
    chat.works()
    assert [frame["text"] for frame in bert.got("question")] == ["What does it cost?", "And without the box?"]


def test_a_full_room_refuses_new_members_who_stay_where_they_are(chat: Chat):
    for number in range(MAX_CONNECTIONS):
        chat.opens(f"visitor-{number}", room="kitchen")
    late = chat.opens("anna")
    late.joins("kitchen")
    late.sends("message", prompt="Let me in, please", conversationId="kitchen")
    assert late.codes == ["room_full"] * 2
    late.says("So I am alone")
    assert [turn.text for turn in chat.turns("anna")] == ["So I am alone"]
    assert chat.turns("anna", room="kitchen") == []


def test_a_member_of_a_full_room_can_join_it_again(chat: Chat):
    tabs = [chat.opens(f"visitor-{number}", room="kitchen") for number in range(MAX_CONNECTIONS)]
    assert [frame["type"] for frame in tabs[0].joins("kitchen")] == ["ready"]


def test_a_room_has_one_memory(chat: Chat):
    chat.opens("anna", room="kitchen").says("My name is Anna.")
    chat.opens("bert", room="kitchen").says("What is her name?")
    assert [exchange.question for exchange in chat.bot.last_prompt.history] == ["My name is Anna."]


def test_each_pays_for_their_own_questions(chat: Chat):
    anna, bert = chat.opens("anna", room="kitchen"), chat.opens("bert", room="kitchen")
    anna.says("One question?")
    anna.says("Another one?")
    bert.says("And mine?")
    assert (chat.used("anna"), chat.used("bert"), chat.key.used) == (2, 1, 3)


def test_the_same_id_in_another_conversation_is_another_question(chat: Chat):
    anna, mine = chat.opens("anna"), ulid(chat.clock())
    anna.says("Is anybody there?", id=mine)
    anna.joins("kitchen")
    assert "duplicate" not in anna.says("Is anybody there?", id=mine)[0]


def test_a_turn_of_a_room_can_be_resumed_by_its_members_and_by_no_one_else(chat: Chat):
    anna, bert, dora = chat.opens("anna", room="kitchen"), chat.opens("bert", room="kitchen"), chat.opens("dora")
    anna.says("Is anybody there?")
    assert bert.sends("resume", turn=anna.turn, seq=0)[-1]["state"] == "done"
    dora.sends("resume", turn=anna.turn, seq=0)
    assert dora.codes == ["unknown_turn"]


def test_starting_afresh_in_a_room_hides_only_the_words_of_who_does_it(chat: Chat):
    anna, bert = chat.opens("anna", room="kitchen"), chat.opens("bert", room="kitchen")
    anna.says("My name is Anna.")
    bert.says("My name is Bert.")
    bert.says("/reset")
    assert bert.got("notice")[-1] == anna.got("notice")[-1]
    assert anna.got("notice")[-1]["message"] == SAYS("reset_room")
    bert.says("I am back.")
    anna.says("What are our names?")
    assert [exchange.question for exchange in chat.bot.last_prompt.history] == ["My name is Anna.", "I am back."]


def test_starting_afresh_in_a_room_holds_for_questions_that_wait_behind_it(chat: Chat):
    anna, bert = chat.opens("anna", room="kitchen"), chat.opens("bert", room="kitchen")
    anna.says("My name is Anna.")
    bert.says("My name is Bert.")
    bert.asks("/reset")
    anna.asks("What are our names?")
    chat.works()
    assert [exchange.question for exchange in chat.bot.last_prompt.history] == ["My name is Anna."]


def test_starting_afresh_in_a_room_leaves_other_conversations_as_they_are(chat: Chat):
    anna = chat.opens("anna")
    anna.says("My name is Anna.")
    chat.opens("bert", room="kitchen").says("/reset")
    anna.says("What is my name?")
    assert len(chat.bot.last_prompt.history) == 1


def test_the_words_of_a_forgotten_member_are_not_sent_to_the_model_even_at_once(chat: Chat):
    anna, bert = chat.opens("anna", room="kitchen"), chat.opens("bert", room="kitchen")
    anna.says("My name is Anna.")
    bert.says("My name is Bert.")
    anna.asks("/forget yes")
    bert.says("What are our names?")
    assert [exchange.question for exchange in chat.bot.last_prompt.history] == ["My name is Bert."]


@pytest.mark.parametrize("where", ["", "kitchen", "garden"])
def test_forget_in_one_room_deletes_a_person_from_all_rooms(chat: Chat, where: str):
    for room in ("", "kitchen", "garden"):
        for visitor in ("anna", "bert"):
            chat.opens(visitor, room=room).says(f"I am {visitor} in the {room}.")
    chat.opens("anna", room=where).says("/forget yes")
    for room in ("kitchen", "garden"):
        assert [turn.text for turn in chat.turns(room=room) if turn.text] == [f"I am bert in the {room}."]
    assert [turn.text for turn in chat.turns("anna") if turn.text] == []
    assert len(chat.turns("bert")) == 1
    assert chat.known("anna").rooms == frozenset()
    assert chat.known("bert").rooms == {identity.room(person_of("bert"), room) for room in ("kitchen", "garden")}
