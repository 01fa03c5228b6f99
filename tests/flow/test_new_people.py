"""How owners hear of new people, and decide about them with a tap."""

import pytest

from chalicelib.access import invites, pairing, taps
from chalicelib.access.handles import handle_of
from chalicelib.access.invites import Grant, Invite
from chalicelib.access.new_people import BUNDLE_MS
from chalicelib.access.person import Access
from chalicelib.access.taps import Tap
from chalicelib.conversation.turn import Choice
from chalicelib.ids import PersonId
from chalicelib.settings.stage import Settings
from tests.fakes.adapters import Delivered, RememberingOwnerChat
from tests.flow import chat as web
from tests.flow.bot import LIMIT, SAYS, Bot, person_of
from tests.flow.chat import KEY, Chat

ANNA = handle_of(person_of("anna"))
CUSTOMER = "site-" + "a" * 27
BUTTONS = ["Allow", "No limit", "Block", "Later"]
UNKNOWN = SAYS("unknown_command", typed="/decide")
FREE = SAYS("owner_tapped_free", handle=ANNA)
BLOCKED = SAYS("owner_tapped_block", handle=ANNA)


@pytest.fixture
def owned(bot: Bot) -> Bot:
    """A bot with an owner."""
    bot.pairs("olga")
    return bot


def notice(bot: Bot, owner: str = "olga") -> Delivered:
    """The last one that this owner got."""
    return [told for told in bot.owner_chat.told if told.person == person_of(owner)][-1]


def button(bot: Bot, title: str, owner: str = "olga") -> Choice:
    return next(choice for choice in notice(bot, owner).choices if choice.title == title)


def tap(bot: Bot, choice: Choice, owner: str = "olga", **more: str) -> str:
    """The owner taps a button; what they are answered."""
    bot.receives(owner, choice.title, quick_reply={"payload": choice.command}, **more)
    return bot.sent_to(owner)[-1]


def test_an_owner_sees_who_is_new_with_their_first_words_and_four_buttons(owned: Bot):
    owned.receives("anna", "good morning,\n to you")
    told = notice(owned)
    assert told.text == (
        f"{ANNA} wrote to your page on 20 November 2026 at 13:00.\n“good morning, to you”\nTheir questions a day: 5."
    )
    assert [choice.title for choice in told.choices] == BUTTONS
    assert owned.notifier.told == []
    assert owned.sent_to("anna") == ["An answer."]


def test_a_person_is_announced_once(owned: Bot):
    for _ in range(3):
        owned.receives("anna", "good morning to you")
    assert len(owned.owner_chat.told) == 1


@pytest.mark.parametrize(("length", "shown"), [(60, "x" * 60), (61, "x" * 59 + "…"), (3000, "x" * 59 + "…")])
def test_an_owner_sees_at_most_sixty_characters(owned: Bot, length: int, shown: str):
    owned.receives("anna", "x" * length)
    assert notice(owned).text.splitlines()[1] == f"“{shown}”"


@pytest.mark.parametrize("first", ["/help", "/forget"])
def test_a_command_is_not_shown(owned: Bot, first: str):
    owned.receives("anna", first)
    assert "“" not in notice(owned).text


def test_the_first_words_can_be_switched_off(owned: Bot):
    owned.settings = Settings.from_env({"PARLEY_OWNER_SEES_WORDS": "off"})
    owned.receives("anna", "this is between us")
    assert "between us" not in notice(owned).text
    assert len(notice(owned).choices) == 4


def test_a_tap_on_block_acts_at_once_and_is_confirmed(owned: Bot):
    owned.receives("anna", "good morning to you")
    assert tap(owned, button(owned, "Block")) == BLOCKED
    assert owned.known("anna").access is Access.BLOCKED
    owned.receives("anna", "is anybody there?")
    assert owned.sent_to("anna") == ["An answer."]


def test_a_tap_on_no_limit_lets_them_ask_more(owned: Bot):
    owned.limits_to(1)
    owned.receives("anna", "good morning to you")
    assert tap(owned, button(owned, "No limit")) == FREE
    owned.receives("anna", "a second question")
    assert owned.sent_to("anna") == ["An answer.", "An answer."]


