"""A day's model costs over DynamoDB: what belongs to a turn's transactions, and the Spending port."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.access import identity, ledger
from chalicelib.access.budget import DaySpend, Reservation, Settlement
from chalicelib.aws.dynamodb import items, keys, ledger_items
from chalicelib.aws.dynamodb.shared_day import set_aside_alone
from chalicelib.aws.dynamodb.spend_writes import SetAside, counting, settled_in, shard_names
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.writes import Update, Write, update
from chalicelib.conversation import bookkeeping
from chalicelib.conversation.inbox_steps import Finish, Record
from chalicelib.conversation.turn import Turn
from chalicelib.ids import Channel


def reserve(reservation: Reservation, channel: Channel | None) -> SetAside:
    """The money for a call of no turn. `channel` is whose part it takes; None if it takes none."""
    return SetAside(reservation, channel, ledger.reserved(reservation, channel, of_person=False))


def reserve_for(turn: Turn, reservation: Reservation, *, asks: bool) -> SetAside:
    """The same for a call of a turn; `asks` for its first one."""
    channel, of_person = identity.channel_of(turn.person), not turn.opens
    counted = ledger.reserved(reservation, channel, of_person=of_person, asks=asks and of_person)
    return SetAside(reservation, channel, counted)


def settle(settlement: Settlement, channel: Channel) -> Write:
    """The write that turns a reservation into the cost of the call, for a call of no turn.

    It needs no condition of its own: the turn's write in the same transaction succeeds only once.
    """
    counted = ledger.settled(settlement, channel, of_person=False)
    return counting(counted, settled_in(settlement, channel))


def settle_for(turn: Turn, settlement: Settlement) -> Write:
    """The same for a call of a turn that goes on."""
    channel = identity.channel_of(turn.person)
    counted = ledger.settled(settlement, channel, of_person=not turn.opens)
    return counting(counted, settled_in(settlement, channel))


def end(step: Record | Finish) -> Write | None:
    """The write of what the end of a turn costs and counts; None if that is nothing."""
    counted, bill = bookkeeping.of_end(step), bookkeeping.settlement_of(step)
    if counted is None:
        return None
    return counting(counted, settled_in(bill, identity.channel_of(step.turn.person)) if bill else None)


@dataclass(frozen=True)
class DynamoSpending:
    """`access.ports.Spending` over one table."""

    table: Table

    def days(self, since: date, until: date) -> Sequence[DaySpend]:
        names = [(since + timedelta(days=number)).isoformat() for number in range((until - since).days + 1)]
        own = self.table.get_many([keys.spend_key(name) for name in names])
        parts = [(item["pk"].removeprefix(keys.SPEND_PREFIX), shard) for item in own for shard in shard_names(item)]
        found = {name: DaySpend(name) for name in names}
        for item in (*own, *self.table.get_many([keys.spend_shard_key(day, shard) for day, shard in parts])):
            counted = ledger_items.day_spend(item)
            found[counted.day] = ledger.added(found[counted.day], counted)
        return list(found.values())

    def used_before(self, day: date) -> int:
        last = day - timedelta(days=1)
        own = self.table.write(update(keys.spend_key(last.isoformat()), _closed(last)))
        shards = self.table.get_many([keys.spend_shard_key(last.isoformat(), name) for name in shard_names(own)])
        for item in (item for item in shards if "closed" not in item):
            self.table.write(update(items.key_of(item), _closed(last)))
        return sum(spent.committed for spent in self.days(day.replace(day=1), last))

    def reserve(self, reservation: Reservation) -> bool:
        return set_aside_alone(self.table, reserve(reservation, None))


def _closed(day: date) -> Update:
    return Update(set={"closed": True}, set_if_absent={"expires_at": items.spend_expires_at(day.isoformat())})
