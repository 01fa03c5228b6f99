"""The writes of a worker, each on condition that it still has the conversation's lease."""

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.conditions import lease_held
from chalicelib.aws.dynamodb.writes import Update, Write, update
from chalicelib.conversation.turn import Lease, Turn


def update_turn(turn: Turn, change: Update, *, when: ConditionBase) -> Write:
    """An update of the turn; it belongs into a transaction with one of the conversation."""
    return update(keys.turn_key(turn.conversation, turn.id), change, when=when)


def update_conversation(lease: Lease, change: Update, *, when: ConditionBase | None = None) -> Write:
    """An update of the leased conversation, on condition that the lease is still held."""
    held = lease_held(lease)
    return update(keys.conversation_key(lease.conversation), change, when=held & when if when else held)


def extend(lease: Lease, *, until: int, closed: int = 0) -> Write:
    """The update that extends the lease to `until`, with so many turns closed in the same transaction."""
    return update_conversation(lease, Update(set={"lease_until": until}, add=fewer_open(closed)))


def fewer_open(closed: int) -> dict[str, int]:
    """What the transaction that closes so many turns adds to the conversation."""
    return {"open_turns": -closed} if closed else {}
