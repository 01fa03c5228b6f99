"""A day's model costs over DynamoDB: the writes that belong to a turn's transactions, and the Spending port."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.access.budget import DaySpend, Reservation, Settlement
from chalicelib.aws.dynamodb import items, keys
from chalicelib.aws.dynamodb.conditions import within_cap
from chalicelib.aws.dynamodb.table import BATCH_LIMIT, ConditionFailed, Table
from chalicelib.aws.dynamodb.writes import Update, Write, update
from chalicelib.ids import Channel


def reserve(reservation: Reservation, channel: Channel | None) -> Write:
    """The write that reserves money for a model call, on condition that the day's budget has room.

    A call of no turn has no `channel`.
    """
    part = {items.committed_by(channel): reservation.amount} if channel else {}
    counted = Update(
        add={"committed": reservation.amount, "calls": 1, **part},
        set_if_absent={"expires_at": items.spend_expires_at(reservation.day)},
    )
    return update(keys.spend_key(reservation.day), counted, when=within_cap(reservation, channel))


def settle(settlement: Settlement, channel: Channel) -> Write:
    """The write that turns a reservation into the cost of the call.

    It needs no condition of its own: the turn's write in the same transaction succeeds only once.
    """
    used = settlement.usage
    tokens = {"tokens_in": used.input, "tokens_cached": used.cached, "tokens_out": used.output} if used else {}
    committed = settlement.cost - settlement.reserved.amount
    part = {items.committed_by(channel): committed}
    counted = {"committed": committed, **part, **tokens, **({"answers": 1} if used else {})}
    return update(keys.spend_key(settlement.reserved.day), Update(add=counted))


@dataclass(frozen=True)
class DynamoSpending:
    """`access.ports.Spending` over one table."""

    table: Table

    def days(self, since: date, until: date) -> Sequence[DaySpend]:
        names = [(since + timedelta(days=number)).isoformat() for number in range((until - since).days + 1)]
        found: dict[str, DaySpend] = {}
        for start in range(0, len(names), BATCH_LIMIT):
            wanted = [keys.spend_key(name) for name in names[start : start + BATCH_LIMIT]]
            read = (items.day_spend(item) for item in self.table.get_many(wanted))
            found |= {spent.day: spent for spent in read}
        return [found.get(name, DaySpend(name)) for name in names]

    def reserve(self, reservation: Reservation) -> bool:
        try:
            self.table.write(reserve(reservation, None))
        except ConditionFailed:
            return False
        return True
