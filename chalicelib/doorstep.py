"""What every door does with a message: keep it, and have a worker come. No channel is known here."""

from chalicelib.errors import WakeError
from chalicelib.messages import ConversationId, IncomingMessage
from chalicelib.observability import Log
from chalicelib.ports import Accepted, Clock, Inbox, Wake
from chalicelib.store.schema import turn_id


def keep(message: IncomingMessage, *, inbox: Inbox, clock: Clock, log: Log) -> Accepted:
    """What became of it, which is logged. Raises StoreError."""
    accepted = inbox.accept(message, now=clock())
    log.about(turn_id(message), message.person)("accept", outcome=accepted.value)
    return accepted


def call_worker(conversation: ConversationId, *, wake: Wake, log: Log) -> None:
    """Have it worked on soon. When nobody can be woken that is no failure: the heartbeat finds it within a minute."""
    try:
        wake.wake(conversation)
    except WakeError as exc:
        log.failure("wake", exc, conversation=log.pseudonym(conversation))
