"""The worker's story: take a conversation, answer its turns in order, give it back. Every write is the inbox's."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from chalicelib.clock import Clock
from chalicelib.conversation.commands import Command, parse
from chalicelib.conversation.ports import Inbox, OwnerAlerts, Sender
from chalicelib.conversation.steps import Finish
from chalicelib.conversation.turn import Lease, Reply, Turn, TurnState
from chalicelib.conversation.turn_runner import Job, TimeLeft, TurnRunner
from chalicelib.errors import ChannelBroken, LeaseLost, ParleyError, PersonUnreachable
from chalicelib.ids import ConversationId
from chalicelib.log import Log

DELIVERY_S: Final = 20.0


class Outcome(Enum):
    """How a run ended."""

    BUSY = "busy"
    """Somebody else works on the conversation, or nothing is open."""
    DRAINED = "drained"
    HANDED_OVER = "handed_over"
    """Too little time is left for another turn; the heartbeat goes on."""
    LOST = "lost"
    """The lease ran out under way; whoever has it now goes on."""


@dataclass(frozen=True)
class Worker:
    """Answers conversations."""

    inbox: Inbox
    turns: TurnRunner
    sender: Sender
    alerts: OwnerAlerts
    clock: Clock
    new_id: Callable[[], str]
    log: Log

    def run(self, conversation: ConversationId, *, remaining_ms: Callable[[], float]) -> Outcome:
        """Drain one conversation within the time that remains. Any error but a lost lease is raised: it is tried again.

        A wake may be used up on BUSY: its turn was in the inbox before it, and `release` is refused to a holder who has
        not seen that turn; should the holder die, the heartbeat wakes again.
        """
        time = TimeLeft(self.clock, remaining_ms)
        lease = self.inbox.take(conversation, owner=self.new_id(), now=self.clock(), until=time.until())
        if lease is None:
            return Outcome.BUSY
        try:
            return self._drain(lease, time)
        except LeaseLost as exc:
            self.log.failure("lease", exc, conversation=self.log.pseudonym(conversation))
            return Outcome.LOST
        except Exception:
            self._hand_back(lease)
            raise

    def _drain(self, lease: Lease, time: TimeLeft) -> Outcome:
        """Answer turn after turn until the lease could be released with nothing left."""
        answered = 0
        holding: Lease | None = lease
        while holding:
            thread = self.inbox.load(holding, now=self.clock())
            memory = thread.closed
            if not thread.open:
                holding = self.inbox.release(holding)
            for turn in thread.open:
                if holding is None or (answered and not time.is_enough_for_a_turn()):
                    self.inbox.hand_back(lease)
                    return Outcome.HANDED_OVER
                job = Job(holding, turn, memory, time)
                closed, holding = self._close(job, last=turn is thread.open[-1])
                memory = _remember(memory, closed)
                answered += 1
        return Outcome.DRAINED

    def _close(self, job: Job, *, last: bool) -> tuple[Turn, Lease | None]:
        """One turn to its end: answered, delivered, finished. The lease is gone when it was the last."""
        log = self.log.about(job.turn.id, job.turn.person)
        try:
            return self._end(job, log, last=last)
        except Exception as exc:
            log.failure("turn", exc, **{"from": job.turn.state.value})
            raise

    def _end(self, job: Job, log: Log, *, last: bool) -> tuple[Turn, Lease | None]:
        started, turn = self.clock(), job.turn
        answered = self.turns.answer(job)
        delivered = answered.reply is not None and self._deliver(answered, answered.reply, log)
        closed = replace(answered, state=TurnState.DONE if delivered else TurnState.DROPPED)
        step = Finish(
            closed,
            closed.state,
            release=last,
            refund=not delivered and closed.charged_day is not None,
            scrub=parse(turn.text) is Command.FORGET_CONFIRMED,
        )
        holding = self.inbox.finish(job.lease, step)
        if answered.reply is None:
            self.sender.end_silently(closed)
        log(
            "turn",
            **{"from": turn.state.value, "to": closed.state.value},
            model_calls=closed.model_calls,
            outcome="delivered" if delivered else "undelivered" if answered.reply else "silent",
            waited_ms=max(0, started - turn.at),
            ms=self.clock() - started,
        )
        return closed, holding

    def _deliver(self, turn: Turn, reply: Reply, log: Log) -> bool:
        """Whether the person got the reply. Raises DeliveryError when a later try may succeed."""
        try:
            self.sender.deliver(turn, reply, receipts=lambda: self.inbox.receipts(turn), seconds=DELIVERY_S)
        except ChannelBroken as exc:
            self.alerts.channel_broken(exc, turn)
            return False
        except PersonUnreachable as exc:
            log.failure("deliver", exc, failed=1)
            return False
        return True

    def _hand_back(self, lease: Lease) -> None:
        """So that the retry need not wait for the lease to run out; when this fails as well, it does wait."""
        try:
            self.inbox.hand_back(lease)
        except ParleyError as exc:
            self.log.failure("hand_back", exc, conversation=self.log.pseudonym(lease.conversation))


def _remember(memory: tuple[Turn, ...], closed: Turn) -> tuple[Turn, ...]:
    """The closed turns once there is one more."""
    match parse(closed.text):
        case Command.FORGET_CONFIRMED:
            return tuple(turn for turn in memory if turn.person != closed.person)
        case Command.RESET:
            return tuple(turn for turn in memory if turn.at > closed.at)
    return (*memory, closed)
