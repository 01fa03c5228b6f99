"""Who is let in by the address of the WebSocket API, as programs connect, and who is refused: `wss://…?Auth=<token>`."""

from dataclasses import replace
from typing import Any, Final

import pytest

from chalicelib.access import identity, ticket
from chalicelib.access.person import Access
from chalicelib.conversation.limits import AUTH_TIMEOUT_MS, IDLE_TIMEOUT_MS
from chalicelib.errors import StoreError
from tests.fakes.id_tokens import FakeIdTokens
from tests.flow.chat import KEY, OTHER_KEY, TICKET_KEY, Chat, Tab, Without, fail, key_text, person_of

TOKEN, SUBJECT = "the token of anna", "8a1f-anna"
ELSEWHERE = "https://elsewhere.example"


@pytest.fixture
def chat(chat: Chat) -> Chat:
    chat.signs_in(TOKEN, SUBJECT)
    return chat


def only_by_address(chat: Chat, **web: Any) -> None:
    """This deployment takes only those who prove themselves at the handshake."""
    changed = replace(chat.bot.settings.web, only_by_address=True, **web)
    chat.bot.settings = replace(chat.bot.settings, web=changed)


def address_ticket(chat: Chat, visitor: str = "anna", **others: Any) -> str:
    values = {"secret": TICKET_KEY, "now": chat.clock(), **others}
    made = ticket.mint_for_address(values.pop("key", KEY), visitor, **values)
    chat.bot.heard += [visitor, made]
    return made


def stored(chat: Chat, tab: Tab) -> bool:
    return chat.connections.get(tab.id, now=chat.clock()) is not None


def lines(chat: Chat) -> list[dict[str, Any]]:
    return [line for line in chat.bot.log_lines() if line.get("call") == "connect"]


# Let in.


def test_whoever_shows_a_token_in_the_address_asks_with_the_first_frame(chat: Chat):
    tab = chat.connects(Auth=TOKEN)
    assert (tab.status, tab.frames) == (200, [])
    tab.says("Hey, how is it going?")
    assert tab.kinds[:2] == ["ready", "accepted"]
    assert tab.got("completed")[0]["state"] == "done"
    assert tab.got("ready")[0]["you"] == identity.pseudonym(identity.signed_in(SUBJECT))


def test_the_same_token_by_frame_is_the_same_person(chat: Chat):
    chat.connects(Auth=TOKEN).says("Remember me.")
    tab = chat.connects()
    tab.sends("authenticate", token=TOKEN)
    assert [turn["question"] for turn in tab.got("ready")[0]["history"]] == ["Remember me."]


def test_whoever_signed_in_is_told_no_visitors_name(chat: Chat):
    tab = chat.connects(Auth=TOKEN)
    tab.says("Hello?")
    assert "visitor" not in tab.got("ready")[0]


def test_the_owner_chooses_who_answers_people_who_sign_in(chat: Chat):
    web = replace(chat.bot.settings.web, persona="santa")
    chat.bot.settings = replace(chat.bot.settings, web=web)
    tab = chat.connects(Auth=TOKEN)
    tab.says("Hello?")
    assert tab.got("ready")[0]["persona"]["name"] == "Santa Claus"


def test_a_ticket_in_the_address_lets_its_visitor_in(chat: Chat):
    tab = chat.connects(ticket=address_ticket(chat))
    tab.says("Hello?")
    assert tab.got("ready")[0]["you"] == identity.pseudonym(person_of("anna"))
    assert tab.got("completed")[0]["state"] == "done"


def test_an_expired_token_matters_at_the_handshake_only(chat: Chat):
    tab = chat.connects(Auth=TOKEN)
    chat.tokens = FakeIdTokens()  # the issuer's keys verify it no longer
    tab.says("Hello?")
    assert tab.got("completed")


def test_a_ping_before_the_first_question_lets_nobody_in(chat: Chat):
    tab = chat.connects(Auth=TOKEN)
    tab.sends("ping")
    assert tab.kinds == ["pong"]


