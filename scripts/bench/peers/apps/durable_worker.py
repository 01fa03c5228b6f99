"""The naive worker as a durable execution: each of its steps is checkpointed, and none is repeated that has ended."""

from collections.abc import Mapping

from aws_durable_execution_sdk_python import DurableContext, durable_execution

from scripts.bench.peers.apps.answering import ask, read, send, store


@durable_execution
def handler(event: Mapping[str, str], context: DurableContext) -> str:
    """Answer a message."""
    person, text = event["person"], event["text"]
    said = context.step(lambda _: read(person), name="read")
    answer = context.step(lambda _: ask(said, text), name="ask")
    context.step(lambda _: store(person, event["id"], answer), name="store")
    context.step(lambda _: send(person, answer), name="send")
    return answer
