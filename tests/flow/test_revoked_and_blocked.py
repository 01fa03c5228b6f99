"""Whose key is revoked, or who is blocked, is gone at once from every room, and does not come back."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.access import identity
from chalicelib.access.entitlements import EntitlementService
from chalicelib.access.key_service import ApiKeyService
from chalicelib.access.person import Access
from chalicelib.channels.web.closing import ConnectionCloser
from chalicelib.errors import ChannelBroken
from chalicelib.operations.admin import Admin
from tests.flow.bot import person_of as messenger_person
from tests.flow.chat import KEY, OTHER_KEY, Chat, Tab, fail, key_text, person_of

SECRET = "My address is 4 Mill Lane."


def closer(chat: Chat, reported: list[Exception] | None = None) -> ConnectionCloser:
    report = (reported if reported is not None else []).append
    return ConnectionCloser(chat.connections, chat.connection_api, chat.clock, report)


def revokes(chat: Chat) -> None:
    """The owner revokes the key, as `keys revoke` and the route do."""
    ApiKeyService(chat.keys, closer(chat), 10, secrets.token_bytes, chat.clock).revoke(KEY)


def owner(chat: Chat) -> Admin:
    entitlements = EntitlementService(chat.keys, chat.bot.settings.limits)
    return Admin(
        chat.bot.people, chat.bot.transcript, chat.bot.journal, chat.bot.lists, entitlements, closer(chat), chat.clock
    )


def blocks(chat: Chat, visitor: str = "anna") -> None:
    owner(chat).block(person_of(visitor))


def visits(chat: Chat, visitor: str = "anna") -> Tab:
    """Somebody opens the page, and is let in with a ticket."""
    tab = chat.connects()
    tab.sends("authenticate", ticket=chat.ticket_of(visitor))
    return tab


@pytest.fixture
def secretive(chat: Chat) -> Tab:
    """Bert, who said something in the kitchen."""
    bert = chat.opens("bert", room="kitchen")
    bert.says(SECRET)
    return bert


# A key is revoked.


def test_all_connections_of_a_revoked_key_are_closed_at_once_and_no_others(chat: Chat, secretive: Tab):
    visitor, idle, other = visits(chat, "anna"), chat.connects(), chat.opens("anna", key=OTHER_KEY)
    revokes(chat)
    assert [tab.is_closed for tab in (secretive, visitor, idle, other)] == [True, True, False, False]


@pytest.mark.parametrize(
    "frame",
    [
        {"action": "join", "room": "kitchen"},
        {"action": "message", "prompt": "Who is here?", "conversationId": "kitchen"},
        {"action": "send_message", "message": "Who is here?"},
        {"action": "resume"},
        {"action": "regenerate"},
        {"action": "feedback", "value": "up"},
        {"action": "ping"},
    ],
    ids=lambda frame: frame["action"],
)
def test_a_frame_that_a_closed_connection_still_sends_is_ignored(chat: Chat, secretive: Tab, frame: dict[str, str]):
    tab = chat.opens("anna", room="kitchen")
    revokes(chat)
    chat.connection_api.gone.clear()  # as if API Gateway had not closed it yet
    turn = {} if "room" in frame or "message" in frame else {"turn": secretive.turn}
    assert tab.sends_text(json.dumps({**frame, **turn})) == []
    assert chat.works() == []


def test_a_connection_that_api_gateway_does_not_close_hears_nothing_all_the_same(chat: Chat, secretive: Tab):
    reported: list[Exception] = []
    chat.connection_api.broken = True
    closer(chat, reported).close_of_key(KEY)
    chat.connection_api.broken = False
    assert [type(error) for error in reported] == [ChannelBroken]
    before = len(secretive.frames)
    chat.opens("anna", room="kitchen").says("Is anybody there?")
    assert (len(secretive.frames), secretive.is_closed) == (before, False)


def test_a_key_that_is_revoked_during_an_answer_ends_it_on_every_connection(chat: Chat):
    anna, bert = chat.opens("anna", room="kitchen"), chat.opens("bert", room="kitchen")
    chat.model_says("Once ", lambda: bert.waits_for("delta"), lambda: revokes(chat), "upon a time.")
    anna.says("Tell us a story!")
    assert [tab.got("completed") for tab in (anna, bert)] == [[], []]
    assert "upon" not in json.dumps(bert.frames)


@pytest.mark.parametrize("how", ["revoked", "expired", "gone"])
def test_a_connection_that_was_not_closed_neither_joins_nor_reads(chat: Chat, secretive: Tab, how: str):
    """The owner's command may have died between its two steps, and nobody closes connections when a key expires."""
    joiner, reader = chat.opens("anna"), chat.opens("anna", room="kitchen")
    chat.ends_key(how)
    joiner.joins("kitchen")
    reader.sends("resume", turn=secretive.turn)
    for tab in (joiner, reader):
        assert (tab.codes, tab.is_closed) == (["key_revoked"], True)
        assert SECRET not in json.dumps(tab.frames[1:] if tab is joiner else tab.frames[2:])


