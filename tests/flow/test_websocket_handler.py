"""Who may connect to the web chat, and the responses to each frame before any model is called."""

import json
from threading import Barrier
from typing import Any, Final

import pytest

from chalicelib.access import identity
from chalicelib.channels.web.client_frames import MAX_FRAME
from chalicelib.channels.web.reaper import PARALLEL, TIME_MS
from chalicelib.content import persona
from chalicelib.conversation.connection import Connection
from chalicelib.errors import IssuerUnavailable
from chalicelib.ids import KeyId
from tests.fakes.id_tokens import FakeIdTokens
from tests.flow.chat import KEY, OTHER_KEY, OWN_PAGE, Chat, Tab, Without, fail, key_text, person_of, ulid

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
def test_before_authentication_every_other_action_is_refused(chat: Chat, action: str, fields: dict[str, Any]):
    tab = chat.connects()
    [told] = tab.sends(action, **fields)
    assert (told["type"], told["code"]) == ("error", "not_authenticated")
    assert chat.works() == []
    assert (chat.memory.turns, chat.memory.people, chat.asked) == ({}, {}, [])


def test_before_authentication_a_bare_text_is_refused_too(chat: Chat):
    tab = chat.connects()
    tab.sends_text('{"data": "Let me in, please"}')
    assert tab.codes == ["not_authenticated"]
    assert chat.memory.turns == {}


def test_a_connection_can_authenticate_after_a_refused_frame(chat: Chat):
    tab = chat.connects()
    tab.sends("join", room="kitchen")
    assert [frame["type"] for frame in tab.sends("authenticate", apiKey=key_text())] == ["ready"]


def test_the_error_about_an_early_message_has_its_id(chat: Chat):
    mine = ulid(chat.clock())
    [told] = chat.connects().sends("send_message", message="Let me in, please", id=mine)
    assert told["id"] == mine


def test_a_ping_is_answered_before_and_after_authentication(chat: Chat):
    tab = chat.connects()
    assert tab.sends("ping") == [{"type": "pong"}]
    tab.sends("authenticate", apiKey=key_text())
    assert tab.sends("ping") == [{"type": "pong"}]


# Being let in.


def test_a_key_authenticates_each_visitor_as_another_person(chat: Chat):
    anna, bert, again = chat.opens("anna"), chat.opens("bert"), chat.opens("anna")
    you = [tab.got("ready")[0]["you"] for tab in (anna, bert, again)]
    assert you[0] == you[2] != you[1]
    assert you[0] == identity.pseudonym(person_of("anna"))


def test_a_ticket_authenticates_its_visitor(chat: Chat):
    tab = chat.connects()
    tab.sends("authenticate", ticket=chat.ticket_of("anna"))
    assert tab.got("ready")[0]["you"] == identity.pseudonym(person_of("anna"))


def test_an_id_token_authenticates_with_the_deployments_limits(chat: Chat):
    chat.signs_in("a signed token", "subject-of-anna")
    tab = chat.connects()
    [ready] = tab.sends("authenticate", token="a signed token")
    assert (ready["type"], ready["limit"]) == ("ready", chat.bot.settings.limits.daily_limit)
    assert tab.says("What is new?")[-1]["state"] == "done"
    assert chat.key.used == 0


def test_ready_has_all_that_a_client_needs(chat: Chat):
    [ready] = chat.opens().frames
    assert ready == {
        "type": "ready",
        "you": identity.pseudonym(person_of("anna")),
        "persona": persona.load("web").public(),
        "limit": 5,
        "remaining": 5,
        "now": chat.clock(),
    }


def test_ready_has_no_limit_if_there_is_none(chat: Chat):
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
def test_invalid_credentials_close_the_connection(chat: Chat, proof: dict[str, str], code: str):
    tab = chat.connects()
    tab.sends("authenticate", **proof)
    assert tab.codes == [code]
    assert tab.is_closed


def test_frames_of_a_rejected_connection_are_ignored(chat: Chat):
    """Even if API Gateway has not closed it yet."""
    tab = chat.connects()
    tab.sends("authenticate", apiKey="wrong")
    chat.connection_api.gone.clear()
    for frame in (("authenticate", {"apiKey": key_text()}), ("send_message", {"message": "Hello?"}), ("ping", {})):
        assert tab.sends(frame[0], **frame[1]) == []
    assert (tab.codes, chat.memory.turns) == (["auth_failed"], {})


def test_a_revoked_key_is_refused_as_key_and_as_ticket(chat: Chat):
    chat.keys.revoke(KEY, now=chat.clock())
    by_key, by_ticket = chat.connects(), chat.connects()
    by_key.sends("authenticate", apiKey=key_text())
    by_ticket.sends("authenticate", ticket=chat.ticket_of("anna"))
    assert [(tab.codes, tab.is_closed) for tab in (by_key, by_ticket)] == [(["key_revoked"], True)] * 2


