"""A worker that answers a message with one query and one put, whatever happened before."""

from collections.abc import Mapping

from scripts.bench.peers.apps.answering import ask, read, send, store


def handler(event: Mapping[str, str], _context: object) -> None:
    """Answer a message."""
    answer = ask(read(event["person"]), event["text"])
    store(event["person"], event["id"], answer)
    send(event["person"], answer)