@pytest.mark.parametrize("words", ["And now?", "/help", "/usage", "x" * 5000])
@pytest.mark.parametrize("how", ["revoked", "expired", "gone"])
def test_whoever_writes_with_a_key_that_ended_is_told_so_and_the_whole_room_is_closed(chat: Chat, how: str, words: str):
    anna, bert = chat.opens("anna", room="kitchen"), chat.opens("bert", room="kitchen")
    chat.ends_key(how)
    anna.says(words)
    assert [tab.codes for tab in (anna, bert)] == [["key_revoked"]] * 2
    assert [tab.is_closed for tab in (anna, bert)] == [True] * 2
    assert [tab.got("question", "notice", "delta") for tab in (anna, bert)] == [[]] * 2
    assert chat.asked == []


def test_the_notice_of_a_limit_is_not_sent_with_a_key_that_ended(chat: Chat):
    anna = chat.opens("anna")
    chat.changes_key(daily_messages=0, revoked_at=chat.clock())
    assert [frame["type"] for frame in anna.says("Hello?")] == ["accepted", "error"]


def test_a_connection_that_authenticates_while_its_key_is_revoked_does_not_stay(chat: Chat):
    """The key is still valid when it is read, and revoked before the connection can be found."""
    tab = chat.connects()
    mark = chat.connections.mark_authenticated

    def revoked_meanwhile(*args: object, **more: object) -> object:
        revokes(chat)
        return mark(*args, **more)  # type: ignore[arg-type]

    chat.connections.mark_authenticated = revoked_meanwhile  # type: ignore[method-assign, assignment]
    tab.sends("authenticate", apiKey=key_text(KEY), visitor="anna")
    assert (tab.kinds, tab.codes, tab.is_closed) == (["error"], ["key_revoked"], True)


def test_a_revocation_that_is_repeated_closes_who_was_left_open(chat: Chat):
    tab = chat.opens()
    chat.keys.revoke(KEY, now=chat.clock())
    revokes(chat)
    assert tab.is_closed


@pytest.mark.parametrize("connections", [150, pytest.param(1000, marks=pytest.mark.full)])
def test_a_thousand_connections_of_a_key_are_all_closed(chat: Chat, connections: int):
    tabs = [chat.opens(f"visitor-{number}") for number in range(connections)]
    revokes(chat)
    assert all(tab.is_closed for tab in tabs)
    assert chat.connections.of_key(KEY, now=chat.clock()) == []


# A visitor is blocked.


def test_a_blocked_visitor_is_gone_from_every_room_and_the_others_stay(chat: Chat, secretive: Tab):
    tabs = [chat.opens("anna"), chat.opens("anna", room="kitchen"), chat.opens("anna", room="garden")]
    tabs[0].says("Hello?")
    blocks(chat)
    before = [len(tab.frames) for tab in tabs]
    secretive.says("Is she gone?")
    assert [tab.is_closed for tab in tabs] == [True] * 3
    assert [len(tab.frames) for tab in tabs] == before
    assert (secretive.is_closed, secretive.got("completed")[-1]["state"]) == (False, "done")


