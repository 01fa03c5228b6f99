"""How a person becomes an owner: with a code from the command line, on Messenger or on a page made for it."""

import os

import pytest

from chalicelib.access import pairing
from chalicelib.access.handles import handle_of
from chalicelib.access.person import Access
from tests.flow import chat as web
from tests.flow.bot import LIMIT, SAYS, Bot, person_of
from tests.flow.chat import KEY, Chat

CODE = "ABCD2345"
DONE, WRONG = SAYS("owner_pair_done"), SAYS("owner_pair_wrong", stage="prod")


def offer(bot: Bot, code: str = CODE) -> None:
    """The owner runs `owner pair`."""
    bot.owners.offer(pairing.pairing_for(code, os.urandom, now=bot.clock()))


def added(psid: str) -> str:
    return SAYS("owner_added", handle=handle_of(person_of(psid)), channel="Messenger", stage="prod")


@pytest.mark.parametrize("typed", [f"/owner {CODE}", "/owner abcd-2345", "/OWNER  ABCD 2345"])
def test_the_code_makes_who_sends_it_an_owner(bot: Bot, typed: str):
    offer(bot)
    bot.receives("anna", typed)
    assert bot.sent_to("anna") == [DONE]
    assert bot.known("anna").is_owner
    assert [owner.person for owner in bot.owners.list()] == [person_of("anna")]


def test_an_owner_asks_as_much_as_they_like(bot: Bot):
    bot.may_spend("0.001", person_share="0.1")
    bot.pairs("anna")
    for _ in range(LIMIT + 3):
        bot.receives("anna", "another question")
    assert bot.used("anna") == LIMIT + 3
    bot.receives("anna", "/usage")
    assert bot.sent_to("anna")[-1] == SAYS("usage_unlimited", used=LIMIT + 3)


def test_a_code_is_of_use_once(bot: Bot):
    offer(bot)
    for psid in ("anna", "bert"):
        bot.receives(psid, f"/owner {CODE}")
    assert bot.sent_to("bert") == [WRONG]
    assert not bot.known("bert").is_owner


def test_an_expired_code_makes_no_owner(bot: Bot):
    offer(bot)
    bot.clock.tick(minutes=10)
    bot.receives("anna", f"/owner {CODE}")
    assert bot.sent_to("anna") == [WRONG]
    assert bot.owners.list() == []


def test_after_five_wrong_codes_the_right_one_is_of_no_use(bot: Bot):
    offer(bot)
    for number in range(5):
        bot.receives("mallory", f"/owner AAAA222{number + 2}")
    bot.receives("anna", f"/owner {CODE}")
    assert {*bot.sent_to("mallory"), *bot.sent_to("anna")} == {WRONG}
    assert bot.owners.list() == []


def test_the_fifth_try_may_be_the_right_one(bot: Bot):
    offer(bot)
    for _ in range(4):
        bot.receives("anna", "/owner AAAA2222")
    bot.receives("anna", f"/owner {CODE}")
    assert bot.known("anna").is_owner


@pytest.mark.parametrize("typed", ["/owner", "/owner ABCD2346", "/owner ''", "/owner " + "A" * 3000])
def test_other_codes_look_all_the_same(bot: Bot, typed: str):
    offer(bot)
    bot.receives("anna", typed)
    assert bot.sent_to("anna") == [WRONG]
    assert (bot.used("anna"), bot.asked, bot.owners.list()) == (0, [], [])


def test_without_a_code_nothing_is_told_apart_either(bot: Bot):
    bot.receives("anna", f"/owner {CODE}")
    assert bot.sent_to("anna") == [WRONG]


def test_the_other_owners_hear_of_a_new_one_and_a_mail_goes_out(bot: Bot):
    bot.pairs("anna")
    offer(bot)
    bot.receives("bert", f"/owner {CODE}")
    assert [(told.person, told.text) for told in bot.owner_chat.told] == [(person_of("anna"), added("bert"))]
    assert (SAYS("owner_added_subject"), added("bert")) in bot.notifier.told


def test_the_first_owner_is_announced_by_mail(bot: Bot):
    offer(bot)
    bot.receives("anna", f"/owner {CODE}")
    assert bot.owner_chat.told == []
    assert added("anna") in bot.told_owner


def test_who_is_an_owner_already_uses_no_code_up(bot: Bot):
    bot.pairs("anna")
    offer(bot, "22223333")
    bot.receives("anna", "/owner 22223333")
    assert bot.sent_to("anna") == [SAYS("owner_pair_before")]
    bot.receives("bert", "/owner 22223333")
    assert bot.sent_to("bert") == [DONE]


