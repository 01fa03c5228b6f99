"""What owners order in the chat. From anybody else, each of these commands is one that does not exist."""

from dataclasses import replace
from itertools import count

import pytest

from chalicelib.access import invites
from chalicelib.access.budget import DaySpend
from chalicelib.access.handles import handle_of
from chalicelib.access.invites import Grant, Invite
from chalicelib.access.person import Access
from chalicelib.conversation.owner_orders import OwnerCommand
from chalicelib.conversation.turn import Choice
from chalicelib.errors import StoreError
from chalicelib.ids import Channel, PersonId
from chalicelib.operations.period import Period
from chalicelib.operations.report import Reports
from chalicelib.operations.report_text import as_message
from chalicelib.operations.report_words import ReportWords
from tests.fakes.adapters import Delivered
from tests.flow.bot import LIMIT, SAYS, Bot, conversation_of, person_of
from tests.flow.chat import Chat, Without
from tests.flow.chat import person_of as visitor

ANNA = handle_of(person_of("anna"))
BERT = handle_of(person_of("bert"))


def make_owner(bot: Bot, person: PersonId) -> None:
    bot.memory.people[person].change(is_owner=True)


@pytest.fixture
def owned(bot: Bot) -> Bot:
    """Anna and Bert have written; Olga is an owner."""
    for psid in ("olga", "anna", "bert"):
        bot.receives(psid, f"Hello from {psid}")
    make_owner(bot, person_of("olga"))
    return bot


def orders(bot: Bot, text: str) -> Delivered:
    """What the owner reads as the answer."""
    bot.receives("olga", text)
    return bot.read("olga")[-1]


def taps(bot: Bot, choice: Choice) -> Delivered:
    bot.receives("olga", choice.title, quick_reply={"payload": choice.command})
    return bot.read("olga")[-1]


def button(answer: Delivered, title: str) -> Choice:
    [found] = [choice for choice in answer.choices if choice.title == title]
    return found


# Who may.


@pytest.mark.parametrize("command", OwnerCommand)
@pytest.mark.parametrize("behind", ["", f" {ANNA}", f" {ANNA} yes", " all"])
def test_from_others_a_command_of_owners_is_one_that_does_not_exist(owned: Bot, command: OwnerCommand, behind: str):
    before = owned.known("anna")
    owned.receives("bert", f"{command.value}{behind}")
    [*_, answer] = owned.sent_to("bert")
    assert answer.startswith(f"There is no command {command.value}.")
    assert not any(other.value in answer.replace(command.value, "") for other in OwnerCommand)
    assert (owned.known("anna"), owned.pauses.until()) == (before, 0)


def test_an_owners_orders_cost_nothing_and_are_no_memory(owned: Bot):
    spent = owned.spent().committed
    orders(owned, "/people")
    assert (owned.used("olga"), owned.spent().committed) == (1, spent)
    owned.receives("olga", "What is new?")
    assert [exchange.question for exchange in owned.last_prompt.history] == ["Hello from olga"]


def test_who_is_an_owner_no_more_orders_nothing(owned: Bot):
    answer = orders(owned, f"/allow {ANNA}")
    owned.memory.people[person_of("olga")].change(is_owner=False)
    taps(owned, button(answer, SAYS("owner_yes")))
    assert owned.known("anna").access is Access.DEFAULT


def test_nothing_is_ordered_in_a_room(chat: Chat):
    tab = chat.opens("olga", room="kitchen")
    tab.says("Hello everybody")
    make_owner(chat.bot, visitor("olga"))
    frames = tab.says("/people")
    assert [frame["message"] for frame in frames if frame["type"] == "notice"] == [SAYS("owner_not_here")]


def test_owners_order_in_the_web_chat_too(chat: Chat):
    chat.opens("anna").says("Hello")
    tab = chat.opens("olga")
    tab.says("Hello")
    make_owner(chat.bot, visitor("olga"))
    frames = tab.says(f"/block {handle_of(visitor('anna'))} yes")
    assert frames[-1]["state"] == "done"
    assert chat.known("anna").access is Access.BLOCKED


