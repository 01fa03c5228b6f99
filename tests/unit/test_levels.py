"""The levels of the budgets at which the owner is warned."""

from dataclasses import replace

import pytest

from chalicelib.access.budget import MonthCap, Reservation
from chalicelib.access.levels import ALL, Levels, Part

DAY = Reservation("2026-11-20", 5, 1000, person_cap=250, channel_cap=750, month=MonthCap(10_000, 2000, of_person=2500))


def test_at_first_half_of_the_day_and_the_month_may_be_used_and_four_fifths_of_a_channels_part():
    limited = Levels().next(DAY, "web")
    assert (limited.cap, limited.channel_cap, limited.month) == (500, 600, MonthCap(5000, 2000, of_person=2500))
    assert (limited.person_cap, limited.amount, limited.day) == (250, 5, DAY.day)


@pytest.mark.parametrize(("part", "levels"), [(Part.DAY, [50, 80]), (Part.MONTH, [50, 80]), (Part.CHANNEL, [80])])
def test_each_level_is_passed_once_and_then_all_may_be_used(part: Part, levels: list[int]):
    known, seen = Levels(), list[int]()
    for _ in range(5):
        seen.append(known.percent(part, DAY, "web"))
        known.go_past(part, DAY, "web")
    assert seen == [*levels, *[ALL] * (5 - len(levels))]
    assert replace(DAY, month=MonthCap(10_000, 2000)).most == 1000


def test_another_day_and_another_channel_begin_at_the_first_level():
    known = Levels()
    for part in Part:
        known.go_past(part, DAY, "web")
    tomorrow = replace(DAY, day="2026-11-21")
    assert [known.percent(part, tomorrow, "web") for part in (Part.DAY, Part.CHANNEL, Part.MONTH)] == [50, 80, 80]
    assert known.percent(Part.CHANNEL, DAY, "messenger") == 80
    assert known.percent(Part.MONTH, replace(DAY, day="2026-12-01"), "web") == 50


def test_without_a_month_and_a_channel_there_is_a_level_of_the_day_alone():
    plain = Reservation("2026-11-20", 5, 7)
    assert Levels().next(plain, "web") == Reservation("2026-11-20", 5, 3)
