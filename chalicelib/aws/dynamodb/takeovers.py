"""The port Takeovers over DynamoDB: attributes of a conversation's item."""

from dataclasses import dataclass

from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.conditions import is_silent
from chalicelib.aws.dynamodb.table import ConditionFailed, Table
from chalicelib.aws.dynamodb.writes import Update, update
from chalicelib.ids import ConversationId


@dataclass(frozen=True)
class DynamoTakeovers:
    """`conversation.takeover_ports.Takeovers` over one table."""

    table: Table

    def resume(self, conversation: ConversationId, *, now: int) -> bool:
        ended = Update(set={"paused_until": now, "resumed_at": now})
        try:
            self.table.write(update(keys.conversation_key(conversation), ended, when=is_silent(now)))
        except ConditionFailed:
            return False
        return True
