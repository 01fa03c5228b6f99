"""A day's model costs over DynamoDB: the writes that belong to a turn's transactions, and the Spending port."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.access import identity, ledger
from chalicelib.access.budget import DaySpend, Reservation, Settlement
from chalicelib.aws.dynamodb import items, keys, ledger_items
from chalicelib.aws.dynamodb.conditions import within_cap
from chalicelib.aws.dynamodb.table import BATCH_LIMIT, Table
from chalicelib.aws.dynamodb.writes import Update, Write, update
from chalicelib.conversation import bookkeeping
from chalicelib.conversation.inbox_steps import Finish, Record
from chalicelib.conversation.turn import Turn
from chalicelib.ids import Channel


def reserve(reservation: Reservation, channel: Channel | None) -> Write:
    """The write that reserves money for a call of no turn, on condition that the day's budget has room.

    `channel` is whose part it takes; None if it takes none.
    """
    counted = ledger.reserved(reservation, channel, of_person=False)
    return _count(counted, when=within_cap(reservation, channel))


def reserve_for(turn: Turn, reservation: Reservation, *, asks: bool) -> Write:
    """The same for a call of a turn; `asks` for its first one."""
    channel, of_person = identity.channel_of(turn.person), not turn.opens
    counted = ledger.reserved(reservation, channel, of_person=of_person, asks=asks and of_person)
    return _count(counted, when=within_cap(reservation, channel))


def settle(settlement: Settlement, channel: Channel) -> Write:
    """The write that turns a reservation into the cost of the call, for a call of no turn.

    It needs no condition of its own: the turn's write in the same transaction succeeds only once.
    """
    return _count(ledger.settled(settlement, channel, of_person=False))


def settle_for(turn: Turn, settlement: Settlement) -> Write:
    """The same for a call of a turn that goes on."""
    return _count(ledger.settled(settlement, identity.channel_of(turn.person), of_person=not turn.opens))


def end(step: Record | Finish) -> Write | None:
    """The write of what the end of a turn costs and counts; None if that is nothing."""
    counted = bookkeeping.of_end(step)
    return _count(counted) if counted else None


def _count(counted: DaySpend, *, when: ConditionBase | None = None) -> Write:
    change = Update(
        add=ledger_items.counted(counted), set_if_absent={"expires_at": items.spend_expires_at(counted.day)}
    )
    return update(keys.spend_key(counted.day), change, when=when)


@dataclass(frozen=True)
class DynamoSpending:
    """`access.ports.Spending` over one table."""

    table: Table

    def days(self, since: date, until: date) -> Sequence[DaySpend]:
        names = [(since + timedelta(days=number)).isoformat() for number in range((until - since).days + 1)]
        found: dict[str, DaySpend] = {}
        for start in range(0, len(names), BATCH_LIMIT):
            wanted = [keys.spend_key(name) for name in names[start : start + BATCH_LIMIT]]
            read = (ledger_items.day_spend(item) for item in self.table.get_many(wanted))
            found |= {spent.day: spent for spent in read}
        return [found.get(name, DaySpend(name)) for name in names]

    def used_before(self, day: date) -> int:
        last = day - timedelta(days=1)
        closed = Update(set={"closed": True}, set_if_absent={"expires_at": items.spend_expires_at(last.isoformat())})
        self.table.write(update(keys.spend_key(last.isoformat()), closed))
        return sum(spent.committed for spent in self.days(day.replace(day=1), last))

    def reserve(self, reservation: Reservation) -> bool:
        return self.table.write_if(reserve(reservation, None))
