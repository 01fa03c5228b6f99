"""The ledger: what is counted of each call and question, by the day on which the model was asked.

What a step counts is a `DaySpend` that is added to that of its day. The parts of `committed` always have its sum: by
model, by persona, and by person, with what is counted for no person.
"""

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, timedelta
from typing import Any, Final, TypeVar

from chalicelib.access.budget import DaySpend, Reservation, Settlement
from chalicelib.access.retention import MONTHS_KEPT
from chalicelib.clock import local_date
from chalicelib.ids import Channel

N = TypeVar("N", bound=Hashable)

ANSWER_MS: Final = (1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000, 120_000)
"""The bounds of the buckets of response times, in milliseconds; the last one has all that took longer too."""


@dataclass(frozen=True)
class MonthUse:
    """What a user's questions came to in a month, by the days on which the model was asked."""

    questions: int = 0
    """Charged questions, those included whose charge was given back later."""
    cost: int = 0
    """Micro-USD: as `DaySpend.committed`."""
    refunded: int = 0
    """Charges that were given back."""


@dataclass(frozen=True)
class Tally:
    """How a question ended, for the counters of the day."""

    day: str
    """The ISO date, in the owner's time zone, of the end; with a settlement, the day of its reservation counts."""
    answer_ms: int | None = None
    """For how long the user waited for an answer of the model; None if it is none."""
    failed: bool = False
    """Whether the user got an apology, because the model failed."""
    unanswered: bool = False
    """Whether it was closed without a delivered reply."""


def reserved(reservation: Reservation, channel: Channel | None, *, of_person: bool, asks: bool = False) -> DaySpend:
    """Return what setting money aside counts; `asks` for the first call of a user's question.

    A call of no turn has no `channel`.
    """
    return DaySpend(
        reservation.day,
        calls=1,
        questions=int(asks),
        hours={reservation.hour: 1} if asks else {},
        **_cost(reservation.amount, reservation, reservation.model, channel, of_person=of_person),
    )


def settled(settlement: Settlement, channel: Channel | None, *, of_person: bool) -> DaySpend:
    """Return what the end of a reservation counts: the cost, for the model that was asked, in place of its amount."""
    reservation, used = settlement.reserved, settlement.usage
    given_back = _cost(-reservation.amount, reservation, reservation.model, channel, of_person=of_person)
    cost = _cost(settlement.cost, reservation, settlement.model, channel, of_person=of_person)
    counted = added(DaySpend(reservation.day, **given_back), DaySpend(reservation.day, **cost))
    if used is None:
        return counted
    tokens = replace(counted, tokens_in=used.input, tokens_cached=used.cached, tokens_out=used.output)
    return replace(tokens, answers=1)


def ended(day: str, tally: Tally | None, *, is_refunded: bool) -> DaySpend:
    """Return what the end of a question counts on `day`."""
    if tally is None:
        return DaySpend(day, refunded=int(is_refunded))
    return DaySpend(
        day,
        refunded=int(is_refunded),
        failures=int(tally.failed),
        unanswered=int(tally.unanswered),
        answer_ms={} if tally.answer_ms is None else {bucket_of(tally.answer_ms): 1},
    )


def added(first: DaySpend, second: DaySpend) -> DaySpend:
    """Return the sums of both, on the day of the first."""
    sums: dict[str, Any] = {}
    for each in fields(DaySpend):
        one, other = getattr(first, each.name), getattr(second, each.name)
        sums[each.name] = one if each.name == "day" else _sum(one, other) if isinstance(one, Mapping) else one + other
    return DaySpend(**sums)


def month_of(day: str) -> str:
    """Return the month of an ISO date: `2026-11`."""
    return day[:7]


def outdated_months(months: Iterable[str], *, today: str) -> list[str]:
    """Return those months that are stored no longer on the day `today`, an ISO date."""
    kept = {month_of(today), *earlier_months(today)}
    return [month for month in months if month < min(kept)]


def earlier_months(today: str) -> list[str]:
    """Return the months before that of `today`, an ISO date, of which something may be stored; the last one first."""
    now = date.fromisoformat(today)
    numbers = (now.year * 12 + now.month - 1 - back for back in range(1, MONTHS_KEPT))
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in numbers]


def forgotten_months(now: int) -> list[str]:
    """Return the months of which nothing is left of a user who is forgotten at `now`, in milliseconds since 1970.

    The last one stays: in any time zone, that of yesterday in UTC is not later than that of today.
    """
    yesterday = local_date(now, UTC) - timedelta(days=1)
    return earlier_months(yesterday.isoformat())


def bucket_of(ms: int) -> int:
    """Return the bound of the bucket to which a response time belongs."""
    return ANSWER_MS[min(bisect_left(ANSWER_MS, ms), len(ANSWER_MS) - 1)]


def half_within(answers: Mapping[int, int]) -> int:
    """Return the bound of the bucket in which half of the answers are reached, in ms; 0 without any.

    `answers` are counts by the bounds of ANSWER_MS. The last bucket has all that took longer, too.
    """
    left = (sum(answers.values()) + 1) // 2
    for bound, number in sorted(answers.items()):
        left -= number
        if number and left <= 0:
            return bound
    return 0


def _cost(
    amount: int, reservation: Reservation, model: str, channel: Channel | None, *, of_person: bool
) -> dict[str, Any]:
    """Return the fields of a day to which an amount is added."""
    return {
        "committed": amount,
        "channels": {channel: amount} if channel else {},
        "models": {model: amount},
        "personas": {reservation.persona: amount},
        "of_no_person": 0 if of_person else amount,
    }


def _sum(one: Mapping[N, int], other: Mapping[N, int]) -> dict[N, int]:
    return {
        name: one.get(name, 0) + other.get(name, 0) for name in (*one, *(name for name in other if name not in one))
    }