def test_an_expired_key_is_refused(chat: Chat):
    chat.changes_key(expires_at=chat.clock() + 1000)
    assert chat.opens().codes == []
    chat.clock.tick(seconds=1)
    assert chat.opens().codes == ["key_revoked"]


def test_a_ticket_is_valid_for_five_minutes(chat: Chat):
    shown = chat.ticket_of("anna")
    chat.clock.tick(minutes=5, seconds=1)
    tab = chat.connects()
    tab.sends("authenticate", ticket=shown)
    assert (tab.codes, tab.is_closed) == (["ticket_expired"], True)


@pytest.mark.parametrize(("origin", "code"), [(PAGE, []), (OWN_PAGE, []), ("", []), (f"{PAGE}.evil", ["wrong_origin"])])
def test_a_browser_may_connect_from_the_keys_origins_and_the_bots_own_only(chat: Chat, origin: str, code: list[str]):
    chat.changes_key(origins=(PAGE,))
    tab = chat.connects(origin=origin)
    tab.sends("authenticate", apiKey=key_text())
    assert tab.codes == code


def test_the_log_does_not_show_the_origin(chat: Chat):
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


def test_authenticate_with_no_or_two_credentials_is_a_bad_frame(chat: Chat):
    tab = chat.connects()
    tab.sends("authenticate", apiKey=key_text(), ticket="and a ticket")
    tab.sends("authenticate")
    tab.sends("authenticate", apiKey=key_text(), visitor="no name at all")
    assert (tab.codes, tab.is_closed) == (["bad_frame"] * 3, False)


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
def test_an_invalid_frame_gets_one_error_and_the_connection_stays_open(chat: Chat, text: str, code: str):
    tab = chat.opens()
    tab.sends_text(text)
    assert tab.codes == [code]
    assert tab.says("And now?")[-1]["type"] == "completed"


# When something fails here.


def test_when_the_store_fails_the_error_is_try_again_and_nothing_is_stored(chat: Chat):
    tab, mine = chat.opens(), ulid(chat.clock())
    inbox, chat.bot.inbox = chat.bot.inbox, Without(chat.bot.inbox, accept=fail)
    [told] = tab.asks("Can you hear me?", id=mine)
    assert (told["code"], told["id"], chat.turns()) == ("try_again", mine, [])
    chat.bot.inbox = inbox
    assert tab.says("Can you hear me?", id=mine)[-1]["state"] == "done"


def test_when_the_issuer_is_unavailable_the_same_connection_may_try_again(chat: Chat):
    chat.signs_in("a signed token", "subject-of-anna")
    assert isinstance(chat.tokens, FakeIdTokens)
    chat.tokens.out_of_reach = True
    tab = chat.connects()
    tab.sends("authenticate", token="a signed token")
    assert (tab.codes, tab.is_closed) == (["try_again"], False)
    chat.tokens.out_of_reach = False
    assert [frame["type"] for frame in tab.sends("authenticate", token="a signed token")] == ["ready"]
    assert chat.bot.log_lines("door")[-2]["error"] == IssuerUnavailable.__name__


def test_when_no_worker_can_be_woken_the_heartbeat_finds_the_stored_message(chat: Chat):
    tab = chat.opens()
    chat.bot.wake.fails = True
    assert [frame["type"] for frame in tab.asks("Is anybody there?")] == ["accepted"]
    chat.bot.wake.fails = False
    chat.bot.beats()
    chat.works()
    assert tab.reads().screen == [("Is anybody there?", "An answer.")]


def test_a_connection_that_is_gone_is_closed_without_an_exception(chat: Chat):
    tab = chat.opens()
    chat.connection_api.gone.add(tab.id)
    tab.sends("ping")
    assert chat.connections.get(tab.id, now=chat.clock()) is None


def test_a_connection_that_is_gone_and_cannot_be_closed_raises_nothing(chat: Chat):
    tab = chat.opens()
    chat.connection_api.gone.add(tab.id)
    chat.connections = Without(chat.connections, close=fail)  # type: ignore[assignment]
    tab.sends("ping")


def test_frames_of_an_unknown_connection_are_ignored(chat: Chat):
    tab = chat.connects()
    tab.closes()
    chat.connection_api.gone.clear()
    assert tab.sends("authenticate", apiKey=key_text()) == []


def test_the_same_visitor_name_with_another_key_is_another_person(chat: Chat):
    mine, other = chat.opens("anna"), chat.opens("anna", key=OTHER_KEY)
    mine.says("My own question")
    assert other.kinds == ["ready"]


# Who never says anything.