def test_a_tap_on_allow_leaves_the_limit(owned: Bot):
    owned.receives("anna", "good morning to you")
    assert tap(owned, button(owned, "Allow")) == SAYS("owner_tapped_allow", handle=ANNA, limit=LIMIT)
    assert owned.known("anna").access is Access.DEFAULT
    assert tap(owned, button(owned, "Block")) == SAYS("owner_tapped_before_default", handle=ANNA)


def test_a_tap_on_later_decides_nothing_and_leaves_the_other_buttons(owned: Bot):
    owned.receives("anna", "good morning to you")
    assert tap(owned, button(owned, "Later")) == SAYS("owner_tapped_later", handle=ANNA)
    assert tap(owned, button(owned, "Later")) == SAYS("owner_tapped_later", handle=ANNA)
    assert tap(owned, button(owned, "Block")) == BLOCKED


def test_a_tap_costs_nothing_and_its_text_is_not_kept(owned: Bot):
    owned.receives("anna", "good morning to you")
    tap(owned, button(owned, "No limit"))
    assert (owned.used("olga"), owned.asked) == (0, ["good morning to you"])
    assert [turn.text for turn in owned.turns("olga")] == [""]


def test_a_replayed_tap_does_nothing_more(owned: Bot):
    owned.receives("anna", "good morning to you")
    block = button(owned, "Block")
    tap(owned, block, mid="tap")
    tap(owned, block, mid="tap")
    owned.people.decide(person_of("anna"), Access.UNLIMITED, daily_limit=None)
    assert tap(owned, block) == SAYS("owner_tapped_before_unlimited", handle=ANNA)
    assert owned.known("anna").access is Access.UNLIMITED


def test_another_button_of_the_same_notice_does_nothing_more(owned: Bot):
    owned.receives("anna", "good morning to you")
    tap(owned, button(owned, "Block"))
    assert tap(owned, button(owned, "No limit")) == SAYS("owner_tapped_before_blocked", handle=ANNA)
    assert owned.known("anna").access is Access.BLOCKED


def test_of_two_owners_the_first_to_tap_decides_and_the_other_hears_it(owned: Bot):
    owned.pairs("oscar")
    owned.receives("anna", "good morning to you")
    assert tap(owned, button(owned, "Block", "oscar"), "oscar") == BLOCKED
    assert tap(owned, button(owned, "No limit")) == SAYS("owner_tapped_before_blocked", handle=ANNA)
    assert owned.known("anna").access is Access.BLOCKED


def test_two_owners_tap_before_either_worker_runs(owned: Bot):
    owned.pairs("oscar")
    owned.receives("anna", "good morning to you")
    for owner, title in (("olga", "Block"), ("oscar", "No limit")):
        owned.accepts(owner, title, quick_reply={"payload": button(owned, title, owner).command})
    owned.works()
    assert owned.sent_to("olga") == [BLOCKED]
    assert owned.sent_to("oscar") == [SAYS("owner_tapped_before_blocked", handle=ANNA)]


def test_a_button_made_for_another_owner_does_nothing(owned: Bot):
    owned.pairs("oscar")
    owned.receives("anna", "good morning to you")
    assert tap(owned, button(owned, "Block", "oscar"), "olga") == UNKNOWN
    assert owned.known("anna").access is Access.DEFAULT


def test_a_tap_by_who_is_no_owner_is_a_command_that_does_not_exist(owned: Bot):
    owned.receives("anna", "good morning to you")
    free = button(owned, "No limit")
    for psid in ("anna", "mallory"):
        assert tap(owned, free, psid) == UNKNOWN
    assert owned.known("anna").access is Access.DEFAULT
    assert tap(owned, free) == FREE


def test_who_is_no_owner_any_more_decides_nothing(owned: Bot):
    owned.receives("anna", "good morning to you")
    owned.owners.remove(person_of("olga"))
    assert tap(owned, button(owned, "Block")) == UNKNOWN
    assert owned.known("anna").access is Access.DEFAULT


