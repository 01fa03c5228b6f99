"""Retention: how long each kind of data is stored, for the store and for what people are told about it."""

from typing import Final

QUOTA_DAYS_KEPT: Final = 3
"""Days of which a person's counts of questions are stored, today included."""
_DAY_S = 24 * 60 * 60
TURN_KEPT_S: Final = 30 * _DAY_S
"""How long closed turns are stored, unless the owner chose fewer days; open ones always, so that they are answered."""
_SHORTEST_KEPT_S: Final = 60 * 60
"""How long turns are stored for the conversation that goes on, if no day was chosen."""
REPEATED_MS: Final = 2 * _DAY_S * 1000
"""How long a message is recognised as a repetition: the 36 hours during which Meta may repeat it, and a margin."""
COUNTS_KEPT_S: Final = 3 * _DAY_S
"""How long the counts of questions are stored of a person who asked to be forgotten."""
LOOKS_KEPT: Final = 20
"""How many of the times are stored at which owners read a person's words on their page."""
LIST_KEPT_S: Final = 365 * _DAY_S
"""How long a list that a person keeps is stored after its last change."""
DELETION_KEPT_S: Final = 90 * _DAY_S
"""How long a data deletion request is stored."""
BACKUP_S: Final = 35 * _DAY_S
"""How far back DynamoDB's point-in-time recovery reaches by default."""
SPEND_KEPT_S: Final = 400 * _DAY_S
"""How long a day's spending is stored, so that a month can be compared with the one of the year before."""
MONTHS_KEPT: Final = 13
"""Months for which the counts of a person are stored, this one included."""
CONNECTION_KEPT_S: Final = 2 * 60 * 60 + 15 * 60
"""How long a connection is stored. API Gateway closes every WebSocket after two hours."""
TICKETS_KEPT_S: Final = 2 * 60 * 60
"""How long the count of an hour's tickets is stored, from the beginning of the hour."""


def turn_kept_s(days: int) -> int:
    """Return for how long turns are stored, in seconds, if the owner chose this number of days, from 0 to 30."""
    return max(days * _DAY_S, _SHORTEST_KEPT_S)


def is_over(at: int, *, now: int, kept_s: int) -> bool:
    """Whether what was written at `at` and is stored for `kept_s` seconds may be deleted by now; times in ms.

    DynamoDB expires items at whole seconds.
    """
    return at // 1000 + kept_s <= now // 1000


def days(seconds: int) -> int:
    """Return the whole days in a retention."""
    return seconds // _DAY_S


def kept_in_words(seconds: int) -> str:
    """Return a retention of an hour or of whole days in words: "an hour", "1 day", "30 days"."""
    whole = days(seconds)
    return "an hour" if whole == 0 else "1 day" if whole == 1 else f"{whole} days"