def test_a_client_may_still_say_by_frame_who_it_is(chat: Chat):
    tab = chat.connects(Auth=TOKEN)
    tab.sends("authenticate", apiKey=key_text(), visitor="bert")
    assert tab.got("ready")[0]["you"] == identity.pseudonym(person_of("bert"))


BY_FIRST_FRAME: Final = [pytest.param({"Auth": TOKEN}, id="a token"), pytest.param({"config": KEY}, id="an open key")]


@pytest.mark.parametrize("address", BY_FIRST_FRAME)
def test_a_client_that_reads_before_it_asks_is_not_closed_after_a_minute(chat: Chat, address: dict[str, str]):
    chat.changes_key(is_open=True)
    quiet, stranger = chat.connects(**address), chat.connects()
    chat.clock.now += AUTH_TIMEOUT_MS + 1
    assert [connection.id for connection in chat.connections.to_close(now=chat.clock())] == [stranger.id]
    chat.clock.now += IDLE_TIMEOUT_MS
    assert quiet.id in [connection.id for connection in chat.connections.to_close(now=chat.clock())]


@pytest.mark.parametrize("address", BY_FIRST_FRAME)
def test_of_frames_that_come_at_once_one_lets_the_client_in_and_all_are_accepted(chat: Chat, address: dict[str, str]):
    chat.changes_key(is_open=True)
    tab = chat.connects(**address)
    known, before = chat.connections, chat.connections.get(tab.id, now=chat.clock())
    tab.asks("One?")
    chat.connections = Without(known, count_frame=lambda *_, **__: before)  # type: ignore[assignment]
    tab.asks("Two?")
    chat.works()
    assert [len(tab.got(kind)) for kind in ("ready", "accepted", "error")] == [1, 2, 0]
    assert {turn["from"] for turn in tab.got("question")} == {tab.got("ready")[0]["you"]}


# Refused.


@pytest.mark.parametrize("token", ["", "another token", "the token of anna ", "a" * 5000])
def test_a_token_that_is_not_valid_is_refused_at_the_handshake(chat: Chat, token: str):
    tab = chat.connects(Auth=token)
    assert (tab.status, stored(chat, tab)) == (401, False)


def test_without_an_issuer_every_token_is_refused(chat: Chat):
    chat.tokens = None
    assert chat.connects(Auth=TOKEN).status == 401


def test_an_issuer_out_of_reach_is_no_fault_of_the_token(chat: Chat):
    chat.tokens = FakeIdTokens(out_of_reach=True)
    tab = chat.connects(Auth=TOKEN)
    assert (tab.status, stored(chat, tab)) == (503, False)


def test_a_ticket_that_has_expired_is_refused(chat: Chat):
    made = address_ticket(chat)
    chat.clock.tick(minutes=4.9)
    assert chat.connects(ticket=made).status == 200
    chat.clock.tick(minutes=0.2)
    assert chat.connects(ticket=made).status == 401


def test_a_ticket_for_frames_is_refused_in_an_address_because_it_could_be_renewed(chat: Chat):
    assert chat.connects(ticket=chat.ticket_of("anna")).status == 401


def test_a_ticket_for_an_address_is_refused_in_a_frame(chat: Chat):
    tab = chat.connects()
    tab.sends("authenticate", ticket=address_ticket(chat))
    assert tab.codes == ["auth_failed"]


@pytest.mark.parametrize("others", [{"secret": "somebody else's key of forty characters."}, {"key": "nosuchkey1"}])
def test_a_forged_ticket_is_refused(chat: Chat, others: dict[str, Any]):
    assert chat.connects(ticket=address_ticket(chat, **others)).status == 401


def test_a_ticket_of_a_revoked_key_is_refused(chat: Chat):
    made = address_ticket(chat)
    chat.ends_key("revoked")
    assert chat.connects(ticket=made).status == 401


def test_a_ticket_on_a_page_that_is_not_the_keys_is_refused(chat: Chat):
    assert chat.connects(ticket=address_ticket(chat), origin=ELSEWHERE).status == 403


