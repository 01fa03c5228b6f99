"""Maps the failed conditions of a transaction to their meaning.

The writes are named as in `accepting` and `inbox`: turn, conversation, person, places, mark, spend, key.
"""

from chalicelib.access import identity
from chalicelib.access.budget import Reservation
from chalicelib.access.ledger import month_of
from chalicelib.access.person import Access
from chalicelib.aws.dynamodb import api_key_items, items, joins, ledger_items
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.table import TransactionRefused
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.commands import may_blocked_send
from chalicelib.conversation.inbox_steps import Charge
from chalicelib.conversation.limits import MAX_ROOMS
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import IncomingMessage, Lease
from chalicelib.errors import LeaseLost


def why_not_accepted(refused: TransactionRefused, message: IncomingMessage) -> Accepted | None:
    """Return why a message is not accepted, however often it is tried; None if it may be accepted in another case.

    A repetition is recognised before all limits, so that none of them concerns a message that was accepted.
    """
    may_write = may_blocked_send(message.text, message.conversation)
    if "person" in refused.failed and _is_blocked(refused) and not may_write:
        return Accepted.BLOCKED
    if "turn" in refused.failed:
        stored = refused.failed["turn"]
        is_open = stored is not None and items.turn(stored).is_open
        return Accepted.DUPLICATE_OPEN if is_open else Accepted.DUPLICATE_DONE
    if "mark" in refused.failed:
        return Accepted.DUPLICATE_OPEN
    rooms = (refused.failed.get("person") or {}).get("rooms", ())
    if identity.named(message.conversation) and message.conversation not in rooms and len(rooms) >= MAX_ROOMS:
        return Accepted.TOO_MANY_ROOMS
    return None


def why_not_charged(refused: TransactionRefused, step: Charge, *, now: int) -> Charged:
    """Return why a turn was not charged; the first of several reasons.

    Their order is: the user's block, limit and share of the budget, the API key, the budget, the channel's part.
    Raises LeaseLost if what was read of the user before is deleted by now.
    """
    if "person" in refused.failed:
        if _is_blocked(refused):
            return Charged.BLOCKED
        if int((refused.failed["person"] or {}).get("forgotten_at", 0)) != step.forgotten_at:
            raise LeaseLost("the person has had everything deleted meanwhile")
        used = (refused.failed["person"] or {}).get("quota", {}).get(step.day, 0)
        is_over = step.limit is not None and used >= step.limit
        return Charged.OVER_LIMIT if is_over else _which_share(refused, step.reserve)
    if "key" in refused.failed:
        stored = refused.failed["key"]
        is_valid = stored is not None and api_key_items.is_valid(stored, now=now)
        return Charged.KEY_SPENT if is_valid else Charged.KEY_REVOKED
    return why_no_money(refused, step.reserve)


def may_lack_count(refused: TransactionRefused, step: Charge) -> bool:
    """Whether the turn may be charged once there is an item that counts it on its API key."""
    return step.key_counted_apart and "person" not in refused.failed and refused.failed.get("key", Item()) is None


def why_no_money(refused: TransactionRefused, reserve: Reservation) -> Charged:
    """Return what has no room for the reservation.

    Order: the user's shares, the day if it is over, the month, the day's budget, the channel's part.
    """
    if "person" in refused.failed:
        return _which_share(refused, reserve)
    stored = refused.failed.get("spend") or {}
    needed = int(stored.get("committed", 0)) + reserve.amount
    if reserve.month and "closed" in stored:
        return Charged.DAY_OVER
    if reserve.month and needed > reserve.month.room:
        return Charged.MONTH_SPENT
    return Charged.OVER_BUDGET if needed > reserve.cap else Charged.CHANNEL_SPENT


def _which_share(refused: TransactionRefused, reserve: Reservation) -> Charged:
    stored, month = refused.failed["person"] or {}, reserve.month
    if month is None or month.of_person is None:
        return Charged.SHARE_SPENT
    used = int(stored.get(ledger_items.cost_in(month_of(reserve.day)), 0))
    return Charged.MONTH_SHARE_SPENT if used + reserve.amount > month.of_person else Charged.SHARE_SPENT


def raise_if_lost(refused: TransactionRefused) -> None:
    """Raise LeaseLost when turn or conversation are not as this worker left them."""
    if any(name in ("turn", "conversation") or name.startswith(joins.NAME) for name in refused.failed):
        raise LeaseLost("another worker has this conversation") from refused


def current_lease(lease: Lease, item: Item | None) -> Lease:
    """Return the lease as read from the item that a refused release found. Raises LeaseLost when it is another's."""
    if item is None or item.get("lease_owner") != lease.owner or item.get("fence") != lease.fence:
        raise LeaseLost("another worker has this conversation")
    return items.lease(item, owner=lease.owner, fence=lease.fence)


def _is_blocked(refused: TransactionRefused) -> bool:
    stored = refused.failed["person"] or {}
    return stored.get("access") == Access.BLOCKED.value
