"""The writes of charges, on the user and on their API key."""

from chalicelib.access import identity
from chalicelib.access.budget import Reservation
from chalicelib.access.ledger import month_of
from chalicelib.aws.dynamodb import key_counts, keys, ledger_items
from chalicelib.aws.dynamodb.conditions import (
    KEY_NOT_USED_UP,
    NOT_BLOCKED,
    below_limit,
    forgotten_at,
    key_valid,
)
from chalicelib.aws.dynamodb.day_counts import refunds_on, spent_on
from chalicelib.aws.dynamodb.spend_conditions import within_share
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.writes import Update, Write, update
from chalicelib.conversation.inbox_steps import Charge
from chalicelib.conversation.turn import Turn


def count_on_person(step: Charge) -> Write | None:
    """The write that counts a question, and the money set aside for it, on its person; None if nobody asked.

    It is conditional: the user is not blocked, not over the limit, and their share of the budget has room.
    """
    if step.turn.opens:
        return None
    outdated = [name for day in step.outdated for name in (f"quota.{day}", refunds_on(day), spent_on(day))]
    outdated += [name for month in step.outdated_months for name in ledger_items.of_month(month)]
    known = NOT_BLOCKED & forgotten_at(step.forgotten_at)
    may_ask = known if step.limit is None else known & below_limit(step.limit, day=step.day)
    within, asked = within_share(step.reserve), ledger_items.asked_in(month_of(step.reserve.day))
    counted = Update(
        set=talked(step.turn), add={f"quota.{step.day}": 1, asked: 1, **_spent(step.reserve)}, remove=outdated
    )
    return update(keys.person_key(step.turn.person), counted, when=may_ask & within if within else may_ask)


def talked(turn: Turn) -> dict[str, int]:
    """The attributes of a person to whom the turn is answered by the model, or with the notice that an AI answers."""
    return {"talked_at": turn.asked_at}


def tell(turn: Turn) -> Write | None:
    """The write that notes a notice that an AI answers, with a reply that is not charged; None for other replies."""
    if not turn.says_ai or turn.charged_day or turn.opens:
        return None
    return update(keys.person_key(turn.person), Update(set=talked(turn)))


def set_aside_again(turn: Turn, reserve: Reservation) -> Write | None:
    """The write that counts another call's money on the user, if their share has room; None for a free call.

    None too if nobody asked.
    """
    if not reserve.amount or turn.opens:
        return None
    counted = Update(add=_spent(reserve))
    return update(keys.person_key(turn.person), counted, when=within_share(reserve))


def _spent(reserve: Reservation) -> dict[str, int]:
    return ledger_items.of_person(reserve.day, reserve.amount) if reserve.amount else {}


def begin_count(table: Table, turn: Turn) -> bool:
    """Make the item in which `count_on_key` counts the turn; False if the API key is revoked or gone."""
    key = identity.key_of(turn.person)
    return key is not None and key_counts.begin(table, key, turn.person)


def count_on_key(step: Charge, *, now: int) -> Write | None:
    """The write that counts one more message on the user's API key; None for a user without a key."""
    key = identity.key_of(step.turn.person)
    if key is None:
        return None
    if step.key_counted_apart:
        return key_counts.count(key, step.turn.person, now=now)
    return update(keys.api_key_key(key), Update(add={"used": 1}), when=key_valid(now) & KEY_NOT_USED_UP)
