"""What every door does with a message: keep it, and have a worker come. No channel is known here."""

from chalicelib.clock import Clock
from chalicelib.conversation.ports import Accepted, Inbox, Wake
from chalicelib.conversation.turn import IncomingMessage, turn_id
from chalicelib.errors import WakeError
from chalicelib.ids import ConversationId
from chalicelib.log import Log


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
