"""Money per day in micro-USD (millionths of a dollar): prices, reservations, settlements. No I/O."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_UP, Decimal


@dataclass(frozen=True)
class Usage:
    """What a model call cost, in tokens; `cached` is part of `input`."""

    input: int = 0
    cached: int = 0
    output: int = 0


@dataclass(frozen=True)
class Reservation:
    """Money set aside for one model call before it is made, in micro-USD: millionths of a dollar."""

    day: str
    """The owner's day on which the model is called, whenever the question was written."""
    amount: int
    """The most that the call can cost."""
    cap: int
    """What may be set aside for that day in all."""


@dataclass(frozen=True)
class Settlement:
    """What becomes of a reservation once the call is over: it shrinks to `cost`, in micro-USD."""

    reserved: Reservation
    cost: int
    usage: Usage | None = None
    """The answer's tokens; None when there was no answer."""


@dataclass(frozen=True)
class DaySpend:
    """What the model calls of a day came to."""

    day: str
    committed: int = 0
    """Micro-USD: what calls cost, and what is set aside for those whose cost is not known, or not yet."""
    tokens_in: int = 0
    tokens_cached: int = 0
    """Of those in."""
    tokens_out: int = 0
    answers: int = 0
    """Calls that ended with an answer; the tokens are theirs."""
    calls: int = 0


@dataclass(frozen=True)
class Price:
    """USD for a million tokens, which is micro-USD for one."""

    input: Decimal
    """The dearer of a token that is only read and one that is also put into the provider's cache: usage tells no
    difference, and a budget may be counted too high but not too low."""
    cached: Decimal
    output: Decimal
    shutdown: date | None = None
    """The day from which the model does not answer any more, where one is announced."""

    @property
    def is_free(self) -> bool:
        """Whether no usage costs anything."""
        return not any((self.input, self.cached, self.output))

    def cost(self, usage: Usage) -> int:
        """What the usage costs in whole micro-USD, rounded up."""
        fresh = usage.input - usage.cached
        exact = fresh * self.input + usage.cached * self.cached + usage.output * self.output
        return int(exact.to_integral_value(ROUND_UP))


@dataclass(frozen=True)
class Budget:
    """A day's money, and the price it is spent at."""

    cap: int
    price: Price

    def reserve(self, most: Usage, *, day: str) -> Reservation:
        """What must be set aside on `day` before a call that uses `most` is made."""
        return Reservation(day, self.price.cost(most), self.cap)

    def bill(self, reserved: Reservation, usage: Usage) -> Settlement:
        """What the call has really cost; in full when the provider did not tell."""
        return Settlement(reserved, self.price.cost(usage) if usage.output else reserved.amount, usage)


def within_warning_level(reserved: Reservation) -> Reservation:
    """The same, within four fifths of the budget: when that has no room, the owner should know."""
    return replace(reserved, cap=reserved.cap * 4 // 5)


def usd(micro: int) -> str:
    """An amount as the owner reads it."""
    return f"{Decimal(micro) / 1_000_000:f}"
