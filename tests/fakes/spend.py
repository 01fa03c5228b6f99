"""The costs of the model in the fake store; a caller that changes them holds the memory's lock."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from chalicelib.access.budget import DaySpend, Reservation, Settlement
from tests.fakes.memory import Memory, atomic


def has_room(memory: Memory, reserved: Reservation) -> bool:
    """Whether the money can be set aside."""
    return not reserved.amount or of(memory, reserved.day).committed + reserved.amount <= reserved.cap


def reserve(memory: Memory, reserved: Reservation) -> None:
    """Set it aside."""
    day = of(memory, reserved.day)
    memory.spend[day.day] = replace(day, committed=day.committed + reserved.amount, calls=day.calls + 1)


def settle(memory: Memory, bill: Settlement) -> None:
    """Turn what was set aside into what it cost."""
    day = of(memory, bill.reserved.day)
    day = replace(day, committed=day.committed + bill.cost - bill.reserved.amount)
    if bill.usage:
        day = replace(
            day,
            tokens_in=day.tokens_in + bill.usage.input,
            tokens_cached=day.tokens_cached + bill.usage.cached,
            tokens_out=day.tokens_out + bill.usage.output,
            answers=day.answers + 1,
        )
    memory.spend[day.day] = day


def of(memory: Memory, day: str) -> DaySpend:
    """What a day came to so far."""
    return memory.spend.get(day, DaySpend(day))


@dataclass(frozen=True)
class FakeSpending:
    """`access.ports.Spending`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def days(self, since: date, until: date) -> Sequence[DaySpend]:
        days = [since + timedelta(days=number) for number in range((until - since).days + 1)]
        return [of(self.memory, day.isoformat()) for day in days]

    @atomic
    def reserve(self, reservation: Reservation) -> bool:
        if not has_room(self.memory, reservation):
            return False
        reserve(self.memory, reservation)
        return True
