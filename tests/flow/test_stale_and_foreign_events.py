"""Signed events that are about the past, the future, or another page of the same app."""

import json
from typing import Any, Final

import pytest

from chalicelib.channels.meta.signature import sign
from tests.flow.bot import PAGE, SECRET, Bot

PAGE_INBOX: Final = "263902037430900"
OTHER: Final = "815"
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000


def replied(bot: Bot, *, ms_ago: int, seconds: bool = False) -> dict[str, Any]:
    """The echo of what a human wrote by hand so long ago."""
    at = bot.clock() - ms_ago
    return bot.echo("anna", text="Here I am.", app_id=PAGE_INBOX) | {"timestamp": at // 1000 if seconds else at}


def answers(bot: Bot) -> bool:
    """Whether the bot answers a message of now."""
    before = len(bot.sent_to("anna"))
    bot.receives("anna", "is anybody there?")
    return len(bot.sent_to("anna")) > before


# -- echoes: Meta repeats for 36 hours what it could not deliver ------------------------------------------------------


@pytest.mark.parametrize("ms_ago", [30 * HOUR, 36 * HOUR, 25 * HOUR, HOUR, HOUR + SECOND, 400 * DAY])
@pytest.mark.parametrize("seconds", [False, True])
def test_an_old_echo_pauses_nobody(bot: Bot, ms_ago: int, seconds: bool):  # noqa: FBT001
    bot.posted(replied(bot, ms_ago=ms_ago, seconds=seconds))
    assert bot.memory.conversations == {}
    assert answers(bot)


def test_an_echo_of_ten_minutes_ago_pauses_for_the_other_fifty(bot: Bot):
    bot.posted(replied(bot, ms_ago=10 * MINUTE))
    bot.clock.tick(minutes=49)
    assert not answers(bot)
    bot.clock.tick(minutes=1)
    assert answers(bot)


@pytest.mark.parametrize("ahead", [SECOND, DAY, 3000 * DAY])
def test_an_echo_from_the_future_pauses_for_an_hour_and_no_longer(bot: Bot, ahead: int):
    bot.posted(replied(bot, ms_ago=-ahead))
    assert not answers(bot)
    bot.clock.tick(hours=1)
    assert answers(bot)


@pytest.mark.parametrize("timestamp", [None, "soon", -1, True, 10**40, {}, "1795175999000000000000"], ids=str)
def test_an_echo_without_a_readable_time_is_of_its_entrys_time(bot: Bot, timestamp: Any):
    bot.posted(replied(bot, ms_ago=0) | {"timestamp": timestamp})
    assert not answers(bot)
    bot.clock.tick(hours=1)
    assert answers(bot)


def test_a_repeated_old_echo_does_not_shorten_the_pause_of_a_new_one(bot: Bot):
    bot.posted(replied(bot, ms_ago=0))
    bot.posted(replied(bot, ms_ago=50 * MINUTE))
    bot.clock.tick(minutes=30)
    assert not answers(bot)


# -- another page of the same app -------------------------------------------------------------------------------------


def of_other_page(bot: Bot, *items: dict[str, Any], entry: str | int | None = OTHER) -> None:
    """Post items of an entry that is another page's."""
    told = json.loads(bot.body(*items))
    told["entry"][0]["id"] = entry
    body = json.dumps(told).encode()
    bot.webhook.handle(body, f"sha256={sign(body, secret=SECRET)}")


def elsewhere(item: dict[str, Any], page: str | int = OTHER) -> dict[str, Any]:
    """The same item about another page."""
    found: dict[str, Any] = json.loads(json.dumps(item).replace(f'{{"id": "{PAGE}"}}', json.dumps({"id": page})))
    return found


def test_a_message_to_another_page_costs_nothing_and_is_counted(bot: Bot):
    of_other_page(bot, *(elsewhere(bot.message("anna", f"number {number}")) for number in range(3)))
    assert (bot.works(), bot.asked, bot.memory.turns, bot.memory.people) == ([], [], {}, {})
    [line] = bot.log_lines("door")
    assert (line["outcome"], line["ignored"], line["other_page"], line["kept"]) == ("ok", "other_page", 3, 0)


@pytest.mark.parametrize("page", [OTHER, int(OTHER)])
def test_an_item_or_an_entry_alone_that_names_another_page_is_ignored_too(bot: Bot, page: str | int):
    bot.posted(elsewhere(bot.message("anna", "hello"), page))
    of_other_page(bot, bot.message("anna", "hello"), entry=page)
    of_other_page(bot, elsewhere(bot.message("anna", "hello"), page), entry=None)
    assert bot.memory.turns == {}
    assert [line["other_page"] for line in bot.log_lines("door")] == [1, 1, 1]


def test_other_pages_events_of_every_kind_change_nothing(bot: Bot):
    bot.receives("anna", "what do you keep?")
    before = (bot.turns("anna"), dict(bot.memory.conversations), list(bot.told_owner))
    said = bot.turns("anna")[0]
    kinds = [
        bot.item("anna", message_edit={"mid": "mid-0", "text": "changed", "num_edit": 1}),
        bot.item("anna", message={"mid": "mid-0", "is_deleted": True}),
        bot.item("anna", postback={"mid": "p1", "payload": "/help"}),
        bot.echo("anna", text="By hand.", app_id=PAGE_INBOX),
        bot.receipt(said, 0),
        {"recipient": {"id": PAGE}, "policy_enforcement": {"action": "block"}},
    ]
    of_other_page(bot, *map(elsewhere, kinds))
    assert (bot.turns("anna"), bot.memory.conversations, bot.told_owner) == before
    assert bot.log_lines("door")[-1]["other_page"] == len(kinds)


def test_in_one_request_only_the_other_pages_items_are_ignored(bot: Bot):
    bot.posted(elsewhere(bot.message("anna", "not for you")), bot.message("bert", "for you"))
    bot.works()
    assert bot.asked == ["for you"]
    [line] = bot.log_lines("door")
    assert (line["other_page"], line["kept"]) == (1, 1)


def test_a_page_whose_id_comes_as_a_number_is_the_same_page(bot: Bot):
    of_other_page(bot, elsewhere(bot.message("anna", "hello"), int(PAGE)), entry=int(PAGE))
    bot.works()
    assert bot.asked == ["hello"]


def test_a_stage_that_an_earlier_version_deployed_answers_as_before(bot: Bot):
    bot.page_id = None
    of_other_page(bot, elsewhere(bot.message("anna", "hello")))
    bot.works()
    assert bot.asked == ["hello"]
    assert "other_page" not in bot.log_lines("door")[0]
