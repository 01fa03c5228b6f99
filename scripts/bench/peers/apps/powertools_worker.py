"""The naive worker, once for each message by Powertools' idempotency."""

import os
from typing import Any

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent
from aws_lambda_powertools.utilities.typing import LambdaContext

from scripts.bench.peers.apps.answering import ask, read, send, store

layer = DynamoDBPersistenceLayer(table_name=os.environ["TABLE"])


@idempotent(config=IdempotencyConfig(event_key_jmespath="id"), persistence_store=layer)
def handler(event: dict[str, Any], _context: LambdaContext) -> str:
    """Answer a message."""
    answer = ask(read(event["person"]), event["text"])
    store(event["person"], event["id"], answer)
    send(event["person"], answer)
    return answer
