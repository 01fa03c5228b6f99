"""On Monday morning the owners hear how the week was: in the chat or by e-mail, and never of a week of nothing."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest

from chalicelib.access.budget import DaySpend
from chalicelib.bootstrap import reports
from chalicelib.errors import WakeError
from chalicelib.operations.weekly_report import Sent, WeeklyReport, last_sunday
from tests.flow.bot import Bot, person_of

SUNDAY: Final = date(2026, 11, 22)
MONDAY_AT_EIGHT: Final = int(datetime(2026, 11, 23, 7, 0, tzinfo=UTC).timestamp() * 1000)
"""In Berlin, where this bot's days begin."""


def service(bot: Bot) -> WeeklyReport:
    return reports.assemble(bot.ports, bot.owner_chat)


def beats_until(bot: Bot, end: datetime) -> list[str]:
    """Each hour's first beat; when a message was started."""
    started = []
    while bot.clock() < end.timestamp() * 1000:
        before = bot.report_starter.started
        bot.beats()
        if bot.report_starter.started > before:
            local = datetime.fromtimestamp(bot.clock() / 1000, bot.settings.limits.zone)
            started.append(f"{local:%a %d %H:%M}")
        bot.clock.tick(hours=1)
    return started


def busy_week(bot: Bot) -> None:
    days = [SUNDAY - timedelta(days=back) for back in range(7)]
    bot.memory.spend |= {f"{day}": DaySpend(f"{day}", 1000, calls=2, questions=2) for day in days}
    bot.memory.spend["2026-11-23"] = DaySpend("2026-11-23", 999_999, calls=99, questions=99)
    bot.clock.now = MONDAY_AT_EIGHT


def test_it_is_started_on_monday_at_eight_once_a_week(bot: Bot):
    bot.clock.now = int(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp() * 1000)
    bot.memory.alerts["weekly_report"] = "2026-W46"
    assert beats_until(bot, datetime(2026, 12, 9, tzinfo=UTC)) == ["Mon 23 08:00", "Mon 30 08:00", "Mon 07 08:00"]


def test_one_that_was_missed_on_monday_is_started_on_the_next_day(bot: Bot):
    bot.clock.now = int(datetime(2026, 11, 23, 8, tzinfo=UTC).timestamp() * 1000)
    bot.memory.alerts["weekly_report"] = "2026-W46"
    assert beats_until(bot, datetime(2026, 11, 26, tzinfo=UTC)) == ["Tue 24 08:00"]


def test_two_heartbeats_at_once_start_one(bot: Bot):
    bot.clock.now = MONDAY_AT_EIGHT
    bot.beats()
    bot.beats()
    assert bot.report_starter.started == 1


def test_whether_it_is_due_is_looked_up_once_a_day(bot: Bot):
    bot.clock.now = MONDAY_AT_EIGHT + 60_000
    for _ in range(23 * 60):
        bot.beats()
        bot.clock.tick(minutes=1)
    assert "weekly_report" not in bot.memory.alerts


def test_one_that_cannot_be_started_fails_the_beat_after_its_other_work(bot: Bot):
    bot.clock.now, bot.report_starter.fails = MONDAY_AT_EIGHT, True
    with pytest.raises(WakeError):
        bot.beats()
    assert len(bot.log_lines("budget")) == 1


def test_it_is_about_the_week_from_monday_to_sunday_and_not_about_today(bot: Bot):
    busy_week(bot)
    assert service(bot).send() is Sent.SENT
    [(subject, text)] = bot.notifier.told
    assert subject == "Parley: your week"
    assert text.splitlines()[:4] == [
        "16 to 22 November 2026",
        "",
        "Questions: 14 (none in the week before)",
        "███████",
    ]
    assert "Cost of the model: $0.007000" in text
    assert text.endswith("scripts/parley report --html week.html --stage prod")


def test_an_owner_gets_it_in_the_chat_and_by_e_mail_only_if_out_of_reach_there(bot: Bot):
    bot.pairs("olga")
    busy_week(bot)
    service(bot).send()
    [told] = bot.owner_chat.told
    assert (told.person, told.text.splitlines()[0]) == (person_of("olga"), "16 to 22 November 2026")
    assert bot.notifier.told == []
    bot.owner_chat.out_of_reach.add(person_of("olga"))
    service(bot).send()
    assert len(bot.notifier.told) == 1


def test_one_that_is_sent_on_tuesday_is_about_the_same_week(bot: Bot):
    busy_week(bot)
    bot.clock.tick(hours=24)
    service(bot).send()
    assert bot.notifier.told[0][1].startswith("16 to 22 November 2026\n")


def test_a_week_of_nothing_after_a_week_of_nothing_is_no_message(bot: Bot):
    bot.clock.now = MONDAY_AT_EIGHT
    assert service(bot).send() is Sent.NOTHING_ASKED
    assert bot.notifier.told == []
    assert [line["outcome"] for line in bot.log_lines("weekly_report")] == ["nothing_asked"]


def test_a_week_of_nothing_after_a_busy_one_is_told(bot: Bot):
    busy_week(bot)
    del bot.memory.spend["2026-11-23"]
    bot.clock.tick(hours=7 * 24)
    service(bot).send()
    assert "Questions: 0 (100 % less than in the week before)" in bot.notifier.told[0][1]


@pytest.mark.parametrize(
    ("day", "sunday"),
    [
        ("2026-11-22", "2026-11-15"),
        ("2026-11-23", "2026-11-22"),
        ("2026-11-28", "2026-11-22"),
        ("2026-01-01", "2025-12-28"),
    ],
)
def test_a_week_is_over_when_its_sunday_is(day: str, sunday: str):
    assert last_sunday(date.fromisoformat(day)) == date.fromisoformat(sunday)
