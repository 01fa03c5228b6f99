"""Who is let in to the web chat, and what each frame is answered with, before any model is asked."""

import json
from typing import Any

import pytest

from chalicelib.access import identity
from chalicelib.channels.web.client_frames import MAX_FRAME
from chalicelib.channels.web.handler import MAX_CONNECTIONS
from chalicelib.errors import IssuerUnavailable
from chalicelib.ids import KeyId
from chalicelib.operations.heartbeat import MAX_CLOSED
from tests.fakes.id_tokens import FakeIdTokens
from tests.flow.chat import KEY, OTHER_KEY, OWN_PAGE, Chat, Without, fail, key_text, person_of, ulid

PAGE = "https://shop.example"
SOME_TURN = f"{1_795_176_000_000}#{'0' * 64}"


# Before anybody is let in.


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("send_message", {"message": "Let me in, please"}),
        ("sendMessage", {"message": "Let me in, please"}),
        ("message", {"prompt": "Let me in, please", "conversationId": "kitchen"}),
        ("cancel", {"turn": SOME_TURN}),
        ("resume", {"turn": SOME_TURN, "seq": 0}),
        ("join", {"room": "kitchen"}),
    ],
)
def test_nothing_is_done_before_somebody_has_said_who_they_are(chat: Chat, action: str, fields: dict[str, Any]):
    tab = chat.connects()
    [told] = tab.sends(action, **fields)
    assert (told["type"], told["code"]) == ("error", "not_authenticated")
    assert chat.works() == []
    assert (chat.memory.turns, chat.memory.people, chat.asked) == ({}, {}, [])


def test_a_bare_text_before_somebody_has_said_who_they_are_is_refused_too(chat: Chat):
    tab = chat.connects()
    tab.sends_text('{"data": "Let me in, please"}')
    assert tab.codes == ["not_authenticated"]
    assert chat.memory.turns == {}


def test_who_sent_something_too_early_may_still_say_who_they_are(chat: Chat):
    tab = chat.connects()
    tab.sends("join", room="kitchen")
    assert [frame["type"] for frame in tab.sends("authenticate", apiKey=key_text())] == ["ready"]


def test_the_id_of_a_message_that_came_too_early_is_in_the_answer(chat: Chat):
    mine = ulid(chat.clock())
    [told] = chat.connects().sends("send_message", message="Let me in, please", id=mine)
    assert told["id"] == mine


def test_a_ping_is_answered_before_and_after(chat: Chat):
    tab = chat.connects()
    assert tab.sends("ping") == [{"type": "pong"}]
    tab.sends("authenticate", apiKey=key_text())
    assert tab.sends("ping") == [{"type": "pong"}]


# Being let in.


def test_a_key_lets_its_visitors_in_each_as_themselves(chat: Chat):
    anna, bert, again = chat.opens("anna"), chat.opens("bert"), chat.opens("anna")
    you = [tab.got("ready")[0]["you"] for tab in (anna, bert, again)]
    assert you[0] == you[2] != you[1]
    assert you[0] == identity.pseudonym(person_of("anna"))


def test_a_ticket_lets_its_visitor_in(chat: Chat):
    tab = chat.connects()
    tab.sends("authenticate", ticket=chat.ticket_of("anna"))
    assert tab.got("ready")[0]["you"] == identity.pseudonym(person_of("anna"))


def test_who_signed_in_elsewhere_is_let_in_and_answered_on_the_deployments_terms(chat: Chat):
    chat.signs_in("a signed token", "subject-of-anna")
    tab = chat.connects()
    [ready] = tab.sends("authenticate", token="a signed token")
    assert (ready["type"], ready["limit"]) == ("ready", chat.bot.settings.limits.daily_limit)
    assert tab.says("What is new?")[-1]["state"] == "done"
    assert chat.key.used == 0


def test_a_ready_frame_says_all_that_a_client_needs(chat: Chat):
    [ready] = chat.opens().frames
    assert ready == {
        "type": "ready",
        "you": identity.pseudonym(person_of("anna")),
        "persona": {"name": "Assistant", "opening": "Hello! What would you like to know?"},
        "limit": 5,
        "remaining": 5,
        "now": chat.clock(),
    }


def test_without_a_limit_none_is_told(chat: Chat):
    chat.changes_key(daily_messages=None)
    [ready] = chat.opens().frames
    assert not {"limit", "remaining"} & ready.keys()


# Being turned away.


@pytest.mark.parametrize(
    ("proof", "code"),
    [
        ({"apiKey": key_text(KeyId("nosuchkeyx"))}, "auth_failed"),
        ({"apiKey": key_text()[:-1] + "y"}, "auth_failed"),
        ({"apiKey": "parley"}, "auth_failed"),
        ({"ticket": "no ticket of ours"}, "auth_failed"),
        ({"token": "no token at all"}, "auth_failed"),
    ],
)
def test_a_proof_that_fails_is_final_and_closes_the_socket(chat: Chat, proof: dict[str, str], code: str):
    tab = chat.connects()
    tab.sends("authenticate", **proof)
    assert tab.codes == [code]
    assert tab.is_closed