@pytest.mark.parametrize("how", ["ticket", "key"])
def test_a_blocked_visitor_is_not_let_in(chat: Chat, how: str):
    chat.opens("anna").says("Hello?")
    blocks(chat)
    tab = visits(chat) if how == "ticket" else chat.opens("anna")
    assert (tab.kinds, tab.codes, tab.is_closed) == (["error"], ["blocked"], True)
    assert tab.joins("kitchen") == []


@pytest.mark.parametrize("how", ["ticket", "key"])
def test_a_visitor_who_has_never_written_can_be_blocked(chat: Chat, how: str):
    silent = chat.opens("anna")
    blocks(chat)
    tab = visits(chat) if how == "ticket" else chat.opens("anna")
    assert (silent.is_closed, tab.codes, tab.is_closed) == (True, ["blocked"], True)


def test_somebody_on_messenger_can_be_blocked_before_their_first_message_and_after_forget(chat: Chat):
    bot = chat.bot
    owner(chat).block(messenger_person("bert"))
    bot.receives("bert", "Hello?")
    bot.receives("cleo", "Hello?")
    bot.receives("cleo", "/forget yes")
    owner(chat).block(messenger_person("cleo"))
    bot.receives("cleo", "Hello again?")
    assert (bot.sent_to("bert"), bot.asked, len(bot.sent_to("cleo"))) == ([], ["Hello?"], 2)


def test_a_blocked_visitor_whose_connection_was_not_closed_is_closed_by_any_frame_that_reads_or_asks(
    chat: Chat, secretive: Tab
):
    frames = [
        {"action": "join", "room": "kitchen"},
        {"action": "resume", "turn": secretive.turn},
        {"action": "send_message", "message": "Hello?"},
    ]
    tabs = [chat.opens("anna", room="garden") for _ in frames]
    tabs[0].says("Hello?")
    chat.bot.people.decide(person_of("anna"), Access.BLOCKED, daily_limit=None)
    for tab, frame in zip(tabs, frames, strict=True):
        [told] = tab.sends_text(json.dumps(frame))
        assert (told["code"], tab.is_closed) == ("blocked", True)
        assert tab.joins("kitchen") == []


def test_a_blocked_visitor_is_in_no_conversation_for_any_moment(chat: Chat):
    chat.opens("anna").says("Hello?")
    blocks(chat)
    tab = chat.connects()
    chat.connections.mark_authenticated = fail  # type: ignore[method-assign]
    tab.sends("authenticate", apiKey=key_text(KEY), visitor="anna")
    assert (tab.codes, tab.is_closed) == (["blocked"], True)


def test_a_visitor_who_is_unblocked_is_let_in_again(chat: Chat):
    chat.opens("anna").says("Hello?")
    blocks(chat)
    owner(chat).default(person_of("anna"))
    tab = chat.opens("anna")
    assert tab.says("Am I back?")[-1]["state"] == "done"


def test_a_blocked_person_who_signed_in_is_closed_and_not_let_in_again(chat: Chat):
    chat.signs_in("a token", "carol")
    tabs = [chat.connects() for _ in range(2)]
    tabs[0].sends("authenticate", token="a token")
    tabs[0].says("Hello?")
    owner(chat).block(identity.signed_in("carol"))
    tabs[1].sends("authenticate", token="a token")
    assert [(tab.codes, tab.is_closed) for tab in tabs] == [([], True), (["blocked"], True)]


def test_a_visitor_whose_name_begins_as_the_blocked_ones_stays(chat: Chat):
    chat.opens("anna").says("Hello?")
    others = [chat.opens(name) for name in ("ann", "annabel", "anna.2")]
    blocks(chat)
    assert [tab.is_closed for tab in others] == [False] * 3


def test_of_many_connections_that_come_while_a_visitor_is_blocked_none_stays(chat: Chat):
    chat.opens("anna").says("Hello?")
    tabs = [chat.connects() for _ in range(30)]
    with ThreadPoolExecutor(8) as pool:
        coming = [pool.submit(tab.sends, "authenticate", apiKey=key_text(KEY), visitor="anna") for tab in tabs]
        blocks(chat)
        for one in coming:
            one.result()
    assert [tab.is_closed for tab in tabs] == [True] * 30
    assert chat.connections.of_person(person_of("anna"), now=chat.clock()) == []