@pytest.mark.parametrize("config", ["", "nosuchkey1", "NOSUCHKEY1", f"{KEY}x", "a" * 4000, "oidc", OTHER_KEY])
def test_an_address_with_an_id_of_no_open_key_is_refused(chat: Chat, config: str):
    chat.changes_key(is_open=True)
    assert chat.connects(config=KEY).status == 200
    tab = chat.connects(config=config)
    assert (tab.status, stored(chat, tab)) == (401, False)


@pytest.mark.parametrize("how", ["revoked", "expired", "gone"])
def test_an_address_with_an_open_key_that_has_ended_is_refused(chat: Chat, how: str):
    chat.changes_key(is_open=True)
    chat.ends_key(how)
    assert chat.connects(config=KEY).status == 401


def test_a_person_whom_the_owner_blocks_is_refused(chat: Chat):
    chat.bot.people.decide(identity.signed_in(SUBJECT), Access.BLOCKED, daily_limit=None)
    assert chat.connects(Auth=TOKEN).status == 403


def test_a_person_who_is_blocked_after_the_handshake_is_told_so(chat: Chat):
    tab = chat.connects(Auth=TOKEN)
    chat.bot.people.decide(identity.signed_in(SUBJECT), Access.BLOCKED, daily_limit=None)
    tab.says("Hello?")
    assert (tab.codes, tab.got("ready", "accepted"), tab.is_closed) == (["blocked"], [], True)


def test_a_visitor_whose_key_is_revoked_after_the_handshake_is_told_so(chat: Chat):
    tab = chat.connects(ticket=address_ticket(chat))
    chat.ends_key("revoked")
    tab.says("Hello?")
    assert (tab.codes, tab.got("ready", "accepted"), tab.is_closed) == (["key_revoked"], [], True)


def test_an_address_with_credentials_of_two_kinds_is_refused(chat: Chat):
    assert chat.connects(Auth=TOKEN, ticket=address_ticket(chat)).status == 401


@pytest.mark.parametrize("query", [{}, {"auth": TOKEN}, {"room": "garden"}])
def test_an_address_without_credentials_may_authenticate_by_frame(chat: Chat, query: dict[str, str]):
    tab = chat.connects(**query)
    tab.says("Hello?")
    assert (tab.status, tab.codes) == (200, ["not_authenticated"])


def test_a_store_that_fails_refuses_the_handshake(chat: Chat):
    chat.connections = Without(chat.connections, open=fail)  # type: ignore[assignment]
    with pytest.raises(StoreError):
        chat.connects(Auth=TOKEN)


# Where only those are taken who prove themselves at the handshake.


def test_a_deployment_may_refuse_all_who_prove_nothing_at_the_handshake(chat: Chat):
    only_by_address(chat)
    assert chat.connects().status == 401
    assert chat.connects(Auth="another token").status == 401
    assert chat.connects(Auth=TOKEN).status == 200
    assert chat.connects(ticket=address_ticket(chat)).status == 200


def test_such_a_deployment_still_takes_those_whom_the_owner_lets_in_by_an_open_key(chat: Chat):
    chat.changes_key(is_open=True)
    only_by_address(chat, open_key=KEY)
    assert (chat.connects().status, chat.connects(config=KEY).status) == (200, 200)


# What is logged.


def test_the_log_says_why_a_handshake_was_refused_and_nothing_of_its_address(chat: Chat):
    made, forged = address_ticket(chat), address_ticket(chat, secret="somebody else's key of forty characters.")
    for query in (
        {"Auth": TOKEN},
        {"Auth": "another token"},
        {"ticket": made},
        {"ticket": forged},
        {"config": "nosuchkey1"},
    ):
        chat.connects(**query)
    assert [line["handshake"] for line in lines(chat)] == ["open", "auth_failed", "open", "auth_failed", "auth_failed"]
    written = chat.bot.logged.getvalue()
    assert not any(words in written for words in (TOKEN, "another token", made, forged, "nosuchkey1", SUBJECT))
