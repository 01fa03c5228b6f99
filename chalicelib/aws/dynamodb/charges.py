"""The writes of charges and refunds, on the person and on their API key."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from chalicelib.access import identity
from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.conditions import (
    KEY_NOT_USED_UP,
    NOT_BLOCKED,
    above_zero,
    below_limit,
    fewer_refunds_than,
    key_valid,
)
from chalicelib.aws.dynamodb.day_counts import refunds_on
from chalicelib.aws.dynamodb.table import TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, Write, update
from chalicelib.conversation.inbox_steps import Charge, Finish, Record
from chalicelib.conversation.turn import Turn


class RefundsUsedUp(Exception):
    """The person has had all refunds of the day; nothing was written."""


def count_on_person(step: Charge) -> Write:
    """The write that counts a question on its person, unless they are blocked or over their limit."""
    outdated = [f"quota.{day}" for day in step.outdated] + [refunds_on(day) for day in step.outdated]
    may_ask = NOT_BLOCKED if step.limit is None else NOT_BLOCKED & below_limit(step.limit, day=step.day)
    counted = Update(add={f"quota.{step.day}": 1}, remove=outdated)
    return update(keys.person_key(step.turn.person), counted, when=may_ask)


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

    @classmethod
    def by(cls, step: Record | Finish) -> "Returned":
        """What the step gives back; nothing for a turn that was not charged."""
        refund = step.refund and step.turn.charged_day is not None
        return cls(step.turn, refund, refund and identity.key_of(step.turn.person) is not None, step.most_refunds)

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
        if not self.to_person:
            return {}
        day = self.turn.charged_day or ""
        used = f"quota.{day}"
        given, may_have = {used: -1}, above_zero(used)
        if self.most is not None:
            given, may_have = {**given, refunds_on(day): 1}, may_have & fewer_refunds_than(self.most, day=day)
        return {"person": update(keys.person_key(self.turn.person), Update(add=given), when=may_have)}

    def _key(self) -> dict[str, Write]:
        key = identity.key_of(self.turn.person) if self.to_key else None
        if key is None:
            return {}
        return {"key": update(keys.api_key_key(key), Update(add={"used": -1}), when=above_zero("used"))}


def nothing(turn: Turn) -> Returned:
    """No refund."""
    return Returned(turn, to_person=False, to_key=False, most=None)
