"""The worker: takes a conversation's lease, answers its open turns in order, and releases the lease.

Everything that must survive a crash is written by the inbox.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from chalicelib.access import taps
from chalicelib.access.ledger import Tally
from chalicelib.access.person import Person
from chalicelib.access.refunds import End, end_of_delivery, most_refunds
from chalicelib.clock import Clock
from chalicelib.conversation import burst, plan
from chalicelib.conversation.commands import Command, parse
from chalicelib.conversation.inbox_steps import Finish
from chalicelib.conversation.late_frames import pause_ms, settled
from chalicelib.conversation.ports import Inbox, OwnerAlerts, Sender
from chalicelib.conversation.summarizer import Summarizer
from chalicelib.conversation.takeover import SILENT_MS, is_of_human
from chalicelib.conversation.takeover_ports import Humans
from chalicelib.conversation.turn import Lease, Reply, Thread, Turn, TurnState
from chalicelib.conversation.turn_context import ContextLoader, TimeLeft
from chalicelib.conversation.turn_runner import TurnRunner
from chalicelib.errors import (
    ChannelBroken,
    DeliveryError,
    DeliveryPostponed,
    DeliveryRefused,
    LeaseLost,
    ParleyError,
    PersonUnreachable,
    ThreadHeld,
)
from chalicelib.ids import ConversationId
from chalicelib.log import Log

DELIVERY_S: Final = 20.0
"""Timeout of delivering one reply."""


class Outcome(Enum):
    """How a run ended."""

    BUSY = "busy"
    """Another worker has the lease, or no turn is open."""
    DRAINED = "drained"
    """All turns were closed and the lease was released."""
    HANDED_OVER = "handed_over"
    """Too little time was left for another turn; the heartbeat wakes the next worker."""
    LOST = "lost"
    """The lease expired during the run; another worker may have it now."""


@dataclass(frozen=True)
class Worker:
    """Answers conversations."""

    inbox: Inbox
    contexts: ContextLoader
    turns: Callable[[str], TurnRunner]
    """What finds the replies in the language of that tag."""
    sender: Sender
    alerts: OwnerAlerts
    humans: Humans
    clock: Clock
    new_id: Callable[[], str]
    log: Log
    answer_s: int
    """As in `TimeLeft`."""
    sleep: Callable[[float], None]
    """Waits for so many seconds."""
    summarizer: Summarizer
    day_now: Callable[[], str]
    """Returns the ISO date in the owner's time zone."""
    joins_messages: bool
    """Whether messages that wait together are answered together."""

    def run(self, conversation: ConversationId, *, remaining_ms: Callable[[], float]) -> Outcome:
        """Answer the open turns of one conversation; `remaining_ms` returns the time left in the invocation.

        Raises every error but LeaseLost, so that Lambda retries the invocation.

        A wake that ends as BUSY is not lost: its turn was in the inbox before it. A worker that has not seen that turn
        is refused the `release` of its lease and loads again; if it dies, the heartbeat wakes another one.
        """
        time = TimeLeft(self.clock, remaining_ms, self.answer_s)
        lease = self.inbox.take(conversation, owner=self.new_id(), now=self.clock(), until=time.until())
        if lease is None:
            return Outcome.BUSY
        try:
            return self._drain(lease, time)
        except LeaseLost as exc:
            self.log.failure("lease", exc, conversation=self.log.pseudonym(conversation))
            return Outcome.LOST
        except DeliveryPostponed as exc:
            self._hand_back(lease, due_at=exc.until)
            raise
        except Exception:
            self._hand_back(lease)
            raise

    def _drain(self, lease: Lease, time: TimeLeft) -> Outcome:
        """Answer turns until the lease is released because none is open, or the time is up."""
        answered = 0
        holding: Lease | None = lease
        held, memory, person = lease, tuple[Turn, ...](), None
        while holding:
            thread, ready = self._load(holding)
            memory = thread.closed
            if not memory:
                # The summary's turns have expired, and so has the summary.
                holding = replace(holding, summary=None)
            if not thread.open:
                holding = self.inbox.release(holding)
            for turn in self._to_answer(ready, holding):
                if holding is None or (answered and not time.is_enough_for_a_turn()):
                    self.inbox.hand_back(lease)
                    return Outcome.HANDED_OVER
                held = holding
                closed, holding, person = self._close(held, turn, memory, time, release=turn.id == thread.open[-1].id)
                memory = _remember(memory, closed)
                holding = _as_left(holding, closed) if holding else None
                answered += 1
        if person:
            self.summarizer.after(held, memory, person, remaining_ms=time.remaining_ms)
        return Outcome.DRAINED

    def _load(self, lease: Lease) -> tuple[Thread, tuple[Turn, ...]]:
        """Load the conversation, and return the open turns that can be answered now; none only if none is open.

        Waits, and loads again, while a question may be missing that was sent before the first one.
        """
        waited = 0
        while True:
            now = self.clock()
            thread = burst.whole(self.inbox.load(lease, now=now))
            pause = pause_ms(thread.open[0], thread, now=now, waited=waited) if thread.open else 0
            if not pause:
                return thread, settled(thread, now=now) or thread.open[:1]
            self.sleep(pause / 1000)
            waited += pause

    def _to_answer(self, ready: tuple[Turn, ...], lease: Lease | None) -> tuple[Turn, ...]:
        return plan.bursts(ready, lease, now=self.clock()) if lease and self.joins_messages else ready

    def _close(
        self, lease: Lease, turn: Turn, memory: tuple[Turn, ...], time: TimeLeft, *, release: bool
    ) -> tuple[Turn, Lease | None, Person]:
        """Answer, deliver and finish one turn. Return it with the lease and its person as they were before.

        The lease is None once it is released.
        """
        log, started = self.log.about(turn.id, turn.person), self.clock()
        with _failure_logged(log, turn):
            context = self.contexts.load(lease, turn, memory, time)
            for each in burst.joined(turn):
                self.sender.end_silently(each)
            notify_owners = self.alerts.new_person(context.person, turn)
            answered = self.turns(context.language).run(context)
            error = self._deliver(answered, answered.reply, log) if answered.reply else None
            delivered = answered.reply is not None and error is None
            end = End.ANSWERED if delivered else end_of_delivery(error, was_answered=turn.state is TurnState.ANSWERED)
            closed = replace(answered, state=TurnState.DONE if delivered else TurnState.DROPPED)
            joined = burst.joined(answered) if answered.state is TurnState.QUEUED else ()
            scrub = _has_to_go(closed) or plan.is_forgotten(turn, context.person)
            holding = self._finish(lease, closed, end, joined, release=release, scrub=scrub)
            if isinstance(error, ThreadHeld):
                holding = self._keep_silent(turn.conversation, holding)
            if answered.reply is None:
                self.sender.end_silently(closed)
            if is_of_human(turn) and not delivered:
                self.humans.unheard(turn)
            log(
                "turn",
                **{"from": turn.state.value, "to": closed.state.value},
                model_calls=closed.model_calls,
                outcome="delivered" if delivered else "undelivered" if answered.reply else "silent",
                waited_ms=max(0, started - turn.at),
                ms=self.clock() - started,
            )
            notify_owners()
            return closed, holding, context.person

    def _keep_silent(self, conversation: ConversationId, lease: Lease | None) -> Lease | None:
        """Ask the model for no more answers that could not be sent. Return the lease with the silence."""
        now = self.clock()
        self.inbox.pause(conversation, until=now + SILENT_MS, since=now)
        return replace(lease, paused_until=max(lease.paused_until, now + SILENT_MS)) if lease else None

    def _deliver(self, turn: Turn, reply: Reply, log: Log) -> DeliveryError | None:
        """Return why the user did not get the reply, None if they did.

        Raises DeliveryPostponed if a later attempt may succeed.
        """
        try:
            self.sender.deliver(turn, reply, receipts=lambda: self.inbox.receipts(turn), seconds=DELIVERY_S)
        except DeliveryError as exc:
            again_at = plan.next_delivery(turn, now=self.clock()) if self._may_succeed_later(exc, turn) else None
            if again_at is None:
                log.failure("deliver", exc, failed=int(not isinstance(exc, ThreadHeld)))
                return exc
            raise DeliveryPostponed(str(exc), until=again_at) from exc
        return None

    def _may_succeed_later(self, error: DeliveryError, turn: Turn) -> bool:
        """Return whether a later attempt may succeed, and tell the owner if it needs their help."""
        match error:
            case ChannelBroken():
                self.alerts.channel_broken(error, turn)
            case DeliveryRefused():
                return self.alerts.delivery_refused(error, turn)
            case PersonUnreachable():
                return False
        return True

    def _finish(
        self, lease: Lease, closed: Turn, end: End, joined: Sequence[Turn], *, release: bool, scrub: bool
    ) -> Lease | None:
        """Close the turn in the inbox. The refund rule decides about a question without a delivered answer."""
        step = Finish(
            closed,
            closed.state,
            release=release,
            refund=end is not End.ANSWERED and closed.charged_day is not None,
            most_refunds=most_refunds(end),
            scrub=scrub,
            joined=joined,
            tally=self._tally(closed, end),
        )
        return self.inbox.finish(lease, step)

    def _tally(self, closed: Turn, end: End) -> Tally | None:
        """Return that the question was not answered, for a fault; None for every other end."""
        is_failure = end in (End.UNREACHABLE, End.UNDELIVERED) or (
            end is End.DROPPED and plan.is_stale(closed, now=self.clock())
        )
        return Tally(self.day_now(), unanswered=True) if is_failure and not closed.opens else None

    def _hand_back(self, lease: Lease, *, due_at: int | None = None) -> None:
        """Give the lease back, so that the retry need not wait until it expires. Errors are only logged."""
        try:
            self.inbox.hand_back(lease, due_at=due_at)
        except ParleyError as exc:
            self.log.failure("hand_back", exc, conversation=self.log.pseudonym(lease.conversation))


