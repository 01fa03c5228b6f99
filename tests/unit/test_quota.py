from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.access.quota import day_of, outdated, resets_at
from chalicelib.access.retention import QUOTA_DAYS_KEPT

DAY_MS = 24 * 60 * 60 * 1000
FIVE_MINUTES_MS = 5 * 60 * 1000
BERLIN = ZoneInfo("Europe/Berlin")

zones = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/Santiago", "Asia/Beirut", "Pacific/Apia", "Australia/Lord_Howe", "America/Havana"]
).map(ZoneInfo)
moments = st.integers(1_704_067_200_000, 2_080_000_000_000)
near_midnight = st.builds(
    lambda day, zone, off: (int(datetime(2024, 1, 1, tzinfo=zone).timestamp() + day * 86400) * 1000 + off, zone),
    st.integers(0, 3650),
    zones,
    st.integers(-2 * 3_600_000, 2 * 3_600_000),
)


def _ms(*when: int, zone: ZoneInfo = BERLIN) -> int:
    return int(datetime(*when, tzinfo=zone).timestamp() * 1000)  # type: ignore[arg-type,misc]


@given(near_midnight)
def test_a_message_counts_on_the_date_in_the_owners_zone(moment: tuple[int, ZoneInfo]):
    now, zone = moment
    assert (
        day_of(now, now=now, zone=zone) == datetime.fromtimestamp(now / 1000, UTC).astimezone(zone).date().isoformat()
    )


@given(now=moments, zone=zones, ago=st.integers(-FIVE_MINUTES_MS, DAY_MS))
def test_the_senders_time_is_believed_for_a_day_and_five_minutes_ahead(now: int, zone: ZoneInfo, ago: int):
    assert day_of(now - ago, now=now, zone=zone) == day_of(now - ago, now=now - ago, zone=zone)


@given(now=moments, zone=zones, beyond=st.integers(0, 10**13))
def test_an_odd_clock_or_an_old_message_opens_no_other_day(now: int, zone: ZoneInfo, beyond: int):
    assert day_of(now - DAY_MS - beyond, now=now, zone=zone) == day_of(now - DAY_MS, now=now, zone=zone)
    late = day_of(now + FIVE_MINUTES_MS + beyond, now=now, zone=zone)
    assert late == day_of(now + FIVE_MINUTES_MS, now=now, zone=zone)


@given(near_midnight, st.integers(-FIVE_MINUTES_MS, 2 * DAY_MS), st.integers(0, DAY_MS))
def test_no_day_is_outdated_on_which_a_question_is_just_counted_or_paid(
    moment: tuple[int, ZoneInfo], ago: int, later: int
):
    """The question counts on its own day; its call is paid on the day on which it is made."""
    now, zone = moment
    day, paid_on = day_of(now - ago, now=now, zone=zone), day_of(now + later, now=now + later, zone=zone)
    assert outdated([day, paid_on], today=day) == []


def test_the_last_moment_of_a_day_and_the_first_of_the_next_count_apart():
    midnight = _ms(2026, 11, 21)
    assert day_of(midnight - 1, now=midnight, zone=BERLIN) == "2026-11-20"
    assert day_of(midnight, now=midnight, zone=BERLIN) == "2026-11-21"


@pytest.mark.parametrize(
    ("at", "now", "day"),
    [
        (-1, DAY_MS - 1, "2026-11-20"),
        (-1, DAY_MS, "2026-11-21"),
        (0, -FIVE_MINUTES_MS, "2026-11-21"),
        (0, -FIVE_MINUTES_MS - 1, "2026-11-20"),
    ],
    ids=["just a day ago", "more than a day ago", "just five minutes ahead", "more than five minutes ahead"],
)
def test_where_believing_ends(at: int, now: int, day: str):
    midnight = _ms(2026, 11, 21)
    assert day_of(midnight + at, now=midnight + now, zone=BERLIN) == day


@given(near_midnight)
@example((_ms(2026, 3, 29, 0, 30, zone=ZoneInfo("Asia/Beirut")), ZoneInfo("Asia/Beirut")))
def test_the_count_starts_again_after_every_moment_of_the_day_and_with_the_next_date(moment: tuple[int, ZoneInfo]):
    now, zone = moment
    day = day_of(now, now=now, zone=zone)
    reset = resets_at(day, zone=zone)
    assert reset.timestamp() * 1000 > now
    assert reset.date() == date.fromisoformat(day) + timedelta(days=1)
    assert reset.tzinfo is zone


@given(near_midnight)
def test_the_count_starts_again_with_the_first_moment_of_the_next_day(moment: tuple[int, ZoneInfo]):
    now, zone = moment
    day = day_of(now, now=now, zone=zone)
    before = int(resets_at(day, zone=zone).timestamp() * 1000) - 1
    assert day_of(before, now=before, zone=zone) == day


@pytest.mark.parametrize(
    ("zone", "day", "shown"),
    [
        ("Europe/Berlin", "2026-11-20", "2026-11-21 00:00"),
        ("Europe/Berlin", "2026-03-29", "2026-03-30 00:00"),
        ("Asia/Beirut", "2026-03-28", "2026-03-29 01:00"),
        ("America/Santiago", "2026-09-05", "2026-09-06 01:00"),
        ("Pacific/Apia", "2011-12-29", "2011-12-31 00:00"),
    ],
)
def test_the_time_shown_exists_on_the_wall(zone: str, day: str, shown: str):
    assert resets_at(day, zone=ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") == shown


def test_a_day_that_repeats_an_hour_at_its_end_is_not_cut_short():
    havana = ZoneInfo("America/Havana")
    reset = resets_at("2026-10-31", zone=havana)
    assert reset.timestamp() * 1000 == _ms(2026, 11, 1, 0, zone=havana)
    assert reset.fold == 0


def test_counts_are_kept_for_today_and_the_two_days_before():
    days = ["2026-02-26", "2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]
    assert outdated(days, today="2026-03-01") == ["2026-02-26"]


@given(today=st.dates(date(2001, 1, 1), date(2100, 1, 1)), ages=st.lists(st.integers(-2, 400)))
def test_no_count_is_dropped_that_a_refund_of_a_day_ago_may_need(today: date, ages: list[int]):
    days = {(today - timedelta(days=age)).isoformat(): age for age in ages}
    gone = outdated(list(days), today=today.isoformat())
    assert gone == [day for day, age in days.items() if age >= QUOTA_DAYS_KEPT]