def test_nothing_is_heard_any_more_from_a_socket_that_was_turned_away(chat: Chat):
    """Even while API Gateway still lets it send."""
    tab = chat.connects()
    tab.sends("authenticate", apiKey="wrong")
    chat.connection_api.gone.clear()
    for frame in (("authenticate", {"apiKey": key_text()}), ("send_message", {"message": "Hello?"}), ("ping", {})):
        assert tab.sends(frame[0], **frame[1]) == []
    assert (tab.codes, chat.memory.turns) == (["auth_failed"], {})


def test_a_revoked_key_lets_nobody_in(chat: Chat):
    chat.keys.revoke(KEY, now=chat.clock())
    by_key, by_ticket = chat.connects(), chat.connects()
    by_key.sends("authenticate", apiKey=key_text())
    by_ticket.sends("authenticate", ticket=chat.ticket_of("anna"))
    assert [(tab.codes, tab.is_closed) for tab in (by_key, by_ticket)] == [(["key_revoked"], True)] * 2


def test_a_key_whose_time_is_over_lets_nobody_in(chat: Chat):
    chat.changes_key(expires_at=chat.clock() + 1000)
    assert chat.opens().codes == []
    chat.clock.tick(seconds=1)
    assert chat.opens().codes == ["key_revoked"]


def test_a_ticket_is_good_for_five_minutes(chat: Chat):
    shown = chat.ticket_of("anna")
    chat.clock.tick(minutes=5, seconds=1)
    tab = chat.connects()
    tab.sends("authenticate", ticket=shown)
    assert (tab.codes, tab.is_closed) == (["ticket_expired"], True)


@pytest.mark.parametrize(("origin", "code"), [(PAGE, []), (OWN_PAGE, []), ("", []), (f"{PAGE}.evil", ["wrong_origin"])])
def test_a_browser_is_let_in_from_the_keys_pages_and_the_bots_own_only(chat: Chat, origin: str, code: list[str]):
    chat.changes_key(origins=(PAGE,))
    tab = chat.connects(origin=origin)
    tab.sends("authenticate", apiKey=key_text())
    assert tab.codes == code


def test_what_a_page_is_called_does_not_show_in_the_log(chat: Chat):
    chat.bot.heard.append("/secret/path")
    tab = chat.connects(origin="https://shop.example/secret/path")
    tab.sends("authenticate", apiKey=key_text())
    assert tab.codes == ["wrong_origin"]


def test_a_second_authenticate_is_refused_and_changes_nothing(chat: Chat):
    tab = chat.opens("anna")
    tab.sends("authenticate", apiKey=key_text(), visitor="bert")
    tab.sends("authenticate", apiKey="wrong")
    assert (tab.codes, tab.is_closed) == (["already_authenticated"] * 2, False)
    tab.says("Am I still Anna?")
    assert [turn.person for turn in chat.turns("anna")] == [person_of("anna")]


def test_a_key_is_wanted_in_one_form_only(chat: Chat):
    tab = chat.connects()
    tab.sends("authenticate", apiKey=key_text(), ticket="and a ticket")
    tab.sends("authenticate")
    tab.sends("authenticate", apiKey=key_text(), visitor="no name at all")
    assert (tab.codes, tab.is_closed) == (["bad_frame"] * 3, False)


def test_a_full_conversation_takes_nobody_in_and_the_socket_may_try_again(chat: Chat):
    tabs = [chat.opens("anna") for _ in range(MAX_CONNECTIONS)]
    late = chat.opens("anna")
    assert (late.codes, late.is_closed) == (["room_full"], False)
    tabs[0].closes()
    assert [frame["type"] for frame in late.sends("authenticate", apiKey=key_text(), visitor="anna")] == ["ready"]


# Frames that are not understood.


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no JSON", "bad_json"),
        ("[]", "bad_json"),
        ("{}", "unknown_action"),
        ('{"action": 1}', "unknown_action"),
        ('{"action": "dance"}', "unknown_action"),
        ('{"action": "send_message"}', "bad_frame"),
        ('{"action": "send_message", "message": "  "}', "bad_frame"),
        ('{"action": "send_message", "message": "Hello?", "id": "1"}', "bad_frame"),
        ('{"action": "join", "room": "the kitchen"}', "bad_frame"),
        ('{"action": "cancel", "turn": "the last one"}', "bad_frame"),
        (json.dumps({"data": "x" * MAX_FRAME}), "too_large"),
    ],
)
def test_a_frame_that_is_not_understood_gets_one_error_and_the_socket_stays_usable(chat: Chat, text: str, code: str):
    tab = chat.opens()
    tab.sends_text(text)
    assert tab.codes == [code]
    assert tab.says("And now?")[-1]["type"] == "completed"


# When something fails here.


def test_when_the_store_fails_the_client_is_asked_to_try_again_and_the_message_is_not_kept(chat: Chat):
    tab, mine = chat.opens(), ulid(chat.clock())
    inbox, chat.bot.inbox = chat.bot.inbox, Without(chat.bot.inbox, accept=fail)
    [told] = tab.asks("Can you hear me?", id=mine)
    assert (told["code"], told["id"], chat.turns()) == ("try_again", mine, [])
    chat.bot.inbox = inbox
    assert tab.says("Can you hear me?", id=mine)[-1]["state"] == "done"


