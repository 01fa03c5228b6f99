"""The costs of the model in the fake store; a caller that changes them holds the memory's lock."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from chalicelib.access import identity, ledger
from chalicelib.access.budget import DaySpend, Reservation, Settlement
from chalicelib.access.person import Person
from chalicelib.conversation import bookkeeping
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Finish, Record
from chalicelib.conversation.turn import Turn
from chalicelib.ids import Channel
from tests.fakes.memory import KnownPerson, Memory, atomic


def refusal(memory: Memory, reserved: Reservation, turn: Turn) -> Charged | None:
    """Why the money for a turn cannot be set aside; None if it can."""
    known, channel = memory.people.get(turn.person), identity.channel_of(turn.person)
    spent = known.person.spent.get(reserved.day, 0) if known else 0
    share = None if turn.opens else reserved.person_cap
    of_month = reserved.month.of_person if reserved.month and not turn.opens else None
    use = known.person.months.get(ledger.month_of(reserved.day)) if known else None
    if reserved.amount and of_month is not None and (use.cost if use else 0) + reserved.amount > of_month:
        return Charged.MONTH_SHARE_SPENT
    if reserved.amount and share is not None and spent + reserved.amount > share:
        return Charged.SHARE_SPENT
    if refused := _refusal_of_day(memory, reserved):
        return refused
    return None if has_room_on(memory, reserved, channel) else Charged.CHANNEL_SPENT


def _refusal_of_day(memory: Memory, reserved: Reservation) -> Charged | None:
    needed = of(memory, reserved.day).committed + reserved.amount
    if not reserved.amount:
        return None
    if reserved.month and reserved.day in memory.closed_days:
        return Charged.DAY_OVER
    if reserved.month and needed > reserved.month.room:
        return Charged.MONTH_SPENT
    return Charged.OVER_BUDGET if needed > reserved.cap else None


def has_room(memory: Memory, reserved: Reservation) -> bool:
    """Whether the money can be set aside in the whole budget."""
    return _refusal_of_day(memory, reserved) is None


def has_room_on(memory: Memory, reserved: Reservation, channel: Channel) -> bool:
    """Whether the money can be set aside in the whole budget and in the channel's part of it."""
    part = of(memory, reserved.day).channels.get(channel, 0)
    if reserved.amount and reserved.channel_cap is not None and part + reserved.amount > reserved.channel_cap:
        return False
    return has_room(memory, reserved)


def reserve(memory: Memory, reserved: Reservation, turn: Turn, *, asks: bool = False) -> None:
    """Set it aside for a turn; `asks` for its first call."""
    channel, of_person = identity.channel_of(turn.person), not turn.opens
    _count(memory, ledger.reserved(reserved, channel, of_person=of_person, asks=asks and of_person))
    if of_person:
        _count_on_person(memory, reserved.day, reserved.amount, turn)
        _count_in_month(memory, reserved.day, turn, questions=int(asks))


def reserve_on(memory: Memory, reserved: Reservation, channel: Channel | None) -> None:
    """Set it aside for no turn, on the budget and on the channel's part of it."""
    _count(memory, ledger.reserved(reserved, channel, of_person=False))


def settle(memory: Memory, bill: Settlement, turn: Turn) -> None:
    """Turn what was set aside for a turn into what it cost."""
    _count(memory, ledger.settled(bill, identity.channel_of(turn.person), of_person=not turn.opens))
    if not turn.opens:
        _count_on_person(memory, bill.reserved.day, bill.cost - bill.reserved.amount, turn)


def settle_on(memory: Memory, bill: Settlement, channel: Channel) -> None:
    """The same for no turn."""
    _count(memory, ledger.settled(bill, channel, of_person=False))


def end(memory: Memory, step: Record | Finish) -> None:
    """Count what the end of a turn costs and counts."""
    turn, bill = step.turn, step.settlement if isinstance(step, Record) else None
    if counted := bookkeeping.of_end(step):
        _count(memory, counted)
    if bill and not turn.opens:
        _count_on_person(memory, bill.reserved.day, bill.cost - bill.reserved.amount, turn)
    if step.refund and turn.charged_day:
        _count_in_month(memory, bookkeeping.day_of(step), turn, refunded=1)


def _count(memory: Memory, counted: DaySpend) -> None:
    memory.spend[counted.day] = ledger.added(of(memory, counted.day), counted)


def _count_on_person(memory: Memory, name: str, amount: int, turn: Turn) -> None:
    if amount:
        known = memory.people.setdefault(turn.person, KnownPerson(Person(turn.person)))
        known.change(spent={**known.person.spent, name: known.person.spent.get(name, 0) + amount})
        _count_in_month(memory, name, turn, cost=amount)


def _count_in_month(
    memory: Memory, day: str, turn: Turn, *, questions: int = 0, cost: int = 0, refunded: int = 0
) -> None:
    known = memory.people.setdefault(turn.person, KnownPerson(Person(turn.person)))
    month = ledger.month_of(day)
    before = known.person.months.get(month, ledger.MonthUse())
    use = ledger.MonthUse(before.questions + questions, before.cost + cost, before.refunded + refunded)
    known.change(months={**known.person.months, month: use})


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
    def used_before(self, day: date) -> int:
        last = day - timedelta(days=1)
        self.memory.closed_days.add(last.isoformat())
        return sum(spent.committed for spent in self.days(day.replace(day=1), last))

    @atomic
    def reserve(self, reservation: Reservation) -> bool:
        if not has_room(self.memory, reservation):
            return False
        reserve_on(self.memory, reservation, None)
        return True