@pytest.mark.parametrize(
    "forged",
    [
        lambda whole: whole[:-1] + ("0" if whole[-1] != "0" else "1"),
        lambda whole: whole.replace("block", "free"),
        lambda whole: whole.rpartition(" ")[0],
        lambda whole: whole.rpartition(" ")[0] + " ",
        lambda whole: whole + " more",
        lambda whole: whole.replace(":anna", ":bert"),
        lambda whole: whole.replace("block", "erase"),
        lambda _: "/decide",
        lambda _: "/decide block",
    ],
)
def test_a_forged_tap_does_nothing(owned: Bot, forged: "object"):
    for psid in ("bert", "anna"):
        owned.receives(psid, "good morning to you")
    payload = forged(button(owned, "Block").command)  # type: ignore[operator]
    assert tap(owned, Choice("Block", payload)) == UNKNOWN
    assert {owned.known(psid).access for psid in ("anna", "bert")} == {Access.DEFAULT}


def test_a_tap_about_who_never_wrote_does_nothing(owned: Bot):
    payload = taps.payload(Tap.BLOCK, person_of("nobody"), owner=person_of("olga"), secret="")
    assert tap(owned, Choice("Block", payload)) == SAYS("owner_tapped_gone")
    assert person_of("nobody") not in owned.memory.people


def test_a_tap_about_who_has_everything_deleted_finds_nothing(owned: Bot):
    owned.receives("anna", "good morning to you")
    owned.receives("anna", "/forget yes")
    assert tap(owned, button(owned, "Block")) == SAYS("owner_tapped_gone")
    assert owned.known("anna").access is Access.DEFAULT


def test_buttons_that_went_with_what_was_deleted_lead_to_the_commands_if_the_person_writes_on(owned: Bot):
    for text in ("good morning to you", "/forget yes", "good evening"):
        owned.receives("anna", text)
    assert tap(owned, button(owned, "Block")) == SAYS("owner_tapped_old", handle=ANNA)
    offered = owned.read("olga")[-1].choices
    assert [choice.command for choice in offered] == [f"/allow {ANNA}", f"/block {ANNA}"]
    tap(owned, offered[1])
    tap(owned, owned.read("olga")[-1].choices[0])
    assert owned.known("anna").access is Access.BLOCKED


def test_the_decision_at_the_command_line_comes_before_a_later_tap(owned: Bot):
    owned.receives("anna", "good morning to you")
    owned.decides("anna", Access.BLOCKED)
    assert tap(owned, button(owned, "No limit")) == SAYS("owner_tapped_before_blocked", handle=ANNA)
    assert owned.known("anna").access is Access.BLOCKED


def test_who_became_an_owner_meanwhile_is_not_decided_about(owned: Bot):
    owned.receives("anna", "good morning to you")
    owned.pairs("anna")
    assert tap(owned, button(owned, "Block")) == SAYS("owner_tapped_before_owner", handle=ANNA)
    assert owned.known("anna").access is Access.DEFAULT


def test_an_owner_out_of_reach_gets_an_email_without_words_and_with_commands(owned: Bot):
    owned.owner_chat.out_of_reach.add(person_of("olga"))
    owned.receives("anna", "this is between us")
    mail = SAYS("owner_new_person", person=person_of("anna"), limit=LIMIT, stage="prod")
    mail += "\n\n" + SAYS("owner_out_of_reach")
    assert owned.notifier.told == [(SAYS("owner_new_person_subject"), mail)]
    assert "between us" not in mail
    assert owned.new_people.waiting() == []


def test_if_one_of_two_owners_is_out_of_reach_the_other_has_the_buttons_and_an_email_goes_out(owned: Bot):
    owned.pairs("oscar")
    owned.owner_chat.out_of_reach.add(person_of("olga"))
    owned.receives("anna", "good morning to you")
    assert len(owned.notifier.told) == 1
    assert tap(owned, button(owned, "Block", "oscar"), "oscar") == BLOCKED


def test_an_owner_is_not_announced(owned: Bot):
    owned.receives("olga", "good morning to me")
    assert (owned.owner_chat.told, owned.notifier.told) == ([], [])


