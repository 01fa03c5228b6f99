"""The costs of the model in the fake store; a caller that changes them holds the memory's lock."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from chalicelib.access import identity
from chalicelib.access.budget import DaySpend, Reservation, Settlement
from chalicelib.access.person import Person
from chalicelib.conversation.ports import Charged
from chalicelib.conversation.turn import Turn
from chalicelib.ids import Channel
from tests.fakes.memory import KnownPerson, Memory, atomic


def refusal(memory: Memory, reserved: Reservation, turn: Turn) -> Charged | None:
    """Why the money for a turn cannot be set aside; None if it can."""
    known, channel = memory.people.get(turn.person), identity.channel_of(turn.person)
    spent = known.person.spent.get(reserved.day, 0) if known else 0
    share = None if turn.opens else reserved.person_cap
    if reserved.amount and share is not None and spent + reserved.amount > share:
        return Charged.SHARE_SPENT
    if not has_room(memory, reserved):
        return Charged.OVER_BUDGET
    return None if has_room_on(memory, reserved, channel) else Charged.CHANNEL_SPENT


def has_room(memory: Memory, reserved: Reservation) -> bool:
    """Whether the money can be set aside in the whole budget."""
    return not reserved.amount or of(memory, reserved.day).committed + reserved.amount <= reserved.cap


def has_room_on(memory: Memory, reserved: Reservation, channel: Channel) -> bool:
    """Whether the money can be set aside in the whole budget and in the channel's part of it."""
    part = of(memory, reserved.day).channels.get(channel, 0)
    if reserved.amount and reserved.channel_cap is not None and part + reserved.amount > reserved.channel_cap:
        return False
    return has_room(memory, reserved)


def reserve(memory: Memory, reserved: Reservation, turn: Turn | None = None) -> None:
    """Set it aside, for a turn or for none."""
    reserve_on(memory, reserved, identity.channel_of(turn.person) if turn else None)
    _count_on_person(memory, reserved.day, reserved.amount, turn)


def reserve_on(memory: Memory, reserved: Reservation, channel: Channel | None) -> None:
    """Set it aside on the budget, and on the channel's part of it."""
    _commit(memory, reserved.day, reserved.amount, channel)
    day = of(memory, reserved.day)
    memory.spend[day.day] = replace(day, calls=day.calls + 1)


def settle(memory: Memory, bill: Settlement, turn: Turn) -> None:
    """Turn what was set aside for a turn into what it cost."""
    settle_on(memory, bill, identity.channel_of(turn.person))
    _count_on_person(memory, bill.reserved.day, bill.cost - bill.reserved.amount, turn)


def settle_on(memory: Memory, bill: Settlement, channel: Channel) -> None:
    """The same, on the budget and on the channel's part of it."""
    _commit(memory, bill.reserved.day, bill.cost - bill.reserved.amount, channel)
    day = of(memory, bill.reserved.day)
    if bill.usage:
        day = replace(
            day,
            tokens_in=day.tokens_in + bill.usage.input,
            tokens_cached=day.tokens_cached + bill.usage.cached,
            tokens_out=day.tokens_out + bill.usage.output,
            answers=day.answers + 1,
        )
    memory.spend[day.day] = day


def _commit(memory: Memory, name: str, amount: int, channel: Channel | None) -> None:
    day = of(memory, name)
    parts = dict(day.channels)
    if channel:
        parts[channel] = parts.get(channel, 0) + amount
    memory.spend[name] = replace(day, committed=day.committed + amount, channels=parts)


def _count_on_person(memory: Memory, name: str, amount: int, turn: Turn | None) -> None:
    if turn and amount and not turn.opens:
        known = memory.people.setdefault(turn.person, KnownPerson(Person(turn.person)))
        known.change(spent={**known.person.spent, name: known.person.spent.get(name, 0) + amount})


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
