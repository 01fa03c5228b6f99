"""What may be spent on a day: pure sums in micro-USD, millionths of a dollar; the store's condition holds them."""

from dataclasses import dataclass, replace
from decimal import Decimal

from chalicelib.messages import Bill, Reservation, Usage
from chalicelib.prices import Price


@dataclass(frozen=True)
class Budget:
    """A day's money, and the price it is spent at."""

    cap: int
    price: Price

    def reserve(self, most: Usage, *, day: str) -> Reservation:
        """What must be set aside on `day` before a call that uses `most` is made."""
        return Reservation(day, self.price.cost(most), self.cap)

    def bill(self, reserved: Reservation, usage: Usage) -> Bill:
        """What the call has really cost; in full when the provider did not tell."""
        return Bill(reserved, self.price.cost(usage) if usage.output else reserved.amount, usage)


def below_the_mark(reserved: Reservation) -> Reservation:
    """The same, within four fifths of the budget: when that has no room, the owner should know."""
    return replace(reserved, cap=reserved.cap * 4 // 5)


def usd(micro: int) -> str:
    """An amount as the owner reads it."""
    return f"{Decimal(micro) / 1_000_000:f}"
