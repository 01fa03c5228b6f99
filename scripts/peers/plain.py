"""A plain Chalice view that asks the model and sends the answer before it returns; with and without a check of ids."""

from scripts.peers.answering import answer
from scripts.peers.messages import Message
from scripts.peers.outside import TABLE, Outside, Peer
from scripts.peers.view import webhook


def plain_view(outside: Outside) -> Peer:
    """Return the view that keeps nothing but the counts."""
    return Peer(webhook(outside, lambda message: answer(outside, message)), run=lambda event: event)


def view_with_put(outside: Outside) -> Peer:
    """Return the view that first puts the message's id, on condition that it is not there."""

    def answer_new(message: Message) -> None:
        if is_new(message):
            answer(outside, message)

    def is_new(message: Message) -> bool:
        try:
            outside.dynamodb.put_item(
                TableName=TABLE,
                Item={"id": {"S": f"message#{message.id}"}},
                ConditionExpression="attribute_not_exists(id)",
            )
        except outside.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    return Peer(webhook(outside, answer_new), run=lambda event: event)
