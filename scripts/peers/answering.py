"""What bots do with a message: count it, ask the model, send the answer."""

from typing import Any

from scripts.peers.messages import Message
from scripts.peers.outside import LIMIT_REACHED, TABLE, Outside


def count(outside: Outside, person: str) -> bool:
    """Count a question of a person; False, and nothing is counted, if they have asked all of today.

    One conditional update, so that two functions at once cannot pass the limit.
    """
    try:
        outside.dynamodb.update_item(**_one_more(outside, person))
    except outside.dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True


def count_once(outside: Outside, message: Message) -> bool:
    """Count a message as `count` does, and return the same when it is repeated."""
    mark: dict[str, Any] = {
        "TableName": TABLE,
        "Item": {"id": {"S": f"counted#{message.id}"}},
        "ConditionExpression": "attribute_not_exists(id)",
    }
    try:
        outside.dynamodb.transact_write_items(
            TransactItems=[{"Put": mark}, {"Update": _one_more(outside, message.person)}]  # type: ignore[typeddict-item]
        )
    except outside.dynamodb.exceptions.TransactionCanceledException as canceled:
        of_mark = canceled.response["CancellationReasons"][0]["Code"]
        return bool(of_mark == "ConditionalCheckFailed")
    return True


def _one_more(outside: Outside, person: str) -> dict[str, Any]:
    return {
        "TableName": TABLE,
        "Key": {"id": {"S": f"used#{person}#{outside.today()}"}},
        "UpdateExpression": "ADD used :one",
        "ConditionExpression": "attribute_not_exists(used) OR used < :limit",
        "ExpressionAttributeValues": {":one": {"N": "1"}, ":limit": {"N": str(outside.limit)}},
    }


def answer(outside: Outside, message: Message) -> None:
    """Send a person the model's answer, or that they have asked all of today."""
    may_ask = count(outside, message.person)
    outside.send(message.person, outside.ask(message.text) if may_ask else LIMIT_REACHED)
