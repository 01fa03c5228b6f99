"""People come by the link of an invite: on Messenger, in the web chat, and by hand."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.access import invites
from chalicelib.access.invites import Grant, Invite
from chalicelib.access.person import Access
from chalicelib.errors import StoreError
from tests.flow.bot import LIMIT, SAYS, Bot, conversation_of, person_of
from tests.flow.chat import Chat, Without
from tests.flow.chat import person_of as visitor

CODE = invites.new_code(lambda count: bytes(range(count)))
WELCOMED = f"{SAYS('invite_accepted')}\n\n{SAYS('welcome_unlimited')}"


def make(bot: Bot, **values: Any) -> Invite:
    grant, day = Grant(Access.UNLIMITED), 24 * 60 * 60 * 1000
    made = Invite(
        CODE.id, "Flyer", CODE.digest, grant, uses=5, created_at=bot.clock(), expires_at=bot.clock() + 7 * day
    )
    made = replace(made, **values)
    assert bot.invites.create(made)
    bot.heard.append(CODE.text)
    return made


def used(bot: Bot) -> int:
    found = bot.invites.get(CODE.id)
    assert found
    return found.used


def opens(bot: Bot, psid: str, **more: Any) -> None:
    """Somebody opens the link whose conversation exists already."""
    bot.posted(referral(bot, psid, **more))
    bot.works()


def referral(bot: Bot, psid: str, ref: str = CODE.text) -> dict[str, Any]:
    bot.clock.tick(seconds=1)
    return bot.item(psid, referral={"ref": ref, "source": "SHORTLINK", "type": "OPEN_THREAD"})


def starts(bot: Bot, psid: str, payload: str = "GET_STARTED", **more: Any) -> dict[str, Any]:
    bot.clock.tick(seconds=1)
    by = {"ref": CODE.text, "source": "SHORTLINK", "type": "OPEN_THREAD"}
    tapped = {"mid": f"mid-{psid}", "title": "Get started", "payload": payload, "referral": by}
    return bot.item(psid, postback={**tapped, **more})


def test_who_comes_by_the_link_for_the_first_time_is_let_in_and_welcomed(bot: Bot):
    make(bot)
    bot.posted(starts(bot, "anna"))
    bot.works()
    assert bot.sent_to("anna") == [WELCOMED]
    assert [delivered.footer for delivered in bot.read("anna")] == [""], "the welcome says that an AI answers"
    assert (bot.known("anna").access, used(bot), bot.used("anna")) == (Access.UNLIMITED, 1, 0)
    for _ in range(LIMIT + 2):
        bot.receives("anna", "What is new?")
    assert len(bot.asked) == LIMIT + 2


def test_who_has_written_before_is_let_in_by_the_link_too(bot: Bot):
    make(bot, grant=Grant(Access.DEFAULT, 20))
    bot.receives("anna", "Hello")
    opens(bot, "anna")
    assert bot.sent_to("anna")[1:] == [f"{SAYS('invite_accepted')}\n\n{SAYS('welcome', limit=20)}"]
    assert (bot.known("anna").daily_limit, used(bot)) == (20, 1)


def test_the_code_can_be_typed_as_well(bot: Bot):
    make(bot)
    bot.receives("anna", f"/invite {CODE.text.upper()}")
    assert bot.sent_to("anna") == [WELCOMED]


def test_a_first_question_by_the_link_is_answered_after_the_welcome(bot: Bot):
    make(bot)
    bot.posted(bot.message("anna", "What is new?", referral={"ref": CODE.text, "source": "SHORTLINK"}))
    bot.works()
    assert bot.sent_to("anna") == [WELCOMED, "An answer."]
    assert bot.known("anna").access is Access.UNLIMITED


def test_an_ice_breaker_that_is_tapped_by_the_link_is_asked_too(bot: Bot):
    make(bot)
    bot.posted(starts(bot, "anna", payload="What can you do?", title="What can you do?"))
    bot.works()
    assert (bot.sent_to("anna")[0], bot.asked) == (WELCOMED, ["What can you do?"])


def test_a_delivery_that_meta_repeats_changes_nothing(bot: Bot):
    make(bot)
    item, first = referral(bot, "anna"), starts(bot, "bert")
    for _ in range(3):
        bot.posted(item)
        bot.posted(first)
        bot.works()
    assert (len(bot.sent_to("anna")), len(bot.sent_to("bert")), used(bot)) == (1, 1, 2)


def test_the_link_opened_again_counts_nothing_and_says_the_same(bot: Bot):
    make(bot)
    opens(bot, "anna")
    opens(bot, "anna")
    assert (bot.sent_to("anna"), used(bot)) == ([WELCOMED] * 2, 1)


def test_who_has_used_it_is_let_in_also_when_it_has_expired_since(bot: Bot):
    make(bot)
    opens(bot, "anna")
    bot.clock.tick(days=8)
    opens(bot, "anna")
    assert bot.sent_to("anna")[-1] == WELCOMED


def test_a_worker_that_dies_after_the_use_was_counted_counts_it_once(bot: Bot):
    make(bot)
    inbox = bot.inbox
    bot.inbox = Without(inbox, record=lambda *_, **__: _died())
    bot.posted(referral(bot, "anna"))
    bot.works_badly()
    bot.inbox = inbox
    bot.clock.tick(minutes=10)
    bot.run(conversation_of("anna"))
    assert (bot.sent_to("anna"), used(bot)) == ([WELCOMED], 1)


def _died() -> None:
    raise StoreError("DynamoDB is out of reach")


@pytest.mark.parametrize("why", ["expired", "used up", "revoked", "unknown", "wrong"])
def test_every_code_that_is_not_valid_is_answered_alike_and_people_may_write_all_the_same(bot: Bot, why: str):
    make(bot, uses=1)
    code = CODE.text
    match why:
        case "expired":
            bot.clock.tick(days=7)
        case "used up":
            opens(bot, "bert")
        case "revoked":
            bot.invites.revoke(CODE.id, now=bot.clock())
        case "unknown":
            code = "a" * 32
        case "wrong":
            code = CODE.id + "a" * 24
    bot.receives("anna", f"/invite {code}")
    bot.receives("anna", "Hello")
    assert bot.sent_to("anna") == [SAYS("invite_not_valid"), "An answer."]
    assert (bot.known("anna").access, bot.known("anna").invites) == (Access.DEFAULT, {})


@pytest.mark.parametrize("text", ["/invite", "/invite two words", "/invited"])
def test_what_is_no_code_is_no_such_command(bot: Bot, text: str):
    bot.receives("anna", text)
    assert bot.sent_to("anna")[0].startswith("There is no command /invite")


def test_a_link_of_another_campaign_is_ignored(bot: Bot):
    make(bot)
    opens(bot, "anna", ref="spring-sale")
    assert bot.sent_to("anna") == []
    bot.posted(starts(bot, "anna", referral={"ref": "spring-sale"}))
    bot.works()
    assert bot.sent_to("anna") == [SAYS("welcome", limit=LIMIT)]


def test_a_blocked_person_stays_blocked_and_uses_nothing(bot: Bot):
    make(bot)
    bot.receives("anna", "Hello")
    bot.decides("anna", Access.BLOCKED)
    opens(bot, "anna")
    assert (len(bot.sent_to("anna")), bot.known("anna").access, used(bot)) == (1, Access.BLOCKED, 0)


def test_who_is_blocked_while_the_invite_waits_stays_blocked(bot: Bot):
    make(bot)
    bot.posted(referral(bot, "anna"))
    bot.decides("anna", Access.BLOCKED)
    bot.works()
    assert (bot.sent_to("anna"), bot.known("anna").access, used(bot)) == ([], Access.BLOCKED, 0)


def test_who_is_blocked_at_the_last_moment_stays_blocked(bot: Bot):
    make(bot)
    store = bot.invites

    def block_first(*given: Any, **named: Any) -> Any:
        bot.decides("anna", Access.BLOCKED)
        return store.redeem(*given, **named)

    bot.invites = Without(store, redeem=block_first)
    opens(bot, "anna")
    assert (bot.sent_to("anna"), bot.known("anna").access) == ([SAYS("invite_decided")], Access.BLOCKED)
    assert used(bot) == 0


@pytest.mark.parametrize(("access", "limit"), [(Access.DEFAULT, 2), (Access.UNLIMITED, None)])
def test_a_decision_of_the_owner_stays_and_no_use_is_counted(bot: Bot, access: Access, limit: int | None):
    make(bot, grant=Grant(Access.DEFAULT, 20))
    bot.receives("anna", "Hello")
    bot.decides("anna", access, daily_limit=limit)
    opens(bot, "anna")
    assert bot.sent_to("anna")[-1] == SAYS("invite_decided")
    assert (bot.known("anna").access, bot.known("anna").daily_limit, used(bot)) == (access, limit, 0)


def test_a_second_invite_gives_more_and_a_lesser_one_takes_nothing(bot: Bot):
    make(bot)
    small = invites.new_code(lambda count: bytes(range(1, count + 1)))
    bot.invites.create(replace(make_other(bot, small), grant=Grant(Access.DEFAULT, 9)))
    bot.receives("anna", f"/invite {small.text}")
    assert bot.known("anna").daily_limit == 9
    opens(bot, "anna")
    bot.receives("bert", f"/invite {CODE.text}")
    bot.receives("bert", f"/invite {small.text}")
    assert [bot.known(psid).access for psid in ("anna", "bert")] == [Access.UNLIMITED] * 2
    assert bot.known("anna").daily_limit is None


def make_other(bot: Bot, code: invites.NewCode) -> Invite:
    bot.heard.append(code.text)
    found = bot.invites.get(CODE.id)
    assert found
    return replace(found, id=code.id, digest=code.digest)


def test_the_persona_of_the_invite_answers_in_a_new_conversation(bot: Bot):
    make(bot, persona="santa", grant=Grant())
    bot.receives("anna", "Hello")
    opens(bot, "anna")
    bot.receives("anna", "Who are you?")
    assert bot.last_prompt.history == ()
    assert bot.last_prompt.instructions.startswith(bot.ports.personas().named("santa").instructions)
    assert bot.known("anna").access is Access.DEFAULT


@pytest.mark.parametrize("is_first", [True, False])
def test_people_of_an_invite_whose_persona_was_removed_since_are_answered_by_the_usual_one(bot: Bot, *, is_first: bool):
    make(bot, persona="removed-since")
    if not is_first:
        bot.receives("anna", "Hello")
    opens(bot, "anna")
    bot.receives("anna", "Who are you?")
    assert (bot.asked[-1], bot.known("anna").access) == ("Who are you?", Access.UNLIMITED)
    answered = bot.last_prompt.instructions
    bot.receives("bert", "Who are you?")
    assert answered == bot.last_prompt.instructions


def test_nothing_is_used_in_a_room(chat: Chat):
    make(chat.bot)
    tab = chat.opens("anna", room="kitchen")
    frames = tab.says(f"/invite {CODE.text}")
    assert [frame["message"] for frame in frames if frame["type"] == "notice"] == [SAYS("invite_not_here")]
    assert used(chat.bot) == 0


def test_a_visitor_of_the_web_chat_is_let_in(chat: Chat):
    make(chat.bot)
    tab = chat.opens("anna")
    frames = tab.says(f"/invite {CODE.text}")
    assert [frame["message"] for frame in frames if frame["type"] == "notice"] == [WELCOMED]
    assert chat.memory.people[visitor("anna")].person.access is Access.UNLIMITED


def test_an_owner_needs_no_invite(bot: Bot):
    make(bot)
    bot.receives("olga", "Hello")
    bot.memory.people[person_of("olga")].change(is_owner=True)
    opens(bot, "olga")
    assert (bot.sent_to("olga")[-1], used(bot)) == (SAYS("invite_decided"), 0)


def test_the_owners_hear_by_which_invite_a_new_person_came_and_what_they_may_ask(bot: Bot):
    bot.pairs("olga")
    make(bot, name="Flyer", grant=Grant(Access.DEFAULT, 20))
    bot.posted(starts(bot, "anna"))
    bot.works()
    told = bot.owner_chat.told[-1].text
    assert SAYS("owner_new_invited", name="Flyer") in told
    assert told.endswith("Their questions a day: 20.")
    assert CODE.text not in told


def test_the_owners_hear_of_no_invite_that_was_not_valid(bot: Bot):
    bot.pairs("olga")
    make(bot, uses=0)
    bot.posted(starts(bot, "anna"))
    bot.works()
    told = bot.owner_chat.told[-1].text
    assert "invite" not in told
    assert told.endswith(f"Their questions a day: {LIMIT}.")


def test_the_code_is_stored_nowhere_once_it_was_used(bot: Bot):
    made = make(bot)
    opens(bot, "anna")
    bot.receives("bert", f"/invite {CODE.text}")
    kept = [bot.memory.of(conversation_of(psid)) for psid in ("anna", "bert")]
    assert [[each.turn.text for each in turns] for turns in kept] == [[""], [""]]
    assert bot.sent_to("anna") == bot.sent_to("bert") == [WELCOMED]
    assert made.digest != CODE.text[8:]


def test_a_link_that_an_owner_sends_by_hand_lets_the_person_in_although_the_bot_is_silent(bot: Bot):
    make(bot)
    bot.receives("anna", "Hello")
    bot.posted(bot.echo("anna", text="Here is your link."))
    bot.works()
    opens(bot, "anna")
    bot.receives("anna", "Thank you!")
    assert bot.sent_to("anna")[1:] == [SAYS("human_here"), WELCOMED]
    assert (bot.known("anna").access, used(bot), bot.asked) == (Access.UNLIMITED, 1, ["Hello"])
