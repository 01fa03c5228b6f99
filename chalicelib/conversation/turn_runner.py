"""One turn, from wherever it stands to its recorded reply: decided by `plans`, said by `answers`, kept by the inbox."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from chalicelib.access import budget, identity, quota
from chalicelib.access.budget import Budget, Reservation, Settlement
from chalicelib.access.entitlements import Entitlements, EntitlementService
from chalicelib.access.person import Person
from chalicelib.access.ports import People
from chalicelib.clock import Clock
from chalicelib.content import persona
from chalicelib.conversation import plan
from chalicelib.conversation.agent import Answer, Answers, Question, memory_budget, model_answered, model_asked
from chalicelib.conversation.commands import Command
from chalicelib.conversation.history import recent
from chalicelib.conversation.ports import Charged, Inbox, OwnerAlerts, Sender, Transcript
from chalicelib.conversation.turn import Lease, Reply, Turn, TurnState
from chalicelib.errors import ChannelBroken, ModelError, ModelRefused, ModelUnusable
from chalicelib.ids import Channel
from chalicelib.log import Log

TURN_MS: Final = 110_000
"""The longest a turn takes between two writes: the lease never outlasts it by much, so a crash costs two minutes."""
LEASE_SPARE_MS: Final = 5_000
"""More than the clocks of two Lambda functions ever differ."""
MODEL_S: Final = 80.0
MODEL_SHARE: Final = 0.7
"""Of the time that remains, so that enough is left to say sorry."""


@dataclass(frozen=True)
class TimeLeft:
    """What remains of an invocation."""

    clock: Clock
    remaining_ms: Callable[[], float]

    def until(self) -> int:
        """When the work that starts now is over for sure: how long a lease must last."""
        return self.clock() + min(int(self.remaining_ms()), TURN_MS) + LEASE_SPARE_MS

    def is_enough_for_a_turn(self) -> bool:
        """Whether one more can be begun."""
        return self.remaining_ms() >= TURN_MS

    def for_the_model(self) -> float:
        """Seconds that the model may take."""
        return min(MODEL_S, self.remaining_ms() / 1000 * MODEL_SHARE)


@dataclass(frozen=True)
class Job:
    """A turn to be answered, under a lease, with the closed turns before it and the time there is."""

    lease: Lease
    turn: Turn
    memory: tuple[Turn, ...]
    time: TimeLeft


@dataclass(frozen=True)
class Asker:
    """Who asks, on what terms, and on which day it counts."""

    person: Person
    terms: Entitlements
    day: str

    @property
    def limit(self) -> int | None:
        """Questions a day; None for no limit."""
        return quota.limit_of(self.person, default_limit=self.terms.daily_limit)

    @property
    def left_after_this(self) -> int | None:
        """How many remain once this one is charged; None when they are not counted."""
        left = quota.left(self.person, self.terms, day=self.day)
        return None if left is None else max(0, left - 1)


@dataclass(frozen=True)
class TurnRunner:
    """Finds the reply to a turn."""

    inbox: Inbox
    transcript: Transcript
    people: People
    terms: EntitlementService
    sender: Sender
    answers: Answers
    budget: Budget
    alerts: OwnerAlerts
    clock: Clock
    log: Log

    def answer(self, job: Job) -> Turn:
        """The turn as it then stands: with a recorded reply, or without one when there is none to give."""
        turn = job.turn
        person = self.people.get(turn.person) or Person(turn.person)
        self.alerts.new_person(person)
        now = self.clock()
        day = quota.day_of(turn.at, now=now, zone=self.answers.settings.limits.zone)
        asker = Asker(person, self.terms.for_person(person.id), day)
        match plan.plan(turn, person, paused_until=job.lease.paused_until, now=now):
            case plan.Drop(reason):
                self._log(turn)("drop", reason=reason, failed=int(reason == plan.STALE))
                return replace(turn, reply=None)
            case plan.DeliverAgain():
                return turn
            case plan.SendNotice(key):
                return self._record(job, self.answers.say(key))
            case plan.RunCommand(command):
                return self._obey(job, asker, command)
            case plan.Ask():
                return self._charge_and_ask(job, asker)
            case plan.AskAgain():
                return self._ask_again(job, asker)
            case plan.GiveUp():
                return self._apologise(job, ModelError("the worker died over this turn before"))

    def _obey(self, job: Job, asker: Asker, command: Command) -> Turn:
        if command is Command.FORGET_CONFIRMED:
            self._forget(job, asker.person)
        reply = self.answers.to_command(command, asker.person, limit=asker.limit, day=asker.day)
        return self._record(job, reply, forget_before=job.turn.at + 1 if command is Command.RESET else None)

    def _forget(self, job: Job, person: Person) -> None:
        """The person last: cut off in between, it is still known where they wrote."""
        for conversation in sorted(identity.conversations_of(person) | {job.turn.conversation}):
            self.transcript.erase_closed(conversation, person.id, now=self.clock())
        self.people.forget(person.id, now=self.clock())

    def _charge_and_ask(self, job: Job, asker: Asker) -> Turn:
        verdict = quota.decide(asker.person, day=asker.day, default_limit=asker.terms.daily_limit)
        if not isinstance(verdict, quota.Allowed):
            return self._over_limit(job, asker)
        reserve = self._reserve(job.turn, asker)
        charged = self._charge(job, asker, verdict, reserve)
        match charged:
            case Charged.CHARGED:
                running = replace(job.turn, state=TurnState.RUNNING, charged_day=asker.day, model_calls=1)
                return self._ask(replace(job, turn=running), reserve, asker, left=asker.left_after_this)
            case Charged.OVER_LIMIT:
                return self._over_limit(job, asker)
            case Charged.OVER_BUDGET:
                return self._refuse(job, self._no_money(job, reserve), day=asker.day)
            case Charged.KEY_SPENT | Charged.KEY_REVOKED:
                self._log(job.turn)("refuse", reason=charged.value, refused=1)
                return self._refuse(job, self.answers.say(charged.value), day=asker.day)
            case Charged.BLOCKED:
                return job.turn

    def _over_limit(self, job: Job, asker: Asker) -> Turn:
        self._log(job.turn)("refuse", reason="limit", refused=1)
        return self._refuse(job, self.answers.limit_reached(asker.limit or 0, day=asker.day), day=asker.day)

    def _charge(self, job: Job, asker: Asker, allowed: quota.Allowed, reserve: Reservation) -> Charged:
        """Below the mark first: so the owner is warned without another read."""
        charge = partial(
            self.inbox.charge,
            job.lease,
            job.turn,
            now=self.clock(),
            day=asker.day,
            limit=allowed.limit,
            outdated=quota.outdated(list(asker.person.quota), today=asker.day),
        )
        charged = charge(reserve=budget.within_warning_level(reserve), until=job.time.until())
        if charged is Charged.OVER_BUDGET:
            charged = charge(reserve=reserve, until=job.time.until())
            if charged is Charged.CHARGED:
                self.alerts.budget_nearly_spent(reserve)
        return charged

    def _reserve(self, turn: Turn, asker: Asker) -> Reservation:
        """For a call that is made now, whenever the question was written."""
        now = self.clock()
        today = quota.day_of(now, now=now, zone=self.answers.settings.limits.zone)
        return self.budget.reserve(self.answers.at_most(turn, persona.load(asker.terms.persona)), day=today)

    def _ask_again(self, job: Job, asker: Asker) -> Turn:
        reserve = self._reserve(job.turn, asker)
        if self.inbox.call_again(job.lease, job.turn, reserve=reserve, until=job.time.until()):
            again = replace(job.turn, model_calls=job.turn.model_calls + 1)
            return self._ask(replace(job, turn=again), reserve, asker, left=None)
        return self._record(job, self._no_money(job, reserve), refund=True)

    def _no_money(self, job: Job, reserve: Reservation) -> Reply:
        self._log(job.turn)("refuse", reason="budget", refused=1)
        self.alerts.budget_spent(reserve)
        return self.answers.budget_spent(day=reserve.day)

    def _refuse(self, job: Job, notice: Reply, *, day: str) -> Turn:
        """Once a day on Messenger; on the web, where an end is waited for, each time."""
        if identity.channel_of(job.turn.person) is Channel.WEB:
            return self._record(job, notice)
        if self.inbox.refuse(job.lease, job.turn, notice, day=day, until=job.time.until()):
            return replace(job.turn, state=TurnState.ANSWERED, reply=notice)
        return job.turn

    def _ask(self, job: Job, reserved: Reservation, asker: Asker, *, left: int | None) -> Turn:
        history = recent(job.memory, since=job.lease.history_from, budget=memory_budget(job.turn))
        question = Question(
            job.turn, persona.load(asker.terms.persona), left=left, day=asker.day, seconds=job.time.for_the_model()
        )
        try:
            with self.sender.responding(job.turn) as hear:
                answer = self.answers.ask(question, history, hear=hear, clock=self.clock)
        except ModelError as exc:
            return self._apologise(job, exc, None if exc.may_be_billed else Settlement(reserved, cost=0))
        except ChannelBroken as exc:
            self.alerts.channel_broken(exc, job.turn)
            return job.turn
        return self._record(job, answer.reply, bill=self._account_for(job.turn, answer, reserved))

    def _account_for(self, turn: Turn, answer: Answer, reserved: Reservation) -> Settlement | None:
        """What the call cost; None when it was cut short: then nobody knows."""
        asked = model_asked(self.answers.model)
        if answer.usage is None:
            self._log(turn)("model", ms=answer.ms, outcome="stopped", **asked)
            return None
        bill = self.budget.bill(reserved, answer.usage)
        answered = model_answered(answer.usage, first_words_ms=answer.first_words_ms)
        self._log(turn)("model", ms=answer.ms, cost_usd=round(bill.cost / 1_000_000, 6), **asked, **answered)
        return bill

    def _apologise(self, job: Job, error: ModelError, bill: Settlement | None = None) -> Turn:
        self._log(job.turn).failure("model", error, failed=1, **model_asked(self.answers.model))
        if isinstance(error, ModelUnusable):
            self.alerts.model_unusable(error)
        reply = self.answers.say("filtered" if isinstance(error, ModelRefused) else "apology")
        return self._record(job, reply, bill=bill, refund=True)

    def _log(self, turn: Turn) -> Log:
        return self.log.about(turn.id, turn.person)

    def _record(
        self,
        job: Job,
        reply: Reply,
        *,
        bill: Settlement | None = None,
        refund: bool = False,
        forget_before: int | None = None,
    ) -> Turn:
        self.inbox.record(
            job.lease,
            job.turn,
            reply,
            until=job.time.until(),
            bill=bill,
            refund=refund,
            forget_before=forget_before,
        )
        charged_day = None if refund else job.turn.charged_day
        return replace(job.turn, state=TurnState.ANSWERED, reply=reply, charged_day=charged_day)