def test_when_the_issuers_keys_are_out_of_reach_the_same_socket_may_try_again(chat: Chat):
    chat.signs_in("a signed token", "subject-of-anna")
    assert isinstance(chat.tokens, FakeIdTokens)
    chat.tokens.out_of_reach = True
    tab = chat.connects()
    tab.sends("authenticate", token="a signed token")
    assert (tab.codes, tab.is_closed) == (["try_again"], False)
    chat.tokens.out_of_reach = False
    assert [frame["type"] for frame in tab.sends("authenticate", token="a signed token")] == ["ready"]
    assert chat.bot.log_lines("door")[-2]["error"] == IssuerUnavailable.__name__


def test_when_nobody_can_be_woken_the_message_is_kept_and_the_heartbeat_finds_it(chat: Chat):
    tab = chat.opens()
    chat.bot.wake.fails = True
    assert [frame["type"] for frame in tab.asks("Is anybody there?")] == ["accepted"]
    chat.bot.wake.fails = False
    chat.bot.beats()
    chat.works()
    assert tab.reads().screen == [("Is anybody there?", "An answer.")]


def test_a_client_that_is_gone_is_forgotten_and_nothing_is_raised(chat: Chat):
    tab = chat.opens()
    chat.connection_api.gone.add(tab.id)
    tab.sends("ping")
    assert chat.connections.get(tab.id, now=chat.clock()) is None


def test_nothing_is_raised_even_when_a_client_that_is_gone_cannot_be_forgotten(chat: Chat):
    tab = chat.opens()
    chat.connection_api.gone.add(tab.id)
    chat.connections = Without(chat.connections, close=fail)  # type: ignore[assignment]
    tab.sends("ping")


def test_frames_of_a_socket_that_is_not_known_are_not_answered(chat: Chat):
    tab = chat.connects()
    tab.closes()
    chat.connection_api.gone.clear()
    assert tab.sends("authenticate", apiKey=key_text()) == []


def test_a_socket_of_another_key_is_another_person_even_under_the_same_name(chat: Chat):
    mine, other = chat.opens("anna"), chat.opens("anna", key=OTHER_KEY)
    mine.says("My own question")
    assert other.kinds == ["ready"]


# Who never says anything.


def test_who_has_not_said_for_a_minute_who_they_are_is_disconnected(chat: Chat):
    silent = chat.connects()
    chat.clock.tick(seconds=59)
    late, ready = chat.connects(), chat.opens()
    assert chat.bot.beats().closed == 0
    chat.clock.tick(seconds=1)
    assert chat.bot.beats().closed == 1
    assert chat.connection_api.closed == [silent.id]
    assert [chat.connections.get(tab.id, now=chat.clock()) is None for tab in (silent, late, ready)] == [
        True,
        False,
        False,
    ]
    assert chat.bot.log_lines("heartbeat")[-1]["closed"] == 1


def test_who_was_turned_away_and_could_not_be_disconnected_is_disconnected_later(chat: Chat):
    tab = chat.connects()
    chat.connection_api.fails[tab.id] = 2
    tab.sends("authenticate", apiKey="wrong")
    assert not tab.is_closed
    chat.clock.tick(minutes=1)
    assert chat.bot.beats().closed == 1
    assert tab.is_closed


def test_a_beat_closes_only_so_many_and_the_next_one_goes_on(chat: Chat):
    for _ in range(MAX_CLOSED + 1):
        chat.connects()
    chat.clock.tick(minutes=1)
    assert [chat.bot.beats().closed for _ in range(3)] == [MAX_CLOSED, 1, 0]


def test_a_socket_that_cannot_be_closed_is_tried_again_and_stops_nothing_else(chat: Chat):
    stuck, silent = chat.connects(), chat.connects()
    chat.connection_api.fails[stuck.id] = 1
    chat.clock.tick(minutes=1)
    beat = chat.bot.beats()
    assert (beat.closed, beat.warmed, silent.is_closed) == (1, ["api", "worker"], True)
    assert chat.bot.log_lines("hang_up")[0]["error"] == "DeliveryError"
    assert chat.bot.beats().closed == 1
    assert stuck.is_closed


def test_when_no_socket_can_be_closed_a_beat_does_not_try_them_all(chat: Chat):
    for _ in range(MAX_CLOSED):
        chat.connects()
    chat.clock.tick(minutes=1)
    chat.connection_api.broken = True
    assert chat.bot.beats().closed == 0
    assert len(chat.bot.log_lines("hang_up")) == 5


def test_when_the_silent_cannot_be_found_the_beat_goes_on(chat: Chat):
    chat.bot.connections = Without(chat.connections, unauthenticated=fail)
    assert chat.bot.beats().warmed == ["api", "worker"]
    assert chat.bot.log_lines("hang_up")[0]["error"] == "StoreError"
