"""Whoever is blocked may have deleted what is stored about them, in the web chat too, and gets nothing else by it."""

import json
from typing import Any

import pytest

from chalicelib.access.person import Access
from chalicelib.conversation.turn import TurnState
from tests.flow.chat import KEY, OTHER_KEY, Chat, Tab, key_text, person_of

SECRET = "My address is 4 Mill Lane."


def forgets(chat: Chat, visitor: str = "anna", **more: Any) -> Tab:
    """The page of a blocked visitor asks for the deletion, and a worker runs."""
    tab = chat.connects()
    tab.sends("authenticate", **{"ticket": chat.ticket_of(visitor), "forget": True, **more})
    chat.works()
    return tab


@pytest.fixture
def blocked(chat: Chat) -> Chat:
    """Anna wrote alone and in the kitchen, where Bert wrote too, and was then blocked."""
    chat.opens("anna").says("I am Anna.")
    chat.opens("anna", room="kitchen").says(SECRET)
    chat.opens("bert", room="kitchen").says("And I am Bert.")
    chat.bot.people.decide(person_of("anna"), Access.BLOCKED, daily_limit=None)
    return chat


def test_what_a_blocked_visitor_wrote_is_deleted_everywhere_and_the_block_stays(blocked: Chat):
    tab = forgets(blocked)
    assert tab.kinds == ["accepted"]
    assert [turn.text for turn in blocked.turns()] == [""]
    assert [turn.text for turn in blocked.turns(room="kitchen")] == ["And I am Bert."]
    assert blocked.known().access is Access.BLOCKED
    assert blocked.opens("anna").codes == ["blocked"]


def test_it_calls_no_model_and_tells_the_connection_nothing_else(blocked: Chat):
    asked, used = len(blocked.asked), blocked.used()
    tab = forgets(blocked)
    blocked.opens("bert", room="kitchen").says("Is she gone?")
    assert (len(blocked.asked), blocked.used()) == (asked + 1, used)
    assert tab.kinds == ["accepted"]
    assert SECRET not in json.dumps(tab.frames)


@pytest.mark.parametrize("frame", ["send_message", "join", "resume", "regenerate"])
def test_the_connection_is_not_let_in_by_it(blocked: Chat, frame: str):
    tab = forgets(blocked)
    turn = blocked.turns(room="kitchen")[0].id
    tab.sends(frame, message="Hello?", room="kitchen", turn=turn)
    assert tab.codes == ["not_authenticated"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"ticket": "no.such.ticket"}, "auth_failed"),
        ({"ticket": None}, "bad_frame"),
        ({"ticket": ""}, "bad_frame"),
    ],
)
def test_nobody_is_forgotten_without_their_credentials(blocked: Chat, more: dict[str, Any], code: str):
    stored = blocked.turns()
    tab = forgets(blocked, **more)
    assert tab.codes == [code]
    assert blocked.turns() == stored


def test_a_key_alone_names_nobody_who_could_be_forgotten(blocked: Chat):
    tab = blocked.connects()
    tab.sends("authenticate", apiKey=key_text(KEY), forget=True)
    assert (tab.codes, tab.is_closed) == (["auth_failed"], True)


def test_the_holder_of_the_key_may_let_a_visitor_be_forgotten(blocked: Chat):
    tab = blocked.connects()
    tab.sends("authenticate", apiKey=key_text(KEY), visitor="anna", forget=True)
    blocked.works()
    assert (tab.kinds, [turn.text for turn in blocked.turns()]) == (["accepted"], [""])


def test_a_visitor_of_another_key_with_the_same_name_is_not_forgotten(blocked: Chat):
    blocked.opens("anna", key=OTHER_KEY).says("I am another Anna.")
    forgets(blocked)
    tab = blocked.opens("anna", key=OTHER_KEY)
    assert "I am another Anna." in json.dumps(tab.frames)


@pytest.mark.parametrize("how", ["revoked", "expired", "gone"])
def test_a_ticket_of_a_key_that_ended_deletes_nothing(blocked: Chat, how: str):
    ticket = blocked.ticket_of("anna")
    blocked.ends_key(how)
    tab = forgets(blocked, ticket=ticket)
    assert (tab.kinds, tab.is_closed) == (["error"], True)
    assert [turn.state for turn in blocked.turns()] == [TurnState.DONE]


def test_who_is_let_in_sends_the_command_instead(chat: Chat):
    tab = chat.opens("anna")
    tab.says("I am Anna.")
    tab.sends("authenticate", ticket=chat.ticket_of("anna"), forget=True)
    assert tab.codes == ["already_authenticated"]
    assert chat.works() == []


@pytest.mark.parametrize("value", [False, None, 0, 1, "true", [True]])
def test_only_true_asks_for_the_deletion(blocked: Chat, value: Any):
    assert forgets(blocked, forget=value).codes == ["blocked"]
    assert [turn.text for turn in blocked.turns()] == ["I am Anna."]


def test_a_visitor_who_asks_for_it_without_end_is_slowed_down(blocked: Chat):
    answers = [forgets(blocked).frames[-1] for _ in range(70)]
    assert answers[0]["type"] == "accepted"
    assert answers[-1].get("code") == "try_again"


def test_a_crash_of_the_worker_after_the_answer_loses_nothing(blocked: Chat):
    tab = blocked.connects()
    tab.sends("authenticate", ticket=blocked.ticket_of("anna"), forget=True)
    assert tab.kinds == ["accepted"]
    blocked.bot.wake.woken.clear()
    blocked.clock.tick(minutes=2)
    blocked.bot.beats()
    blocked.works()
    assert [turn.text for turn in blocked.turns()] == [""]


@pytest.mark.parametrize("text", ["/forget", "/forget yes", "/forget no"])
def test_a_blocked_visitor_whose_connection_was_not_closed_says_nothing_to_a_room(chat: Chat, text: str):
    anna, bert = chat.opens("anna", room="kitchen"), chat.opens("bert", room="kitchen")
    anna.says(SECRET)
    chat.bot.people.decide(person_of("anna"), Access.BLOCKED, daily_limit=None)
    before = len(bert.frames)
    anna.says(text)
    assert (anna.codes, anna.is_closed, bert.frames[before:]) == (["blocked"], True, [])


def test_a_request_that_is_not_carried_out_in_a_room_hides_nothing_from_the_others(chat: Chat):
    anna, bert = chat.opens(room="kitchen"), chat.opens("bert", room="kitchen")
    anna.says("My cat is called Minka.")
    anna.asks("/forget yes")
    bert.asks("What is her cat called?")
    chat.bot.people.decide(person_of("anna"), Access.BLOCKED, daily_limit=None)
    chat.works()
    assert [said.question for said in chat.bot.last_prompt.history] == ["My cat is called Minka."]


@pytest.mark.parametrize("access", [Access.UNLIMITED, Access.DEFAULT])
def test_in_a_room_nobody_reads_what_the_owner_decided_about_somebody_who_is_forgotten(chat: Chat, access: Access):
    anna, bert = chat.opens("anna", room="kitchen"), chat.opens("bert", room="kitchen")
    anna.says(SECRET)
    chat.bot.people.decide(person_of("anna"), access, daily_limit=7 if access is Access.DEFAULT else None)
    anna.says("/forget yes")
    [notice] = [frame for frame in bert.got("notice") if frame["code"] == "command"]
    assert notice["message"].endswith("What the owner may have decided about you stays too.")
    assert "no daily limit" not in notice["message"]
    assert "7" not in notice["message"]
