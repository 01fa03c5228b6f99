"""Writes times as the owner's page shows them."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.content.locale_rules import RULES
from chalicelib.content.owner_html import Words

_MINUTE: Final = 60_000
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_DAYS_AGO: Final = 7


def ago(at: int, *, now: int, zone: ZoneInfo, words: Words) -> str:
    """Write how long ago a time was, and after a week its date; both in milliseconds since 1970, `at` 0 for never."""
    past = max(0, now - at)
    if not at:
        return words("never")
    if past < _MINUTE:
        return words("just_now")
    if past < _HOUR:
        return words.count("minutes_ago", past // _MINUTE)
    if past < _DAY:
        return words.count("hours_ago", past // _HOUR)
    if past < _DAYS_AGO * _DAY:
        return words.count("days_ago", past // _DAY)
    return date(at, now=now, zone=zone, words=words)


def date(at: int, *, now: int, zone: ZoneInfo, words: Words) -> str:
    """Write the date of a time, with the year unless it is this one."""
    day, today = (datetime.fromtimestamp(each / 1000, zone) for each in (at, now))
    rules = RULES[words.language]
    return rules.day(day.date()) if day.year == today.year else rules.date(day.date())


def time(at: int, *, zone: ZoneInfo, words: Words) -> str:
    """Write the time of the day: `09:05`."""
    return RULES[words.language].clock(datetime.fromtimestamp(at / 1000, zone).time())