def test_help_names_the_commands_of_owners_to_owners_only(owned: Bot):
    assert SAYS("owner_help") in orders(owned, "/help").text
    owned.receives("anna", "/help")
    assert owned.sent_to("anna")[-1] == SAYS("help")


# Who writes.


def test_people_are_listed_by_handles_with_a_button_for_each(owned: Bot):
    answer = orders(owned, "/people")
    head, *rows = answer.text.splitlines()
    assert head == SAYS("owner_people", total=3, page=1, pages=1)
    assert [row.partition(":")[0] for row in rows] == [handle_of(person_of(psid)) for psid in ("olga", "bert", "anna")]
    assert f"{ANNA}: Messenger, {LIMIT} a day, 1 today, seen 13:0" in rows[2]
    assert button(answer, ANNA) == Choice(ANNA, f"/people {ANNA}")
    assert "anna" not in answer.text


def test_a_long_list_comes_in_pages(owned: Bot):
    for number in range(20):
        owned.receives(f"guest-{number}", "Hello")
    first = orders(owned, "/people")
    second = taps(owned, button(first, SAYS("owner_more")))
    assert (len(first.text.splitlines()), len(first.choices)) == (9, 9)
    assert second.text.startswith(SAYS("owner_people", total=23, page=2, pages=3))
    assert orders(owned, "/people 9").text == SAYS("owner_no_page", pages=3)
    assert orders(owned, "/people 0").text == SAYS("owner_no_page", pages=3)


def test_visitors_without_a_name_are_one_row(chat: Chat):
    for name in ("guest-1", "guest-2", "olga"):
        chat.opens(name).says("Hello")
    make_owner(chat.bot, visitor("olga"))
    [notice] = [frame for frame in chat.opens("olga").says("/people") if frame["type"] == "notice"]
    assert "Key shopshopsh: 2 visitors without a name, 2 today" in notice["message"]


def test_a_person_is_shown_with_buttons_for_what_can_be_decided(owned: Bot):
    answer = orders(owned, f"/people {ANNA}")
    assert answer.text.splitlines()[:3] == [ANNA, f"Messenger, {LIMIT} a day", "Questions today: 1"]
    assert [choice.title for choice in answer.choices] == ["No limit", "Limit", "Block", "Pause"]
    orders(owned, f"/limit {ANNA} 2")
    assert [choice.title for choice in orders(owned, f"/people {ANNA}").choices][3] == "Undo"


def test_a_person_is_shown_with_their_month_and_the_invite_that_they_came_by(owned: Bot):
    code = invites.new_code(bytes)
    owned.heard.append(code.text)
    now = owned.clock()
    made = Invite(code.id, "Flyer", code.digest, Grant(), uses=1, created_at=now, expires_at=now + 3_600_000)
    owned.invites.create(made)
    owned.receives("anna", f"/invite {code.text}")
    cost = owned.known("anna").months["2026-11"].cost
    *_, month, came = orders(owned, f"/people {ANNA}").text.splitlines()
    assert month == SAYS("owner_person_month", questions=1, cost=ReportWords(SAYS).money(cost))
    assert came == SAYS("owner_new_invited", name="Flyer")


def test_nothing_can_be_decided_about_an_owner(owned: Bot):
    olga = handle_of(person_of("olga"))
    assert orders(owned, f"/people {olga}").choices == ()
    assert orders(owned, f"/block {olga} yes").text == SAYS("owner_is_owner", handle=olga)
    assert owned.known("olga").access is Access.DEFAULT


# Whom.


@pytest.mark.parametrize("command", ["/allow", "/block", "/limit", "/default", "/pause", "/resume"])
def test_without_a_handle_the_owner_is_asked_whom(owned: Bot, command: str):
    answer = orders(owned, command)
    assert answer.text == SAYS("owner_whom", command=command)
    assert button(answer, ANNA).command == f"{command} {ANNA}"
    assert handle_of(person_of("olga")) not in [choice.title for choice in answer.choices]


@pytest.mark.parametrize("typed", ["0000000f", "anna", "messenger:4711:anna", "x" * 300])
def test_a_handle_of_nobody_changes_nothing(owned: Bot, typed: str):
    assert orders(owned, f"/block {typed} yes").text == SAYS("owner_unknown_handle", handle=typed[:20])


