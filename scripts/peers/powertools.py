"""A handler that Powertools makes idempotent by the messages' ids, and that answers before it returns."""

from typing import Any, Final

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError

from scripts.peers.answering import answer
from scripts.peers.messages import SIGNATURE, is_signed, messages, posted
from scripts.peers.outside import TABLE, Context, Outside, Peer

KEPT_SECONDS: Final = 36 * 60 * 60
"""As long as Meta repeats; Powertools' default is an hour."""


def idempotent_handler(outside: Outside) -> Peer:
    """Return the handler with the persistence layer of DynamoDB."""
    layer = DynamoDBPersistenceLayer(table_name=TABLE, boto3_client=outside.dynamodb)
    config = IdempotencyConfig(
        event_key_jmespath="powertools_json(body).entry[].messaging[].message.mid",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=KEPT_SECONDS,
    )

    @idempotent(config=config, persistence_store=layer)
    def answered(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        for message in messages(event["body"].encode()):
            answer(outside, message)
        return {"statusCode": 200, "body": ""}

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        if not is_signed(event["body"].encode(), event["headers"].get(SIGNATURE, "")):
            return {"statusCode": 403, "body": ""}
        try:
            return dict(answered(event, context))
        except IdempotencyAlreadyInProgressError:
            return {"statusCode": 409, "body": "is being answered; call again"}

    context = Context(outside)
    return Peer(lambda body: int(handler(posted(body), context)["statusCode"]), run=lambda event: event)