def test_a_blocked_person_is_announced_once_unblocked(owned: Bot):
    owned.receives("anna", "/help")
    owned.memory.people[person_of("anna")].change(announced=False)
    owned.owner_chat.told.clear()
    owned.decides("anna", Access.BLOCKED)
    owned.receives("anna", "hello?")
    assert owned.owner_chat.told == []


# Busy times.


A, B, C, D, E, F = (f"person-{letter}" for letter in "ABCDEF")


def writes(bot: Bot, *psids: str) -> None:
    for psid in psids:
        bot.receives(psid, f"it is me, {psid}")


def test_in_busy_times_those_who_come_after_three_wait_for_one_notice(owned: Bot):
    writes(owned, A, B, C, D, E)
    assert len(owned.owner_chat.told) == 3
    assert owned.new_people.waiting() == [person_of(D), person_of(E)]
    owned.clock.tick(seconds=BUNDLE_MS / 1000)
    assert owned.tells_of_new_people() == 2
    told = notice(owned)
    assert told.text.splitlines()[0] == "2 people are new:"
    assert [choice.title for choice in told.choices] == [handle_of(person_of(psid)) for psid in (D, E)]
    assert "it is me" not in told.text
    assert owned.tells_of_new_people() == 0


def test_a_button_of_that_notice_shows_the_four_of_its_person(owned: Bot):
    writes(owned, A, B, C, D, E)
    owned.tells_of_new_people()
    handle = handle_of(person_of(E))
    assert tap(owned, button(owned, handle)) == SAYS("owner_tapped_show", handle=handle)
    offered = owned.read("olga")[-1].choices
    assert [choice.title for choice in offered] == BUTTONS
    assert tap(owned, offered[2]) == SAYS("owner_tapped_block", handle=handle)
    assert owned.known(E).access is Access.BLOCKED
    assert tap(owned, button(owned, handle)) == SAYS("owner_tapped_before_blocked", handle=handle)


def test_who_is_decided_about_or_forgotten_meanwhile_is_not_in_it(owned: Bot):
    writes(owned, A, B, C, D, E, F)
    owned.decides(D, Access.BLOCKED)
    owned.receives(E, "/forget yes")
    owned.tells_of_new_people()
    assert notice(owned).text.splitlines()[0] == "1 person is new:"
    assert [choice.title for choice in notice(owned).choices] == [handle_of(person_of(F))]


def test_nobody_escapes_the_owners_by_deleting_everything_first(owned: Bot):
    owned.receives(A, "/forget yes")
    assert owned.owner_chat.told == []
    writes(owned, A)
    assert notice(owned).choices
    for text in ("/forget yes", "and now?"):
        owned.receives(A, text)
    assert len(owned.owner_chat.told) == 1


def test_a_crowd_is_several_notices_with_as_many_buttons_as_fit(owned: Bot):
    writes(owned, *(f"person-{number}" for number in range(30)))
    told = len(owned.owner_chat.told)
    assert owned.tells_of_new_people() == 30 - told
    assert max(len(each.choices) for each in owned.owner_chat.told) <= 13
    assert sum(len(each.choices) for each in owned.owner_chat.told[told:]) == 30 - told


def test_without_an_owner_in_a_chat_a_crowd_is_a_few_emails(bot: Bot):
    writes(bot, A, B, C, D, E)
    bot.tells_of_new_people()
    assert len(bot.notifier.told) == 4
    assert "people block HANDLE --stage prod" in bot.told_owner[-1]
    assert handle_of(person_of(E)) in bot.told_owner[-1]


def test_the_heartbeat_asks_for_that_notice_once_it_is_due(owned: Bot):
    writes(owned, A, B, C, D)
    owned.beats()
    assert owned.news_starter.started == 0
    for _ in range(6):
        owned.clock.tick(minutes=1)
        owned.beats()
    assert owned.news_starter.started == 1
    owned.tells_of_new_people()
    for _ in range(12):
        owned.clock.tick(minutes=1)
        owned.beats()
    assert owned.news_starter.started == 1


def test_a_notice_that_its_worker_died_over_is_asked_for_again(owned: Bot):
    writes(owned, A, B, C, D)
    for _ in range(18):
        owned.clock.tick(minutes=1)
        owned.beats()
    assert owned.news_starter.started >= 2


