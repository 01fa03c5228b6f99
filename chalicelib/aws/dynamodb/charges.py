"""The writes of charges and refunds, on the person and on their API key."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from chalicelib.access import identity
from chalicelib.access.budget import Reservation, Settlement
from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.conditions import (
    KEY_NOT_USED_UP,
    NOT_BLOCKED,
    above_zero,
    below_limit,
    fewer_refunds_than,
    key_valid,
    within_share,
)
from chalicelib.aws.dynamodb.day_counts import refunds_on, spent_on
from chalicelib.aws.dynamodb.table import TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, Write, update
from chalicelib.conversation.inbox_steps import Charge, Finish, Record
from chalicelib.conversation.turn import Turn


class RefundsUsedUp(Exception):
    """The person has had all refunds of the day; nothing was written."""


def count_on_person(step: Charge) -> Write:
    """The write that counts a question and its money on its person.

    Its condition is that they are not blocked, not over their limit, and their share of the budget has room.
    """
    outdated = [name for day in step.outdated for name in (f"quota.{day}", refunds_on(day))]
    outdated += [spent_on(day) for day in step.outdated if day != step.reserve.day]
    may_ask = NOT_BLOCKED if step.limit is None else NOT_BLOCKED & below_limit(step.limit, day=step.day)
    within = within_share(step.reserve)
    counted = Update(add={f"quota.{step.day}": 1, **_spent(step.reserve.day, step.reserve.amount)}, remove=outdated)
    return update(keys.person_key(step.turn.person), counted, when=may_ask & within if within else may_ask)


def set_aside_again(turn: Turn, reserve: Reservation) -> Write | None:
    """The write that counts another call's money on the person, if their share has room; None for a free call."""
    if not reserve.amount:
        return None
    counted = Update(add=_spent(reserve.day, reserve.amount))
    return update(keys.person_key(turn.person), counted, when=within_share(reserve))


def _spent(day: str, amount: int) -> dict[str, int]:
    return {spent_on(day): amount} if amount else {}


def count_on_key(turn: Turn, *, now: int) -> Write | None:
    """The write that counts one more message on the person's API key; None for a person without a key."""
    key = identity.key_of(turn.person)
    if key is None:
        return None
    return update(keys.api_key_key(key), Update(add={"used": 1}), when=key_valid(now) & KEY_NOT_USED_UP)


@dataclass(frozen=True)
class Returned:
    """What a step gives back to its person, on the day of the charge, and to their API key."""

    turn: Turn
    to_person: bool
    to_key: bool
    most: int | None
    """As `Record.most_refunds`."""
    settlement: Settlement | None = None
    """Its money is returned to the person's share of the budget."""

    @classmethod
    def by(cls, step: Record | Finish) -> "Returned":
        """What the step gives back; nothing for a turn that was not charged."""
        refund = step.refund and step.turn.charged_day is not None
        to_key = refund and identity.key_of(step.turn.person) is not None
        settlement = step.settlement if isinstance(step, Record) else None
        return cls(step.turn, refund, to_key, step.most_refunds, settlement)

    def writes(self) -> dict[str, Write]:
        """The writes by name."""
        return {**self._person(), **self._key()}

    def without(self, refused: TransactionRefused) -> "Returned | None":
        """The same without the counts that were deleted since the charge; None if others refused the transaction.

        Raises RefundsUsedUp.
        """
        if self.to_person and self.most is not None:
            stored = refused.failed.get("person") or {}
            if stored.get(refunds_on(self.turn.charged_day or ""), 0) >= self.most:
                raise RefundsUsedUp from refused
        return self._without(refused.failed) if refused.failed.keys() <= self.writes().keys() else None

    def _without(self, gone: Collection[str]) -> "Returned":
        return replace(
            self, to_person=self.to_person and "person" not in gone, to_key=self.to_key and "key" not in gone
        )

    def _person(self) -> dict[str, Write]:
        bill, given, may_have = self.settlement, {}, None
        if bill:
            given = _spent(bill.reserved.day, bill.cost - bill.reserved.amount)
        if self.to_person:
            day = self.turn.charged_day or ""
            given[f"quota.{day}"], may_have = -1, above_zero(f"quota.{day}")
            if self.most is not None:
                given[refunds_on(day)], may_have = 1, may_have & fewer_refunds_than(self.most, day=day)
        return {"person": update(keys.person_key(self.turn.person), Update(add=given), when=may_have)} if given else {}

    def _key(self) -> dict[str, Write]:
        key = identity.key_of(self.turn.person) if self.to_key else None
        if key is None:
            return {}
        return {"key": update(keys.api_key_key(key), Update(add={"used": -1}), when=above_zero("used"))}


def nothing(turn: Turn) -> Returned:
    """No refund."""
    return Returned(turn, to_person=False, to_key=False, most=None)