def test_the_beginning_of_a_handle_suffices(owned: Bot):
    orders(owned, f"/block {ANNA[:4]} yes")
    assert owned.known("anna").access is Access.BLOCKED


def test_a_beginning_that_several_handles_have_is_asked_back(owned: Bot):
    twins: dict[str, str] = {}
    for number in range(2000):
        handle = handle_of(person_of(f"guest-{number}"))
        if handle[:4] in twins:
            break
        twins[handle[:4]] = f"guest-{number}"
    one, other = twins[handle[:4]], f"guest-{number}"
    owned.receives(one, "Hello")
    owned.receives(other, "Hello")
    answer = orders(owned, f"/block {handle[:4]} yes")
    assert answer.text == SAYS("owner_several_handles", handle=handle[:4])
    assert {owned.known(psid).access for psid in (one, other)} == {Access.DEFAULT}
    taps(owned, button(answer, handle))
    assert owned.known(other).access is Access.BLOCKED


def test_a_handle_that_two_people_have_decides_about_neither(owned: Bot):
    seen: dict[str, str] = {}
    for number in count():
        psid = f"guest-{number}"
        handle = handle_of(person_of(psid))
        if handle in seen:
            break
        seen[handle] = psid
    for guest in (psid, seen[handle]):
        owned.receives(guest, "Hello")
    assert orders(owned, f"/block {handle} yes").text == SAYS("owner_shared_handle", handle=handle, stage="prod")
    assert {owned.known(guest).access for guest in (psid, seen[handle])} == {Access.DEFAULT}


# Decisions.


def test_what_may_cost_more_is_asked_back_and_done_by_a_tap(owned: Bot):
    answer = orders(owned, f"/allow {ANNA}")
    assert answer.text == SAYS("owner_allow_ask", handle=ANNA, used=1)
    assert owned.known("anna").access is Access.DEFAULT
    assert taps(owned, button(answer, SAYS("owner_yes"))).text == SAYS("owner_allowed", handle=ANNA)
    assert owned.known("anna").access is Access.UNLIMITED


@pytest.mark.parametrize("command", ["/allow", "/block"])
def test_no_leaves_everything_as_it_was(owned: Bot, command: str):
    answer = orders(owned, f"{command} {ANNA}")
    assert taps(owned, button(answer, SAYS("owner_no"))).text == SAYS("owner_unchanged")
    assert owned.known("anna").access is Access.DEFAULT


def test_a_tap_that_comes_twice_changes_nothing_more(owned: Bot):
    yes = button(orders(owned, f"/block {ANNA}"), SAYS("owner_yes"))
    assert taps(owned, yes).text == taps(owned, yes).text == SAYS("owner_blocked", handle=ANNA)


def test_a_blocked_person_is_not_answered_and_the_block_can_be_undone(owned: Bot):
    orders(owned, f"/block {ANNA} yes")
    owned.receives("anna", "Hello?")
    assert len(owned.sent_to("anna")) == 1
    assert orders(owned, f"/default {ANNA}").text == SAYS("owner_default", handle=ANNA, limit=LIMIT)
    owned.receives("anna", "Hello?")
    assert len(owned.sent_to("anna")) == 2


def test_a_lower_limit_holds_at_once_and_a_higher_one_is_asked_back(owned: Bot):
    assert orders(owned, f"/limit {ANNA} 2").text == SAYS("owner_limited", handle=ANNA, limit=2)
    answer = orders(owned, f"/limit {ANNA} 50")
    assert answer.text == SAYS("owner_limit_ask", handle=ANNA, limit=50, now=2)
    assert owned.known("anna").daily_limit == 2
    taps(owned, button(answer, SAYS("owner_yes")))
    assert owned.known("anna").daily_limit == 50


