"""What somebody who chats sees of their questions: sent, sent again, answered word by word, resumed, left behind."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.access import identity
from chalicelib.access.person import Access
from chalicelib.content import persona
from chalicelib.conversation import fence
from chalicelib.conversation.inbox_steps import Record
from chalicelib.conversation.plan import STALE_MS
from chalicelib.conversation.turn import TurnState
from chalicelib.errors import StoreError
from tests.flow.bot import SAYS
from tests.flow.chat import UNTIL_STOPPED, Chat, Tab, person_of, ulid, words

MINUTE_MS = 60_000
UNKNOWN_TURN = f"{1_795_176_000_000}#{'0' * 64}"


@pytest.fixture
def tab(chat: Chat) -> Tab:
    return chat.opens()


# A question and its answer.


def test_a_question_is_accepted_then_shown_then_answered_word_by_word_then_over(chat: Chat, tab: Tab):
    chat.model_says("Once ", "upon ", "a time.")
    accepted, question, *deltas, completed = tab.says("Tell me a story!")
    turn = accepted["turn"]
    assert accepted == {"type": "accepted", "turn": turn}
    assert question == {
        "type": "question",
        "turn": turn,
        "from": identity.pseudonym(person_of("anna")),
        "text": "Tell me a story!",
        "at": chat.clock(),
    }
    assert {delta["type"] for delta in deltas} == {"delta"}
    assert [delta["seq"] for delta in deltas] == list(range(1, len(deltas) + 1))
    assert words(deltas) == "Once upon a time."
    last = len(deltas)
    assert completed == {"type": "completed", "turn": turn, "seq": last, "state": "done", "remaining": 4}


def test_the_shown_answer_equals_the_stored_one_despite_white_space(chat: Chat, tab: Tab):
    chat.model_says("\n ", " Well", " ", "then", ". ", "\n")
    tab.says("What do you think?")
    [turn] = chat.turns()
    assert turn.reply
    assert words(tab.frames) == turn.reply.text == "Well then."
    assert tab.got("snapshot") == []


def test_words_are_shown_while_the_model_still_speaks(chat: Chat, tab: Tab):
    chat.model_says("Once", lambda: tab.waits_for("delta"), " upon a time.")
    tab.says("Tell me a story!")
    assert [delta["text"] for delta in tab.got("delta")] == ["Once", " upon a time."]


def test_the_last_questions_of_a_day_are_counted_down_in_figures_for_pages_to_show_in_their_words(chat: Chat, tab: Tab):
    chat.changes_key(daily_messages=2)
    ends = [frame for text in ("One?", "The last?") for frame in tab.says(text) if frame["type"] == "completed"]
    assert [frame["remaining"] for frame in ends] == [1, 0]
    assert not any("footer" in frame for frame in ends)


def test_questions_are_answered_one_after_the_other(chat: Chat, tab: Tab):
    for number in range(3):
        tab.asks(f"Question {number}?")
    chat.works()
    about = [frame["turn"] for frame in tab.got("question", "delta", "completed")]
    assert about == sorted(about)
    assert [frame["type"] for frame in tab.got("question", "completed")] == ["question", "completed"] * 3


def test_the_model_gets_the_earlier_exchanges(chat: Chat, tab: Tab):
    tab.says("My name is Anna.")
    tab.says("What is my name?")
    [before] = chat.bot.last_prompt.history
    assert (before.question, before.answer) == ("My name is Anna.", "An answer.")


def test_a_long_answer_comes_in_frames_that_are_small_enough(chat: Chat, tab: Tab):
    long = "ä\n" * 20_000
    chat.model_says(long)
    tab.says("Tell me everything!")
    assert all(len(frame["text"]) <= 4000 for frame in tab.got("delta"))
    assert tab.reads().screen == [("Tell me everything!", long.strip())]


@pytest.mark.parametrize(
    "frame",
    [
        '{"action": "sendMessage", "message": "As it was once sent"}',
        '{"action": "message", "prompt": "As it was once sent"}',
        '{"data": "As it was once sent"}',
    ],
)
def test_the_frames_of_older_systems_are_questions_too(chat: Chat, tab: Tab, frame: str):
    tab.sends_text(frame)
    chat.works()
    assert chat.asked == ["As it was once sent"]
    assert tab.reads().screen == [("As it was once sent", "An answer.")]


# Sent again.


def test_a_message_that_is_sent_again_while_it_waits_is_asked_once(chat: Chat, tab: Tab):
    mine = ulid(chat.clock())
    tab.asks("Did you get this?", id=mine)
    [again] = tab.asks("Did you get this?", id=mine)
    assert again == {"type": "accepted", "turn": tab.turn, "id": mine, "duplicate": True}
    chat.works()
    assert (chat.asked, chat.used(), chat.key.used) == (["Did you get this?"], 1, 1)


def test_a_message_that_is_sent_again_once_it_is_answered_gets_the_stored_answer(chat: Chat, tab: Tab):
    mine = ulid(chat.clock())
    first = tab.says("Did you get this?", id=mine)
    chat.clock.tick(minutes=50)
    tab.closes()
    back = chat.opens()
    accepted, question, snapshot, completed = back.says("Did you get this?", id=mine)
    assert (accepted["duplicate"], accepted["turn"]) == (True, first[0]["turn"])
    assert question == first[1]
    assert snapshot["text"] == "An answer."
    assert (completed["state"], completed["seq"]) == ("done", snapshot["seq"])
    assert (chat.asked, chat.used()) == (["Did you get this?"], 1)


def test_an_id_is_the_same_in_small_letters(chat: Chat, tab: Tab):
    mine = ulid(chat.clock(), number=0xABCDEF)
    tab.says("Did you get this?", id=mine)
    tab.says("Did you get this?", id=mine.lower())
    assert chat.asked == ["Did you get this?"]


def test_messages_without_an_id_are_each_asked(chat: Chat, tab: Tab):
    for _ in range(2):
        tab.says("Again?")
    assert chat.asked == ["Again?"] * 2


def test_two_people_may_use_the_same_id(chat: Chat):
    mine = ulid(chat.clock())
    for visitor in ("anna", "bert"):
        chat.opens(visitor).says(f"I am {visitor}", id=mine)
    assert chat.asked == ["I am anna", "I am bert"]


@pytest.mark.parametrize(("minutes", "taken"), [(-56, False), (-54, True), (0, True), (0.9, True), (1.1, False)])
def test_an_id_must_be_of_now(chat: Chat, tab: Tab, minutes: float, taken: bool):  # noqa: FBT001 (an example)
    mine = ulid(round(chat.clock() + minutes * MINUTE_MS))
    [told] = tab.asks("When was this written?", id=mine)
    assert told["type"] == ("accepted" if taken else "error")
    assert told["id"] == mine
    assert len(chat.turns()) == taken


# Stopped.


def test_a_cancelled_answer_is_kept_and_charged(chat: Chat, tab: Tab):
    model = chat.model_says(
        "Once upon",
        lambda: tab.waits_for("delta"),
        lambda: tab.sends("cancel", turn=tab.turn),
        UNTIL_STOPPED,
        " a time.",
    )
    completed = tab.says("Tell me a story!")[-1]
    assert (completed["state"], completed["remaining"]) == ("stopped", 4)
    assert tab.reads().screen == [("Tell me a story!", "Once upon")]
    assert (model.closed, chat.used(), chat.key.used) == (1, 1, 1)
    chat.model_says("They lived happily.")
    tab.says("And then?")
    [before] = chat.bot.last_prompt.history
    assert (before.question, before.answer) == ("Tell me a story!", "Once upon")


def test_an_answer_that_is_stopped_before_anything_was_said_is_a_notice_and_not_remembered(chat: Chat, tab: Tab):
    chat.model_says(UNTIL_STOPPED, "Once upon a time.")
    tab.asks("Tell me a story!")
    tab.sends("cancel", turn=tab.turn)
    chat.works()
    notice, completed = tab.frames[-2:]
    assert (notice["code"], notice["message"]) == ("cancelled", SAYS("cancelled"))
    assert (completed["state"], completed["remaining"]) == ("stopped", 4)
    assert (chat.used(), chat.key.used) == (1, 1)
    chat.model_says("Yes.")
    tab.says("Are you there?")
    assert chat.bot.last_prompt.history == ()
    assert [entry["state"] for entry in chat.opens().got("ready")[0]["history"]] == ["stopped", "done"]


def test_only_who_asked_can_stop_the_answer(chat: Chat):
    anna, bert = chat.opens("anna", room="kitchen"), chat.opens("bert", room="kitchen")
    anna.asks("Tell me a story!")
    bert.sends("cancel", turn=anna.turn)
    chat.works()
    assert anna.got("completed")[-1]["state"] == "done"


def test_stopping_one_turn_does_not_stop_the_next(chat: Chat, tab: Tab):
    tab.says("First?")
    tab.sends("cancel", turn=tab.turn)
    assert tab.says("Second?")[-1]["state"] == "done"


def test_stopping_a_turn_that_is_over_changes_nothing(chat: Chat, tab: Tab):
    tab.says("First?")
    assert tab.sends("cancel", turn=tab.turn) == []
    assert [turn.state for turn in chat.turns()] == [TurnState.DONE]


# Resumed.


def test_an_open_turn_that_is_resumed_comes_when_it_is_answered(chat: Chat, tab: Tab):
    tab.asks("Is anybody there?")
    assert tab.sends("resume", turn=tab.turn, seq=0) == []
    chat.works()
    assert tab.reads().screen == [("Is anybody there?", "An answer.")]


def test_a_turn_that_is_resumed_while_the_model_speaks_begins_with_what_was_said(chat: Chat, tab: Tab):
    chat.model_says(
        "Once upon",
        lambda: tab.waits_for("delta"),
        lambda: tab.sends("resume", turn=tab.turn, seq=0),
        lambda: tab.waits_for("snapshot"),
        " a time.",
    )
    tab.says("Tell me a story!")
    assert tab.got("snapshot")[0]["text"] == "Once upon"
    assert len(tab.got("question")) == 2
    assert tab.reads().screen == [("Tell me a story!", "Once upon a time.")]


def test_an_answered_turn_is_sent_at_once(chat: Chat, tab: Tab):
    """The answer stands, though its worker died before it could tell anybody."""
    tab.asks("Is anybody there?")
    _answered(chat)
    frames = tab.sends("resume", turn=tab.turn, seq=0)
    assert [frame["type"] for frame in frames] == ["question", "snapshot", "completed"]
    assert tab.reads().screen == [("Is anybody there?", "An answer.")]


def test_a_finished_turn_is_sent_at_once_and_again(chat: Chat, tab: Tab):
    tab.says("Is anybody there?")
    for _ in range(2):
        frames = tab.sends("resume", turn=tab.turn, seq=1)
        assert [frame["type"] for frame in frames] == ["question", "snapshot", "completed"]
    assert tab.reads().screen == [("Is anybody there?", "An answer.")]


def test_words_that_were_on_their_way_are_not_shown_twice_after_a_resumed_turn(chat: Chat, tab: Tab):
    chat.model_says("Once upon", lambda: tab.waits_for("delta"), " a time.")
    tab.says("Tell me a story!")
    live = [frame for frame in tab.frames if frame["type"] in ("delta", "completed")]
    replayed = tab.sends("resume", turn=tab.turn, seq=0)
    client = chat.opens().client
    for frame in [tab.got("ready")[0], live[0], *replayed[:2], *live[1:], *replayed[2:]]:
        client.receive(frame)
    assert client.screen == [("Tell me a story!", "Once upon a time.")]
    assert client.turns[tab.turn].is_over


def test_a_turn_that_is_not_of_this_conversation_is_unknown(chat: Chat, tab: Tab):
    other = chat.opens("bert")
    other.says("My own question")
    tab.sends("resume", turn=other.turn, seq=0)
    tab.sends("resume", turn=UNKNOWN_TURN, seq=0)
    assert tab.codes == ["unknown_turn"] * 2


def _answered(chat: Chat) -> None:
    """A worker dies once the answer stands."""
    inbox, person = chat.bot.inbox, person_of("anna")
    conversation = identity.conversation_of(person)
    lease = inbox.take(conversation, owner="dead", now=chat.clock(), until=chat.clock() + MINUTE_MS)
    assert lease
    [turn] = inbox.load(lease, now=chat.clock()).open
    inbox.record(lease, Record(turn, chat.bot.worker.turns("en").notices.say("help")), until=chat.clock() + MINUTE_MS)
    chat.memory.turns[conversation, turn.id].change(reply=replace(_stored(chat), text="An answer.", code=""))


def _stored(chat: Chat) -> Any:
    return chat.turns()[-1].reply


# Who was not there.


def test_an_answer_without_any_open_connection_is_stored_and_shown_on_return(chat: Chat, tab: Tab):
    tab.asks("I must go, tell me later")
    tab.closes()
    chat.works()
    assert chat.turns()[0].state is TurnState.DONE
    [ready] = chat.opens(client=tab.client).frames
    assert ready["history"] == [
        {
            "turn": tab.turn,
            "from": identity.pseudonym(person_of("anna")),
            "question": "I must go, tell me later",
            "at": chat.turns()[0].at,
            "answer": "An answer.",
            "state": "done",
        }
    ]


def test_reconnecting_during_an_answer_shows_all_of_it(chat: Chat, tab: Tab):
    back: list[Tab] = []

    def returns() -> None:
        tab.closes()
        back.append(chat.opens())
        back[0].waits_for("snapshot")

    chat.model_says("Once upon", lambda: tab.waits_for("delta"), returns, " a time.")
    tab.says("Tell me a story!")
    assert back[0].got("ready")[0]["history"][0]["state"] == "open"
    assert back[0].reads().screen == [("Tell me a story!", "Once upon a time.")]


def test_a_tab_that_is_gone_is_forgotten_and_the_others_see_everything(chat: Chat, tab: Tab):
    gone = chat.opens()
    chat.connection_api.gone.add(gone.id)
    tab.says("Is anybody there?")
    assert [
        connection.id
        for connection in chat.connections.in_conversation(
            identity.conversation_of(person_of("anna")), now=chat.clock()
        )
    ] == [tab.id]
    assert tab.reads().screen == [("Is anybody there?", "An answer.")]


def test_all_tabs_of_a_person_see_the_same_and_only_one_gets_the_receipt(chat: Chat):
    tabs = [chat.opens() for _ in range(3)]
    tabs[0].says("Do you all see this?")
    assert [tab.kinds for tab in tabs[1:]] == [["ready", "question", "delta", "completed"]] * 2
    assert tabs[0].kinds == ["ready", "accepted", "question", "delta", "completed"]
    assert len({tuple(tab.reads().screen) for tab in tabs}) == 1


def test_the_past_is_what_fits_and_the_latest_of_it(chat: Chat, tab: Tab):
    chat.changes_key(daily_messages=None)
    chat.model_says("x" * 3000)
    for number in range(12):
        tab.says(f"Question {number}?")
    history = chat.opens().got("ready")[0]["history"]
    assert 0 < len(history) < 12
    assert history[-1]["question"] == "Question 11?"
    assert [entry["turn"] for entry in history] == sorted(entry["turn"] for entry in history)


# Left behind.


def test_a_question_unanswered_for_an_hour_is_dropped_with_an_end(chat: Chat, tab: Tab):
    tab.asks("Is anybody there?")
    chat.clock.now += STALE_MS + 1
    chat.works()
    assert tab.frames[-1] == {"type": "completed", "turn": tab.turn, "seq": 0, "state": "dropped"}
    assert (chat.asked, chat.used()) == ([], 0)
    assert [entry["state"] for entry in chat.opens().got("ready")[0]["history"]] == ["dropped"]
    assert tab.sends("resume", turn=tab.turn, seq=0)[-1]["state"] == "dropped"


def test_a_question_of_a_visitor_who_is_blocked_meanwhile_is_dropped_with_an_end(chat: Chat, tab: Tab):
    tab.asks("Do you like me?")
    chat.bot.people.decide(person_of("anna"), Access.BLOCKED, daily_limit=None)
    chat.works()
    assert tab.frames[-1]["state"] == "dropped"
    assert chat.asked == []


# Who answers.


@pytest.mark.parametrize("name", persona.names())
def test_the_keys_persona_opens_the_conversation_and_answers_in_its_own_way(chat: Chat, name: str):
    chat.changes_key(persona=name)
    known, tab = persona.load(name), chat.opens()
    assert tab.got("ready")[0]["persona"] == known.public()
    tab.says("Who are you?")
    prompt = chat.bot.last_prompt
    assert prompt.instructions.removesuffix(f"\n{fence.RULE}") == known.system_prompt(opening_shown=True)
    assert prompt.max_output_tokens == known.max_output_tokens
    assert prompt.temperature == known.temperature


def test_the_owner_is_not_notified_of_visitors(chat: Chat):
    for visitor in ("anna", "bert"):
        chat.opens(visitor).says("Hello there!")
    assert chat.bot.told_owner == []


# Commands.


def test_a_command_is_answered_as_a_notice_with_its_buttons(chat: Chat, tab: Tab):
    *_, notice, completed = tab.says("/forget")
    assert (notice["type"], notice["code"], notice["message"]) == ("notice", "command", SAYS("forget_ask"))
    assert [choice["command"] for choice in completed["choices"]] == ["/forget yes", "/forget no"]
    assert (chat.asked, chat.used(), chat.key.used) == ([], 0, 0)


def test_the_buttons_of_a_command_are_in_the_history_too(chat: Chat, tab: Tab):
    choices = tab.says("/forget")[-1]["choices"]
    [entry] = chat.opens().got("ready")[0]["history"]
    assert (entry["code"], entry["choices"]) == ("command", choices)
    tab.says("/forget no")
    asked, answered = chat.opens().got("ready")[0]["history"]
    assert (asked["choices"], "choices" in answered) == (choices, False)


def test_a_button_is_pressed_by_sending_its_command(chat: Chat, tab: Tab):
    tab.says("My name is Anna.")
    yes = tab.says("/forget")[-1]["choices"][0]["command"]
    *_, notice, _ = tab.says(yes)
    assert notice["message"] == SAYS("forget_done", counts="3 days")
    assert "history" not in chat.opens().got("ready")[0]
    tab.says("What is my name?")
    assert chat.bot.last_prompt.history == ()


def test_usage_tells_what_is_left_by_the_keys_limit(chat: Chat, tab: Tab):
    chat.changes_key(daily_messages=7)
    tab.says("One question?")
    assert "1 of 7" in tab.says("/usage")[-2]["message"]


# When the store fails under way.


def test_an_answer_whose_connections_cannot_be_read_is_stored_and_sent_by_the_retry(chat: Chat, tab: Tab):
    tab.asks("Is anybody there?")
    chat.connections.fails = True
    failed = chat.bot.works_badly()
    assert isinstance(failed, StoreError)
    assert [turn.state for turn in chat.turns()] == [TurnState.ANSWERED]
    chat.connections.fails = False
    chat.bot.beats()
    chat.works()
    assert tab.reads().screen == [("Is anybody there?", "An answer.")]
    assert (chat.asked, chat.used()) == (["Is anybody there?"], 1)


def test_a_misspelt_command_in_the_web_chat_gets_a_notice_with_the_nearest_as_a_choice(chat: Chat):
    tab = chat.opens()
    tab.says("/hepl")
    [notice], [completed] = tab.got("notice"), tab.got("completed")
    assert notice["code"] == "command"
    assert [choice["command"] for choice in completed["choices"]] == ["/help"]
    assert (chat.asked, chat.used()) == ([], 0)
