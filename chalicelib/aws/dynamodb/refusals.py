"""What a refused step means, read from what stood in the way; nothing is asked or written here."""

from typing import Final

from chalicelib.access.person import Access
from chalicelib.aws.dynamodb import items
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.table import TransactionRefused
from chalicelib.conversation.ports import Accepted, Charged
from chalicelib.conversation.turn import Lease
from chalicelib.errors import LeaseLost

TURN: Final = 0
CONVERSATION: Final = 1
PERSON: Final = 2
MARK: Final = 3
KEY: Final = 4
"""The places of the writes in the transactions whose refusal is read here."""


def why_not_accepted(refused: TransactionRefused) -> Accepted:
    """What kept the door from keeping a message."""
    if PERSON in refused.failed:
        person = items.person({"pk": "", **(refused.failed[PERSON] or {})})
        return Accepted.BLOCKED if person.access is Access.BLOCKED else Accepted.TOO_MANY_ROOMS
    if TURN in refused.failed:
        there = refused.failed[TURN]
        is_open = there is not None and items.turn(there).is_open
        return Accepted.DUPLICATE_OPEN if is_open else Accepted.DUPLICATE_DONE
    if MARK in refused.failed:
        return Accepted.DUPLICATE_OPEN
    return Accepted.OVERFLOW


def why_not_charged(refused: TransactionRefused, *, now: int) -> Charged:
    """What kept a turn from being charged: the person's own limits go before the key's, and those before the budget."""
    if PERSON in refused.failed:
        person = items.person({"pk": "", **(refused.failed[PERSON] or {})})
        return Charged.BLOCKED if person.access is Access.BLOCKED else Charged.OVER_LIMIT
    if KEY in refused.failed:
        there = refused.failed[KEY]
        is_valid = there is not None and items.api_key(there).is_valid(now=now)
        return Charged.KEY_SPENT if is_valid else Charged.KEY_REVOKED
    return Charged.OVER_BUDGET


def open_turns(refused: TransactionRefused) -> int:
    """How many were open in the conversation."""
    return int((refused.failed.get(CONVERSATION) or {}).get("open_turns", 0))


def stop_if_lost(refused: TransactionRefused) -> None:
    """Raises LeaseLost when turn or conversation are not as this worker left them."""
    if TURN in refused.failed or CONVERSATION in refused.failed:
        raise LeaseLost("somebody else works on this conversation") from refused


def as_it_is_now(lease: Lease, item: Item | None) -> Lease:
    """The lease read anew from what a refused release found, if it is still ours."""
    if item is None or item.get("lease_owner") != lease.owner or item.get("fence") != lease.fence:
        raise LeaseLost("somebody else works on this conversation")
    return items.lease(item, owner=lease.owner, fence=lease.fence)
