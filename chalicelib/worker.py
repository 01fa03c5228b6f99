"""The worker's story: take a conversation, answer its turns in order, give it back. Every write is the inbox's."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from chalicelib import access, plans, quota
from chalicelib.answers import Answers, memory_budget
from chalicelib.commands import Command, parse
from chalicelib.errors import (
    ChannelBroken,
    LeaseLost,
    ModelError,
    ModelRefused,
    ModelUnusable,
    ParleyError,
    PersonUnreachable,
)
from chalicelib.history import recent
from chalicelib.messages import ConversationId, Lease, Person, Reply, Turn, TurnState, Usage
from chalicelib.observability import Log, correlation
from chalicelib.owner import Owner
from chalicelib.ports import Charged, Clock, Inbox, People, Sender, Transcript

TURN_MS: Final = 110_000
"""The longest a turn takes between two writes: the lease never outlasts it by much, so a crash costs two minutes."""
LEASE_SPARE_MS: Final = 5_000
"""More than the clocks of two Lambda functions ever differ."""
MODEL_S: Final = 80.0
MODEL_SHARE: Final = 0.7
"""Of the time that remains, so that enough is left to say sorry."""
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
    transcript: Transcript
    people: People
    sender: Sender
    answers: Answers
    owner: Owner
    clock: Clock
    new_id: Callable[[], str]
    log: Log

    def run(self, conversation: ConversationId, *, remaining_ms: Callable[[], float]) -> Outcome:
        """Drain one conversation within the time that remains. Any error but a lost lease is raised: Lambda retries."""
        run = _Run(self, remaining_ms)
        now = self.clock()
        lease = self.inbox.take(conversation, owner=self.new_id(), now=now, until=run.until())
        if lease is None:
            return Outcome.BUSY
        try:
            return run.drain(lease)
        except LeaseLost as exc:
            self.log.failure("lease", exc)
            return Outcome.LOST
        except Exception:
            self._hand_back(lease)
            raise

    def _hand_back(self, lease: Lease) -> None:
        """So that the retry need not wait for the lease to run out; when this fails as well, it does wait."""
        try:
            self.inbox.hand_back(lease)
        except ParleyError as exc:
            self.log.failure("hand_back", exc)


def _remember(memory: tuple[Turn, ...], closed: Turn) -> tuple[Turn, ...]:
    """The closed turns once there is one more."""
    match parse(closed.text):
        case Command.FORGET_CONFIRMED:
            return ()
        case Command.RESET:
            return tuple(turn for turn in memory if turn.at > closed.at)
    return (*memory, closed)


class _Run:
    """One invocation: a worker, and the time it has."""

    def __init__(self, worker: Worker, remaining_ms: Callable[[], float]) -> None:
        self._w = worker
        self._remaining_ms = remaining_ms

    def until(self) -> int:
        """When the work that starts now is over for sure."""
        return self._w.clock() + min(int(self._remaining_ms()), TURN_MS) + LEASE_SPARE_MS

    def drain(self, lease: Lease) -> Outcome:
        """Answer turn after turn until the lease could be released with nothing left."""
        answered = 0
        holding: Lease | None = lease
        while holding:
            thread = self._w.inbox.load(holding, now=self._w.clock())
            memory = thread.closed
            if not thread.open:
                holding = self._w.inbox.release(holding)
            for turn in thread.open:
                if holding is None or (answered and self._remaining_ms() < TURN_MS):
                    self._w.inbox.hand_back(lease)
                    return Outcome.HANDED_OVER
                closed, holding = self._turn(holding, turn, memory, last=turn is thread.open[-1])
                memory = _remember(memory, closed)
                answered += 1
        return Outcome.DRAINED

    def _turn(self, lease: Lease, turn: Turn, memory: tuple[Turn, ...], *, last: bool) -> tuple[Turn, Lease | None]:
        """One turn, from wherever it stands to its end; the lease is gone when it was the last."""
        started = self._w.clock()
        answered = self._answer(lease, turn, memory)
        delivered = answered is not None and answered.reply is not None and self._deliver(answered, answered.reply)
        closed = replace(answered or turn, state=TurnState.DONE if delivered else TurnState.DROPPED)
        holding = self._w.inbox.finish(
            lease,
            closed,
            closed.state,
            release=last,
            refund=not delivered and closed.charged_day is not None,
            scrub=parse(turn.text) is Command.FORGET_CONFIRMED,
        )
        waited, took = started - turn.at, self._w.clock() - started
        self._w.log("turn", corr=correlation(turn.id), outcome=closed.state.value, waited_ms=waited, ms=took)
        return closed, holding

    def _answer(self, lease: Lease, turn: Turn, memory: tuple[Turn, ...]) -> Turn | None:
        """The turn with its reply recorded; None, or the turn without a reply, when there is none to give."""
        person = self._w.people.get(turn.person) or Person(turn.person)
        self._w.owner.meet(person)
        now = self._w.clock()
        day = quota.day_of(turn.at, now=now, zone=self._w.answers.settings.zone)
        match plans.plan(turn, person, paused_until=lease.paused_until, now=now):
            case plans.Drop(reason):
                self._w.log("drop", corr=correlation(turn.id), reason=reason)
                return None
            case plans.DeliverAgain():
                return turn
            case plans.Say(key):
                return self._record(lease, turn, self._w.answers.say(key))
            case plans.Obey(command):
                return self._obey(lease, turn, person, command, day=day)
            case plans.Ask():
                return self._charge_and_ask(lease, turn, person, memory, day=day)
            case plans.AskAgain():
                self._w.inbox.call_again(lease, turn, until=self.until())
                return self._ask(lease, turn, memory, left=None, day=day)
            case plans.Apologise():
                return self._apologise(lease, turn, ModelError("the worker died over this turn before"))

    def _obey(self, lease: Lease, turn: Turn, person: Person, command: Command, *, day: str) -> Turn:
        if command is Command.FORGET_CONFIRMED:
            self._w.transcript.erase_closed(lease, now=self._w.clock())
            self._w.people.forget(turn.person, now=self._w.clock())
        reply = self._w.answers.to_command(command, person, day=day)
        return self._record(lease, turn, reply, forget_before=turn.at + 1 if command is Command.RESET else None)

    def _charge_and_ask(
        self, lease: Lease, turn: Turn, person: Person, memory: tuple[Turn, ...], *, day: str
    ) -> Turn | None:
        default = self._w.answers.settings.daily_limit
        verdict = access.decide(person, day=day, default_limit=default)
        if isinstance(verdict, access.Allowed):
            outdated = quota.outdated(list(person.quota), today=day)
            charged = self._w.inbox.charge(
                lease, turn, day=day, limit=verdict.limit, until=self.until(), outdated=outdated
            )
            if charged is Charged.CHARGED:
                running = replace(turn, state=TurnState.RUNNING, charged_day=day, model_calls=1)
                return self._ask(lease, running, memory, left=verdict.left_after_this, day=day)
            if charged is Charged.BLOCKED:
                return None
        limit = access.limit_of(person, default_limit=default) or 0
        return self._refuse(lease, turn, self._w.answers.limit_reached(limit, day=day), day=day)

    def _refuse(self, lease: Lease, turn: Turn, notice: Reply, *, day: str) -> Turn | None:
        if self._w.inbox.refuse(lease, turn, notice, day=day, until=self.until()):
            return replace(turn, state=TurnState.ANSWERED, reply=notice)
        return None

    def _ask(self, lease: Lease, turn: Turn, memory: tuple[Turn, ...], *, left: int | None, day: str) -> Turn:
        history = recent(memory, since=lease.history_from, budget=memory_budget(turn))
        seconds = min(MODEL_S, self._remaining_ms() / 1000 * MODEL_SHARE)
        started = self._w.clock()
        try:
            with self._w.sender.attend(turn.person):
                reply, usage = self._w.answers.ask(turn, history, left=left, day=day, seconds=seconds)
        except ModelError as exc:
            return self._apologise(lease, turn, exc)
        except ChannelBroken as exc:
            self._give_up(turn, exc)
            return turn
        self._w.log(
            "model",
            corr=correlation(turn.id),
            ms=self._w.clock() - started,
            tokens_in=usage.input,
            tokens_cached=usage.cached,
            tokens_out=usage.output,
        )
        return self._record(lease, turn, reply, usage=usage)

    def _apologise(self, lease: Lease, turn: Turn, error: ModelError) -> Turn:
        self._w.log.failure("model", error, corr=correlation(turn.id))
        if isinstance(error, ModelUnusable):
            self._w.owner.model_is_unusable(error)
        reply = self._w.answers.say("filtered" if isinstance(error, ModelRefused) else "apology")
        return self._record(lease, turn, reply, refund=True)

    def _record(
        self,
        lease: Lease,
        turn: Turn,
        reply: Reply,
        *,
        usage: Usage | None = None,
        refund: bool = False,
        forget_before: int | None = None,
    ) -> Turn:
        self._w.inbox.record(
            lease, turn, reply, until=self.until(), usage=usage, refund=refund, forget_before=forget_before
        )
        charged_day = None if refund else turn.charged_day
        return replace(turn, state=TurnState.ANSWERED, reply=reply, charged_day=charged_day)

    def _deliver(self, turn: Turn, reply: Reply) -> bool:
        """Whether the person got the reply. Raises DeliveryError when a later try may succeed."""
        try:
            self._w.sender.deliver(turn, reply, receipts=lambda: self._w.inbox.receipts(turn), seconds=DELIVERY_S)
        except (ChannelBroken, PersonUnreachable) as exc:
            self._give_up(turn, exc)
            return False
        return True

    def _give_up(self, turn: Turn, error: ChannelBroken | PersonUnreachable) -> None:
        self._w.log.failure("deliver", error, corr=correlation(turn.id))
        if isinstance(error, ChannelBroken):
            self._w.owner.channel_is_broken(error)