# The web chat.


def test_who_signs_in_is_announced(chat: Chat):
    chat.bot.pairs("olga")
    chat.signs_in("signed for them", "subject")
    tab = chat.connects()
    tab.sends("authenticate", token="signed for them")
    tab.says("good morning")
    assert " signed in to the web chat on 20 November 2026 at 13:00.\n" in notice(chat.bot).text


def test_words_of_the_web_chat_are_not_passed_on_to_messenger(chat: Chat):
    chat.bot.pairs("olga")
    chat.opens(CUSTOMER).says("this is between us")
    assert "between us" not in notice(chat.bot).text


def test_a_customer_of_a_site_is_announced_with_the_sites_name_and_its_limit(chat: Chat):
    chat.bot.pairs("olga")
    chat.changes_key(name="The shop", daily_messages=7)
    chat.opens(CUSTOMER).says("good morning")
    handle = handle_of(web.person_of(CUSTOMER))
    assert notice(chat.bot).text.splitlines()[0] == f"{handle} came through The shop on 20 November 2026 at 13:00."
    assert notice(chat.bot).text.splitlines()[-1] == "Their questions a day: 7."


def test_a_visitor_without_a_name_is_not(chat: Chat):
    chat.bot.pairs("olga")
    chat.opens("anna").says("good morning")
    assert (chat.bot.owner_chat.told, chat.bot.notifier.told) == ([], [])


def test_a_tap_closes_the_connections_of_who_is_blocked(chat: Chat):
    chat.bot.pairs("olga")
    tab = chat.opens(CUSTOMER, key=KEY)
    tab.says("good morning")
    tap(chat.bot, button(chat.bot, "Block"))
    assert tab.is_closed


def test_without_messenger_a_person_is_announced_by_email(chat: Chat):
    chat.opens(CUSTOMER).says("good morning")
    [mail] = chat.bot.told_owner
    assert "came through" in mail
    assert "people block HANDLE --stage prod" in mail
    assert "good morning" not in mail


def test_the_new_person_is_answered_before_the_owners_hear_of_them(owned: Bot):
    seen: list[int] = []

    class Looking(RememberingOwnerChat):
        def send(self, owner: PersonId, text: str, choices: tuple[Choice, ...]) -> bool:
            seen.append(len(owned.sent_to("anna")))
            return True

    owned.owner_chat = Looking()
    owned.receives("anna", "good morning to you")
    assert seen == [1]


def test_an_owner_in_the_web_chat_gets_emails_that_speak_of_no_messenger(chat: Chat):
    made = pairing.pairing_for("ABCD2345", bytes, now=chat.clock())
    chat.bot.owners.offer(made)
    chat.bot.owners.pair(web.person_of("olga"), made, now=chat.clock())
    chat.opens(CUSTOMER).says("good morning")
    [mail] = chat.bot.told_owner
    assert "Facebook" not in mail


def test_the_others_hear_that_an_owner_was_removed(owned: Bot):
    owned.pairs("oscar")
    owned.owners.remove(person_of("oscar"))
    owned.owner.owner_removed(person_of("oscar"))
    said = SAYS("owner_removed", handle=handle_of(person_of("oscar")))
    assert [(told.person, told.text) for told in owned.owner_chat.told] == [(person_of("olga"), said)]
    assert owned.told_owner == [said]


def test_the_notice_names_the_invite_that_a_person_came_by(owned: Bot):
    code = invites.new_code(bytes)
    day = 24 * 60 * 60 * 1000
    grant, ends = Grant(Access.UNLIMITED), owned.clock() + day
    owned.invites.create(Invite(code.id, "Summer fair", code.digest, grant, 5, owned.clock(), ends))
    by = {"ref": code.text, "source": "SHORTLINK", "type": "OPEN_THREAD"}
    owned.posted(owned.item("anna", postback={"mid": "m1", "title": "Start", "payload": "GET_STARTED", "referral": by}))
    owned.works()
    assert notice(owned).text.splitlines()[1:] == [
        "They came by the invite “Summer fair”.",
        "They have no daily limit.",
    ]