@pytest.mark.parametrize("typed", ["", " many", " -1", " 1.5", " 100001", " ٣", " 99999999999999999999"])
def test_a_limit_that_is_no_number_is_asked_for(owned: Bot, typed: str):
    answer = orders(owned, f"/limit {ANNA}{typed}")
    assert answer.text == SAYS("owner_limit_how", handle=ANNA, most=100_000)
    assert button(answer, "5").command == f"/limit {ANNA} 5"
    assert owned.known("anna").daily_limit is None


def test_a_limit_of_none_is_no_block(owned: Bot):
    orders(owned, f"/limit {ANNA} 0")
    owned.receives("anna", "/usage")
    assert owned.sent_to("anna")[-1] == SAYS("no_questions")


def test_of_two_owners_at_once_the_second_decides_about_what_the_first_left(owned: Bot):
    owned.receives("otto", "Hello")
    make_owner(owned, person_of("otto"))
    owned.accepts("olga", f"/block {ANNA} yes")
    owned.accepts("otto", f"/limit {ANNA} 3")
    owned.works()
    assert owned.sent_to("olga")[-1] == SAYS("owner_blocked", handle=ANNA)
    assert owned.sent_to("otto")[-1] == SAYS("owner_limit_ask", handle=ANNA, limit=3, now=0)
    assert (owned.known("anna").access, owned.known("anna").daily_limit) == (Access.BLOCKED, None)


def test_an_order_whose_worker_died_is_carried_out_once_more_to_the_same_end(owned: Bot):
    people = owned.people
    owned.people = Without(people, decide=lambda *_, **__: _died())
    owned.accepts("olga", f"/block {ANNA} yes")
    owned.works_badly()
    owned.people = people
    owned.run(conversation_of("olga"))
    assert owned.sent_to("olga")[-1] == SAYS("owner_blocked", handle=ANNA)
    assert owned.known("anna").access is Access.BLOCKED


def _died() -> None:
    raise StoreError("DynamoDB is out of reach")


# Pauses.


def test_one_person_is_paused_and_resumed(owned: Bot):
    assert orders(owned, f"/pause {ANNA} 2").text.startswith(f"I do not answer {ANNA} until 20 November 2026 15:0")
    owned.receives("anna", "Hello?")
    owned.receives("bert", "Hello?")
    assert (len(owned.sent_to("anna")), len(owned.sent_to("bert")), owned.used("anna")) == (1, 2, 1)
    assert orders(owned, f"/resume {ANNA}").text == SAYS("owner_resumed", handle=ANNA)
    owned.receives("anna", "Hello again?")
    assert len(owned.sent_to("anna")) == 2
    assert orders(owned, f"/resume {ANNA}").text == SAYS("owner_not_paused", handle=ANNA)


def test_an_owner_sees_until_when_a_person_gets_no_answers_and_can_end_it(owned: Bot):
    assert "I do not answer" not in orders(owned, f"/people {ANNA}").text
    orders(owned, f"/pause {ANNA} 2")
    seen = orders(owned, f"/people {ANNA}")
    assert "I do not answer them until 20 November 2026 15:0" in seen.text
    assert f"/resume {ANNA}" in [choice.command for choice in seen.choices]
    assert f"/pause {ANNA}" not in [choice.command for choice in seen.choices]
    orders(owned, f"/resume {ANNA}")
    assert f"/pause {ANNA}" in [choice.command for choice in orders(owned, f"/people {ANNA}").choices]


def test_a_shorter_pause_leaves_the_longer_one_and_the_owner_reads_when_it_ends(owned: Bot):
    first, second = (orders(owned, f"/pause {ANNA} {hours}").text for hours in (5, 1))
    assert first.split(",")[0] == second.split(",")[0]


def test_all_are_paused_until_the_owner_resumes(owned: Bot):
    assert orders(owned, "/pause all").text == SAYS("owner_paused_all_open")
    owned.clock.tick(days=40)
    owned.receives("anna", "Hello?")
    assert owned.sent_to("anna")[-1] == SAYS("paused")
    assert orders(owned, "/resume all").text == SAYS("owner_resumed_all")
    owned.receives("anna", "Hello?")
    assert owned.sent_to("anna")[-1] == "An answer."
    assert orders(owned, "/resume all").text == SAYS("owner_not_paused_all")