@contextmanager
def _failure_logged(log: Log, turn: Turn) -> Iterator[None]:
    try:
        yield
    except Exception as exc:
        log.failure("turn", exc, **{"from": turn.state.value})
        raise


def _remember(memory: tuple[Turn, ...], closed: Turn) -> tuple[Turn, ...]:
    """Return the closed turns with one more, and without those that it has deleted or hidden."""
    if _has_deleted(closed):
        return tuple(turn for turn in memory if turn.person != closed.person)
    return (*(turn for turn in memory if turn.asked_at >= closed.hides_before), closed)


def _has_to_go(closed: Turn) -> bool:
    """Whether the text must not stay: a confirmed `/forget`, the code of an invite, and an owner's tap on a person."""
    return parse(closed.text) in (Command.FORGET_CONFIRMED, Command.INVITE) or taps.read(closed.text) is not None


def _has_deleted(closed: Turn) -> bool:
    """Whether the turn has deleted what its person had said; a command that was dropped was not carried out."""
    return closed.reply is not None and parse(closed.text) is Command.FORGET_CONFIRMED


def _as_left(lease: Lease, closed: Turn) -> Lease:
    """Return the lease as it is once a command has hidden earlier turns, or deleted the summary."""
    lease = replace(lease, history_from=max(lease.history_from, closed.hides_before))
    drops_summary = closed.drops_summary or _has_deleted(closed)
    return replace(lease, summary=None, words_version=lease.words_version + 1) if drops_summary else lease
