"""What the model costs day by day, over DynamoDB: written with the steps of a turn, read by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.access.budget import DaySpend, Reservation, Settlement
from chalicelib.aws.dynamodb import items, keys
from chalicelib.aws.dynamodb.conditions import room_for
from chalicelib.aws.dynamodb.table import Table, Update, Write, update

_BATCH = 100


def reserve(reserved: Reservation) -> Write:
    """Money is set aside for a call, if there is room."""
    counted = Update(
        count={"committed": reserved.amount, "calls": 1},
        first={"expires_at": items.spend_expires_at(reserved.day)},
    )
    return update(keys.spend_key(reserved.day), counted, when=room_for(reserved))


def settle(bill: Settlement) -> Write:
    """The call is over. Without a condition: whoever set it aside settles it, once, with the turn's own step."""
    used = bill.usage
    tokens = {"tokens_in": used.input, "tokens_cached": used.cached, "tokens_out": used.output} if used else {}
    counted = {"committed": bill.cost - bill.reserved.amount, **tokens, **({"answers": 1} if used else {})}
    return update(keys.spend_key(bill.reserved.day), Update(count=counted))


@dataclass(frozen=True)
class DynamoSpending:
    """`ports.Spending` over one table."""

    table: Table

    def days(self, since: date, until: date) -> Sequence[DaySpend]:
        names = [(since + timedelta(days=number)).isoformat() for number in range((until - since).days + 1)]
        found: dict[str, DaySpend] = {}
        for start in range(0, len(names), _BATCH):
            wanted = [keys.spend_key(name) for name in names[start : start + _BATCH]]
            read = (items.day_spend(item) for item in self.table.get_many(wanted))
            found |= {spent.day: spent for spent in read}
        return [found.get(name, DaySpend(name)) for name in names]
