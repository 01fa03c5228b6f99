"""What the end of a turn counts in the ledger. Pure."""

from chalicelib.access import identity, ledger
from chalicelib.access.budget import DaySpend, Settlement
from chalicelib.conversation.inbox_steps import Finish, Record


def of_end(step: Record | Finish) -> DaySpend | None:
    """Return what the step counts on `day_of(step)`; None if that is nothing."""
    bill, is_refunded = settlement_of(step), step.refund and step.turn.charged_day is not None
    if not (bill or step.tally or is_refunded):
        return None
    counted = ledger.ended(day_of(step), step.tally, is_refunded=is_refunded)
    if bill is None:
        return counted
    turn = step.turn
    cost = ledger.settled(bill, identity.channel_of(turn.person), of_person=not turn.opens)
    return ledger.added(cost, counted)


def day_of(step: Record | Finish) -> str:
    """Return the day of the ledger on which the step counts: that of its settlement, if it has one."""
    if bill := settlement_of(step):
        return bill.reserved.day
    return step.tally.day if step.tally else step.turn.charged_day or ""


def settlement_of(step: Record | Finish) -> Settlement | None:
    """Return what the model call that ends with the step cost; None if it ends with none."""
    return step.settlement if isinstance(step, Record) else None
