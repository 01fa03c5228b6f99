"""What a step takes back: a charge, money that was set aside, the place of a conversation that is closed.

Several of these may be in one item, which a transaction can update only once.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from itertools import groupby
from operator import and_

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.access import identity
from chalicelib.access.budget import Settlement
from chalicelib.access.ledger import month_of
from chalicelib.aws.dynamodb import key_counts, keys, ledger_items
from chalicelib.aws.dynamodb.conditions import EXISTS, above_zero, fewer_refunds_than
from chalicelib.aws.dynamodb.day_counts import refunds_on
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.keys import Key
from chalicelib.aws.dynamodb.table import Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, Write, update
from chalicelib.conversation import bookkeeping
from chalicelib.conversation.inbox_steps import Finish, Record
from chalicelib.conversation.turn import Lease, Turn
from chalicelib.ids import KeyId, PersonId


class RefundsUsedUp(Exception):
    """The person has had all refunds of the day; nothing was written."""


@dataclass(frozen=True)
class Change:
    """Numbers to add to an item, by their paths in it."""

    key: Key
    add: Mapping[str, int]
    lowers: str | None = None
    """The count that is lowered. If it is 0 or gone, the change is left out. None for one that is always made."""
    refund_of: str | None = None
    """The day of the question that is refunded, if such refunds are few."""
    most_refunds: int = 0
    otherwise: "Change | None" = None
    """What is changed if the item does not exist; None for an item that is made then."""

    @property
    def name(self) -> str:
        """The name of the item's write in the transaction."""
        return f"{self.key['pk']} {self.key['sk']}"

    def conditions(self) -> list[ConditionBase]:
        """What the stored item must be like."""
        counted = [above_zero(self.lowers)] if self.lowers else [EXISTS] if self.otherwise else []
        few = [fewer_refunds_than(self.most_refunds, day=self.refund_of)] if self.refund_of else []
        return [*counted, *few]

    def fitting(self, stored: Item) -> "Change | None":
        """The change that fits the stored item; None if the count that it lowers is not there. Raises RefundsUsedUp."""
        if self.refund_of and _number(stored, refunds_on(self.refund_of)) >= self.most_refunds:
            raise RefundsUsedUp
        if self.otherwise and not stored:
            return self.otherwise
        return self if self.lowers is None or _number(stored, self.lowers) > 0 else None


Changes = tuple[Change, ...]


def by(step: Record | Finish) -> Changes:
    """What the step gives back to its person and their API key; of an opening by the model, to the key alone."""
    if step.turn.opens:
        key = identity.key_of(step.turn.person)
        return (_question(key, step.turn.person),) if key and step.refund else ()
    settlement = step.settlement if isinstance(step, Record) else None
    money = unused(step.turn, settlement) if settlement else ()
    return (*money, *(_charge(step) if step.refund else ()))


def unused(turn: Turn, settlement: Settlement) -> Changes:
    """What was set aside for a call and not needed, in the user's share of the budget; nothing if no user asked."""
    unused = 0 if turn.opens else settlement.cost - settlement.reserved.amount
    counted = ledger_items.of_person(settlement.reserved.day, unused)
    return (Change(keys.person_key(turn.person), counted),) if unused else ()


def place(lease: Lease) -> Changes:
    """The place of an open conversation, of the user who opened it and of all users of their API key."""
    opener = lease.opened_by
    if opener is None:
        return ()
    of_all = (keys.places_key(opener),) if identity.traits_of(opener).has_api_keys else ()
    return tuple(_lower(key, "open_conversations") for key in (keys.person_key(opener), *of_all))


def transact(table: Table, changes: Changes, **writes: Write | None) -> None:
    """Execute the writes and the changes in one transaction. Raises TransactionRefused for the writes only.

    A count that was deleted meanwhile cannot be lowered. The transaction is then repeated without it. Raises
    RefundsUsedUp.
    """
    ours = _writes(changes)
    try:
        table.transact(**writes, **ours)
    except TransactionRefused as exc:
        fitting = tuple(
            fitting
            for change in changes
            if (fitting := change if change.name not in exc.failed else change.fitting(exc.failed[change.name] or {}))
        )
        if not exc.failed.keys() <= ours.keys():
            raise
        transact(table, fitting, **writes)


def _charge(step: Record | Finish) -> Changes:
    """The charge of a turn, of its person on the day it was made, and of their API key if anyone would get it back.

    A key has as many visitors as are opened, so what each gets back a few times it would get back without end.
    """
    turn, most_refunds = step.turn, step.most_refunds
    if turn.charged_day is None:
        return ()
    of_month = {ledger_items.refunded_in(month_of(bookkeeping.day_of(step))): 1}
    person, day, key = keys.person_key(turn.person), turn.charged_day, identity.key_of(turn.person)
    if most_refunds is None:
        of_key = (_question(key, turn.person),) if key else ()
        return (Change(person, {f"quota.{day}": -1, **of_month}, f"quota.{day}"), *of_key)
    counted = {f"quota.{day}": -1, refunds_on(day): 1, **of_month}
    return (Change(person, counted, f"quota.{day}", refund_of=day, most_refunds=most_refunds),)


def _question(key: KeyId, person: PersonId) -> Change:
    """A question of an API key; where the person's are not counted apart, it is counted in the key's own item."""
    return Change(key_counts.part_key(key, person), {"used": -1}, otherwise=_lower(keys.api_key_key(key), "used"))


def _lower(key: Key, count: str) -> Change:
    return Change(key, {count: -1}, count)


def _writes(changes: Changes) -> dict[str, Write]:
    grouped = groupby(sorted(changes, key=lambda change: change.name), key=lambda change: change.name)
    return {name: _write(tuple(group)) for name, group in grouped}


def _write(changes: Changes) -> Write:
    added: Counter[str] = Counter()
    for change in changes:
        added.update(change.add)
    conditions = [condition for change in changes for condition in change.conditions()]
    return update(changes[0].key, Update(add=dict(added)), when=reduce(and_, conditions) if conditions else None)


def _number(item: Item, path: str) -> int:
    value: object = item
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return int(value) if isinstance(value, Decimal) else 0
