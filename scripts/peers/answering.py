"""What all bots do with a message: count it, ask the model, send the answer."""

from scripts.peers.messages import Message
from scripts.peers.outside import LIMIT_REACHED, TABLE, Outside


def count(outside: Outside, person: str) -> bool:
    """Count a question of a person; False, and nothing is counted, if they have asked all of today.

    One conditional update, so that two functions at once cannot pass the limit.
    """
    try:
        outside.dynamodb.update_item(
            TableName=TABLE,
            Key={"id": {"S": f"used#{person}#{outside.today()}"}},
            UpdateExpression="ADD used :one",
            ConditionExpression="attribute_not_exists(used) OR used < :limit",
            ExpressionAttributeValues={":one": {"N": "1"}, ":limit": {"N": str(outside.limit)}},
        )
    except outside.dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True


def answer(outside: Outside, message: Message) -> None:
    """Send a person the model's answer, or that they have asked all of today."""
    may_ask = count(outside, message.person)
    outside.send(message.person, outside.ask(message.text) if may_ask else LIMIT_REACHED)
