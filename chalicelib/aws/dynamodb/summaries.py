"""The Summaries port over DynamoDB: a summary is an attribute of its conversation's item, which the lease reads."""

from dataclasses import dataclass
from typing import Final

from chalicelib.access.budget import Reservation, Settlement
from chalicelib.aws.dynamodb import keys, spend, summary_items
from chalicelib.aws.dynamodb.conditions import EXISTS, no_summary_begun, no_summary_of, same_words
from chalicelib.aws.dynamodb.shared_day import set_aside
from chalicelib.aws.dynamodb.table import ConditionFailed, Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, Write, update
from chalicelib.conversation.summary_ports import Summarised
from chalicelib.conversation.turn import Lease
from chalicelib.ids import Channel, ConversationId

CHANGED_WORDS: Final = {"words_version": 1}
"""What each change of words adds to the conversation's item: it refuses a summary that is just being made."""


@dataclass(frozen=True)
class DynamoSummaries:
    """`conversation.summary_ports.Summaries` over one table."""

    table: Table

    def begin(self, lease: Lease, reserve: Reservation, channel: Channel, *, newest: int) -> bool:
        begun = Update(set={"summary_tried": newest})
        key = keys.conversation_key(lease.conversation)
        try:
            set_aside(
                self.table,
                spend.reserve(reserve, channel),
                conversation=update(key, begun, when=same_words(lease) & no_summary_begun(newest)),
            )
        except TransactionRefused:
            return False
        return True

    def is_waiting(self, conversation: ConversationId) -> bool:
        item = self.table.get(keys.conversation_key(conversation)) or {}
        return int(item.get("open_turns", 0)) > 0

    def keep(self, made: Summarised) -> bool:
        kept = Update(
            set={**summary_items.values(made.summary), "expires_at": made.expires_at},
            add=CHANGED_WORDS,
            remove=["summary_tried"],
        )
        key = keys.conversation_key(made.lease.conversation)
        try:
            self.table.transact(
                conversation=update(key, kept, when=same_words(made.lease)),
                spend=spend.settle(made.settlement, made.channel),
            )
        except TransactionRefused:
            self.settle(made.settlement, made.channel)
            return False
        return True

    def settle(self, settlement: Settlement, channel: Channel) -> None:
        self.table.transact(spend=spend.settle(settlement, channel))


def drop(table: Table, conversation: ConversationId) -> None:
    """Delete the summary of a conversation, also one that is just being made."""
    try:
        table.write(update(keys.conversation_key(conversation), dropped(), when=EXISTS))
    except ConditionFailed:
        return


def change_words(table: Table, conversation: ConversationId, turn: Write, *, asked_at: int) -> None:
    """Execute the write of a turn's words, and delete a summary that contains the words before.

    Raises TransactionRefused if the turn's condition does not hold.
    """
    key = keys.conversation_key(conversation)
    tries: tuple[Write | None, ...] = (
        update(key, Update(add=CHANGED_WORDS), when=no_summary_of(asked_at)),
        update(key, dropped(), when=EXISTS),
        None,
    )
    for number, changed in enumerate(tries, 1):
        try:
            table.transact(turn=turn, conversation=changed)
        except TransactionRefused as exc:
            if "turn" in exc.failed or number == len(tries):
                raise
        else:
            return


def dropped() -> Update:
    """The change that deletes the summary, and refuses one that is just being made."""
    return Update(remove=summary_items.ATTRIBUTES, add=CHANGED_WORDS)
