"""What the model costs day by day, over DynamoDB: written with the steps of a turn, read by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.messages import Bill, DaySpend, Reservation
from chalicelib.store import schema
from chalicelib.store.conditions import room_for
from chalicelib.store.table import Change, Table, Write, update

_BATCH = 100


def reserve(reserved: Reservation) -> Write:
    """Money is set aside for a call, if there is room."""
    counted = Change(
        count={"committed": reserved.amount, "calls": 1},
        first={"expires_at": schema.spend_expires_at(reserved.day)},
    )
    return update(schema.spend_key(reserved.day), counted, when=room_for(reserved))


def settle(bill: Bill) -> Write:
    """The call is over. Without a condition: whoever set it aside settles it, once, with the turn's own step."""
    used = bill.usage
    tokens = {"tokens_in": used.input, "tokens_cached": used.cached, "tokens_out": used.output} if used else {}
    counted = {"committed": bill.cost - bill.reserved.amount, **tokens, **({"answers": 1} if used else {})}
    return update(schema.spend_key(bill.reserved.day), Change(count=counted))


@dataclass(frozen=True)
class DynamoSpending:
    """`ports.Spending` over one table."""

    table: Table

    def days(self, since: date, until: date) -> Sequence[DaySpend]:
        names = [(since + timedelta(days=number)).isoformat() for number in range((until - since).days + 1)]
        found: dict[str, DaySpend] = {}
        for start in range(0, len(names), _BATCH):
            keys = [schema.spend_key(name) for name in names[start : start + _BATCH]]
            read = (schema.day_spend(item) for item in self.table.get_many(keys))
            found |= {spent.day: spent for spent in read}
        return [found.get(name, DaySpend(name)) for name in names]
