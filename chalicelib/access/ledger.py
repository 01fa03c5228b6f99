"""The ledger's counters: what a month came to for a person, and how fast the answers of a day were."""

from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

ANSWER_MS: Final = (1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000, 120_000)
"""The bounds of the buckets of response times, in milliseconds; the last one has all that took longer too."""


@dataclass(frozen=True)
class MonthUse:
    """What a person's questions came to in a month, by the days on which the model was asked."""

    questions: int = 0
    """Charged questions, those included whose charge was given back later."""
    cost: int = 0
    """Micro-USD: as `DaySpend.committed`."""
    refunded: int = 0
    """Charges that were given back."""


def month_of(day: str) -> str:
    """Return the month of an ISO date: `2026-11`."""
    return day[:7]


def bucket_of(ms: int) -> int:
    """Return the bound of the bucket to which a response time belongs."""
    return ANSWER_MS[min(bisect_left(ANSWER_MS, ms), len(ANSWER_MS) - 1)]