def test_the_same_code_sent_again_by_who_used_it_says_the_same(bot: Bot):
    offer(bot)
    for _ in range(2):
        bot.receives("anna", f"/owner {CODE}")
    assert bot.sent_to("anna") == [DONE, DONE]


def test_a_blocked_person_cannot_become_an_owner(bot: Bot):
    bot.receives("anna", "hello")
    bot.decides("anna", Access.BLOCKED)
    offer(bot)
    bot.receives("anna", f"/owner {CODE}")
    assert bot.owners.list() == []


def test_who_tried_the_pages_inbox_before_can_become_an_owner_in_the_bots_silence(bot: Bot):
    bot.receives("anna", "hello")
    bot.posted(bot.echo("anna", text="I try it by hand."))
    bot.works()
    offer(bot)
    bot.receives("anna", f"/owner {CODE}")
    assert bot.sent_to("anna")[-1] == DONE


def test_a_question_about_owners_is_a_question(bot: Bot):
    bot.receives("anna", "owner ABCD2345 is what I found")
    assert bot.asked == ["owner ABCD2345 is what I found"]


def test_nobody_is_led_to_the_command_by_a_slip(bot: Bot):
    bot.receives("anna", "/owne")
    assert bot.sent_to("anna") == [SAYS("unknown_command", typed="/owne")]


def test_an_owner_who_has_everything_deleted_stays_one_and_is_told_so(bot: Bot):
    offer(bot)
    for text in (f"/owner {CODE}", "hello", "/forget yes"):
        bot.receives("anna", text)
    assert bot.sent_to("anna")[-1].endswith(f"stays too: {SAYS('decided_owner')}.")
    bot.receives("anna", "/budget")
    assert bot.sent_to("anna")[-1].startswith("Today: ")


def test_a_visitor_of_a_public_page_cannot_become_an_owner(chat: Chat):
    offer(chat.bot)
    frames = chat.opens().says(f"/owner {CODE}")
    assert frames[-2]["message"] == SAYS("owner_pair_key", stage="prod")
    assert chat.bot.owners.list() == []
    assert chat.bot.owners.try_code(now=chat.clock()) is not None


def test_a_visitor_of_the_page_made_for_it_can(chat: Chat):
    chat.changes_key(for_owner=True)
    offer(chat.bot)
    frames = chat.opens().says(f"/owner {CODE}")
    assert frames[-2]["message"] == DONE
    assert [owner.person for owner in chat.bot.owners.list()] == [web.person_of("anna")]


def test_who_signed_in_can(chat: Chat):
    chat.signs_in("token", "subject")
    offer(chat.bot)
    tab = chat.connects()
    tab.sends("authenticate", token="token")
    assert tab.says(f"/owner {CODE}")[-2]["message"] == DONE


def test_in_a_room_where_others_read_it_nobody_can(chat: Chat):
    chat.changes_key(for_owner=True, open_rooms=True)
    offer(chat.bot)
    frames = chat.opens(room="kitchen").says(f"/owner {CODE}")
    assert frames[-2]["message"] == SAYS("owner_pair_not_here")
    assert chat.bot.owners.list() == []


def test_a_code_that_others_read_in_a_room_works_no_more_for_anybody(chat: Chat):
    chat.changes_key(for_owner=True, open_rooms=True)
    offer(chat.bot)
    room, alone = chat.opens(room="kitchen"), chat.opens("bert")
    room.says("/owner 22223333")
    room.says(f"/owner {CODE}")
    assert alone.says(f"/owner {CODE}")[-2]["message"] == WRONG
    offer(chat.bot, "22223333")
    assert alone.says("/owner 22223333")[-2]["message"] == DONE


def test_a_wrong_code_in_a_room_leaves_the_right_one(chat: Chat):
    chat.changes_key(for_owner=True, open_rooms=True)
    offer(chat.bot)
    chat.opens(room="kitchen").says("/owner 22223333")
    assert chat.opens("bert").says(f"/owner {CODE}")[-2]["message"] == DONE


def test_an_owner_who_comes_by_a_key_is_not_limited_by_the_day(chat: Chat):
    chat.changes_key(for_owner=True, daily_messages=1)
    offer(chat.bot)
    tab = chat.opens(key=KEY)
    tab.says(f"/owner {CODE}")
    for _ in range(3):
        tab.says("a question")
    assert chat.used() == 3