def test_who_is_resumed_while_all_are_paused_is_not_answered_yet_and_the_owner_reads_so(owned: Bot):
    orders(owned, f"/pause {ANNA}")
    orders(owned, "/pause all")
    assert orders(owned, f"/resume {ANNA}").text == SAYS("owner_resumed_later", handle=ANNA)
    orders(owned, "/resume all")
    assert orders(owned, f"/resume {ANNA}").text == SAYS("owner_not_paused", handle=ANNA)


def test_a_pause_of_all_can_have_an_end(owned: Bot):
    assert orders(owned, "/pause all 8h").text.startswith("I answer no questions until 20 November 2026 21:0")
    owned.clock.tick(hours=9)
    owned.receives("anna", "Hello?")
    assert owned.sent_to("anna")[-1] == "An answer."


@pytest.mark.parametrize("hours", ["0", "721", "-2", "soon", "1.5", "٣"])
def test_hours_that_cannot_be_read_pause_nobody(owned: Bot, hours: str):
    assert orders(owned, f"/pause all {hours}").text == SAYS("owner_pause_how", most=720)
    assert owned.pauses.until() == 0


def test_an_owner_who_is_paused_too_can_end_the_pause(owned: Bot):
    olga = handle_of(person_of("olga"))
    orders(owned, f"/pause {olga}")
    assert orders(owned, f"/resume {olga}").text == SAYS("owner_resumed", handle=olga)


# Numbers.


def test_the_report_in_the_chat_is_that_of_the_command_line(owned: Bot):
    answer = orders(owned, "/report")
    settings, ports = owned.settings, owned.ports
    limits = settings.limits
    stored = ports.spending, ports.people, ports.api_keys, ports.invites
    reports = Reports("prod", limits.zone, limits.daily_budget, *stored)
    made = reports.of(Period.week(reports.date_of(owned.clock())), now=owned.clock())
    assert answer.text.rpartition("\n\n")[0] == as_message(made, ReportWords(SAYS))
    assert made.totals.questions == 3
    of_month = taps(owned, button(answer, SAYS("owner_button_month")))
    assert of_month.text.startswith("1 to 20 November 2026\n")
    assert button(of_month, SAYS("owner_button_week")).command == "/report week"


@pytest.mark.parametrize("typed", ["/report year", "/report 2026-10", "/report weekly"])
def test_a_period_that_there_is_not_is_offered_in_its_place(owned: Bot, typed: str):
    answer = orders(owned, typed)
    assert (answer.text, [choice.command for choice in answer.choices]) == (
        SAYS("owner_report_how"),
        ["/report week", "/report month"],
    )


def test_the_budget_is_that_of_the_ledger(owned: Bot):
    owned.may_spend("0.5")
    owned.clock.tick(days=-1)
    owned.receives("bert", "A question of yesterday")
    owned.clock.tick(days=1)
    owned.memory.spend["2026-11-20"] = replace(
        owned.spent(), committed=125_000, channels={Channel.MESSENGER: 120_000, Channel.WEB: 5_000}
    )
    owned.memory.spend["2026-11-19"] = DaySpend("2026-11-19", committed=1_000_000)
    assert orders(owned, "/budget").text.splitlines() == [
        "Today: $0.12 of $0.50 (25 %)",
        "• Messenger: $0.12 of $0.375",
        "• the web chat: $0.0050 of $0.375",
        "This month: $1.12",
    ]


def test_a_month_with_a_budget_of_its_own_says_what_of_it_is_spent(owned: Bot):
    owned.settings = replace(owned.settings, limits=replace(owned.settings.limits, monthly_budget=5_000_000))
    owned.memory.spend["2026-11-19"] = DaySpend("2026-11-19", committed=2_000_000)
    *_, of_month = orders(owned, "/budget").text.splitlines()
    assert of_month == "This month: $2.00 of $5 (40 %)"


def test_without_a_budget_all_of_it_is_spent(owned: Bot):
    owned.may_spend("0")
    assert orders(owned, "/budget").text.startswith(
        f"Today: {ReportWords(SAYS).money(owned.spent().committed)} of $0 (100 %)"
    )