def test_a_connection_that_does_not_authenticate_within_a_minute_is_closed(chat: Chat):
    silent = chat.connects()
    chat.clock.tick(seconds=59)
    late, ready = chat.connects(), chat.opens()
    assert chat.bot.beats().counts["closed"] == 0
    chat.clock.tick(seconds=1)
    assert chat.bot.beats().counts["closed"] == 1
    assert chat.connection_api.closed == [silent.id]
    assert [chat.connections.get(tab.id, now=chat.clock()) is None for tab in (silent, late, ready)] == [
        True,
        False,
        False,
    ]
    assert chat.bot.log_lines("heartbeat")[-1]["closed"] == 1


def test_a_rejected_connection_that_could_not_be_closed_is_closed_later(chat: Chat):
    tab = chat.connects()
    chat.connection_api.fails[tab.id] = 2
    tab.sends("authenticate", apiKey="wrong")
    assert not tab.is_closed
    chat.clock.tick(minutes=1)
    assert chat.bot.beats().counts["closed"] == 1
    assert tab.is_closed


CLOSING_S: Final = 0.25
"""Closing one connection takes so long, by the tests' clock."""


def silent_connections(chat: Chat, number: int) -> list[Tab]:
    """Open connections that say nothing, and from then on let closing take its time."""

    def close(connection: Connection) -> None:
        with chat.memory.lock:
            chat.clock.tick(seconds=CLOSING_S / PARALLEL)
        chat.connection_api.close(connection)

    chat.bot.connection_api = Without(chat.connection_api, close=close)  # type: ignore[assignment]
    return [chat.connects() for _ in range(number)]


@pytest.mark.parametrize("late", [0, 59])
def test_a_thousand_silent_connections_are_closed_in_the_promised_two_minutes(chat: Chat, late: int):
    """Of the heartbeats, which come once a minute, the first comes up to a minute after their time is over."""
    tabs, began = silent_connections(chat, 1000), chat.clock()
    beat = began + 60_000 + late * 1000
    while not all(tab.is_closed for tab in tabs):
        chat.clock.now = max(chat.clock(), beat)
        chat.bot.beats()
        beat += 60_000
        assert chat.clock() - began <= 60_000 + 120_000
    assert chat.memory.connections == {}


def test_a_heartbeat_ends_in_time_and_the_next_one_continues(chat: Chat):
    tabs = silent_connections(chat, 2000)
    chat.clock.tick(minutes=1)
    began = chat.clock()
    closed = [chat.bot.beats().counts["closed"]]
    assert chat.clock() - began <= TIME_MS + 1000
    closed.append(chat.bot.beats().counts["closed"])
    assert (min(closed) > 0, sum(closed)) == (True, len(tabs))


def test_connections_are_closed_side_by_side(chat: Chat):
    together = Barrier(PARALLEL, timeout=60)

    def close(connection: Connection) -> None:
        together.wait()
        chat.connection_api.close(connection)

    chat.bot.connection_api = Without(chat.connection_api, close=close)  # type: ignore[assignment]
    tabs = [chat.connects() for _ in range(2 * PARALLEL)]
    chat.clock.tick(minutes=1)
    assert chat.bot.beats().counts["closed"] == len(tabs)


def test_an_authenticated_connection_is_not_closed_with_a_thousand_silent_ones(chat: Chat):
    tab = chat.opens()
    silent_connections(chat, 100)
    chat.clock.tick(minutes=1)
    chat.bot.beats()
    assert (tab.is_closed, len(chat.connection_api.closed)) == (False, 100)


def test_a_connection_that_cannot_be_closed_is_retried_and_delays_no_other(chat: Chat):
    stuck, silent = chat.connects(), chat.connects()
    chat.connection_api.fails[stuck.id] = 1
    chat.clock.tick(minutes=1)
    beat = chat.bot.beats()
    assert (beat.counts["closed"], beat.warmed, silent.is_closed) == (1, ["api", "worker"], True)
    assert chat.bot.log_lines("hang_up")[0]["error"] == "DeliveryError"
    assert chat.bot.beats().counts["closed"] == 1
    assert stuck.is_closed


def test_a_heartbeat_gives_up_after_one_batch_of_failed_closes(chat: Chat):
    for _ in range(200):
        chat.connects()
    chat.clock.tick(minutes=1)
    chat.connection_api.broken = True
    assert chat.bot.beats().counts["closed"] == 0
    assert len(chat.bot.log_lines("hang_up")) == PARALLEL


def test_a_heartbeat_continues_when_the_query_for_idle_connections_fails(chat: Chat):
    chat.bot.connections = Without(chat.connections, to_close=fail)
    assert chat.bot.beats().warmed == ["api", "worker"]
    assert chat.bot.log_lines("hang_up")[0]["error"] == "StoreError"
