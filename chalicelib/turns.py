"""One turn, from wherever it stands to its recorded reply: decided by `plans`, said by `answers`, kept by the inbox."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from chalicelib import access, plans, quota
from chalicelib.answers import Answers, memory_budget
from chalicelib.commands import Command
from chalicelib.errors import ChannelBroken, ModelError, ModelRefused, ModelUnusable
from chalicelib.history import recent
from chalicelib.messages import Lease, Person, Reply, Turn, TurnState, Usage
from chalicelib.observability import Log, model_answered, model_asked
from chalicelib.owner import Owner
from chalicelib.ports import Charged, Clock, Inbox, People, Sender, Transcript

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
class Turns:
    """Finds the reply to a turn."""

    inbox: Inbox
    transcript: Transcript
    people: People
    sender: Sender
    answers: Answers
    owner: Owner
    clock: Clock
    log: Log

    def answer(self, job: Job) -> Turn:
        """The turn as it then stands: with a recorded reply, or without one when there is none to give."""
        turn = job.turn
        person = self.people.get(turn.person) or Person(turn.person)
        self.owner.meet(person)
        now = self.clock()
        day = quota.day_of(turn.at, now=now, zone=self.answers.settings.zone)
        match plans.plan(turn, person, paused_until=job.lease.paused_until, now=now):
            case plans.Drop(reason):
                self._log(turn)("drop", reason=reason, failed=int(reason == plans.STALE))
                return replace(turn, reply=None)
            case plans.DeliverAgain():
                return turn
            case plans.Say(key):
                return self._record(job, self.answers.say(key))
            case plans.Obey(command):
                return self._obey(job, person, command, day=day)
            case plans.Ask():
                return self._charge_and_ask(job, person, day=day)
            case plans.AskAgain():
                self.inbox.call_again(job.lease, turn, until=job.time.until())
                again = replace(turn, model_calls=turn.model_calls + 1)
                return self._ask(replace(job, turn=again), left=None, day=day)
            case plans.Apologise():
                return self._apologise(job, ModelError("the worker died over this turn before"))

    def _obey(self, job: Job, person: Person, command: Command, *, day: str) -> Turn:
        if command is Command.FORGET_CONFIRMED:
            self.transcript.erase_closed(job.lease, now=self.clock())
            self.people.forget(person.id, now=self.clock())
        reply = self.answers.to_command(command, person, day=day)
        return self._record(job, reply, forget_before=job.turn.at + 1 if command is Command.RESET else None)

    def _charge_and_ask(self, job: Job, person: Person, *, day: str) -> Turn:
        verdict = access.decide(person, day=day, default_limit=self.answers.settings.daily_limit)
        if isinstance(verdict, access.Allowed):
            match self._charge(job, person, verdict, day=day):
                case Charged.CHARGED:
                    charged = replace(job.turn, state=TurnState.RUNNING, charged_day=day, model_calls=1)
                    return self._ask(replace(job, turn=charged), left=verdict.left_after_this, day=day)
                case Charged.BLOCKED:
                    return job.turn
        return self._refuse(job, person, day=day)

    def _charge(self, job: Job, person: Person, allowed: access.Allowed, *, day: str) -> Charged:
        outdated = quota.outdated(list(person.quota), today=day)
        return self.inbox.charge(
            job.lease, job.turn, day=day, limit=allowed.limit, until=job.time.until(), outdated=outdated
        )

    def _refuse(self, job: Job, person: Person, *, day: str) -> Turn:
        self._log(job.turn)("refuse", reason="limit", refused=1)
        limit = access.limit_of(person, default_limit=self.answers.settings.daily_limit) or 0
        notice = self.answers.limit_reached(limit, day=day)
        if self.inbox.refuse(job.lease, job.turn, notice, day=day, until=job.time.until()):
            return replace(job.turn, state=TurnState.ANSWERED, reply=notice)
        return job.turn

    def _ask(self, job: Job, *, left: int | None, day: str) -> Turn:
        history = recent(job.memory, since=job.lease.history_from, budget=memory_budget(job.turn))
        seconds = job.time.for_the_model()
        try:
            with self.sender.attend(job.turn.person):
                answer = self.answers.ask(job.turn, history, left=left, day=day, seconds=seconds, clock=self.clock)
        except ModelError as exc:
            return self._apologise(job, exc)
        except ChannelBroken as exc:
            self.owner.channel_is_broken(exc, job.turn)
            return job.turn
        asked = model_asked(self.answers.settings.model)
        answered = model_answered(answer.usage, first_words_ms=answer.first_words_ms)
        self._log(job.turn)("model", ms=answer.ms, **asked, **answered)
        return self._record(job, answer.reply, usage=answer.usage)

    def _apologise(self, job: Job, error: ModelError) -> Turn:
        self._log(job.turn).failure("model", error, failed=1, **model_asked(self.answers.settings.model))
        if isinstance(error, ModelUnusable):
            self.owner.model_is_unusable(error)
        reply = self.answers.say("filtered" if isinstance(error, ModelRefused) else "apology")
        return self._record(job, reply, refund=True)

    def _log(self, turn: Turn) -> Log:
        return self.log.about(turn.id, turn.person)

    def _record(
        self,
        job: Job,
        reply: Reply,
        *,
        usage: Usage | None = None,
        refund: bool = False,
        forget_before: int | None = None,
    ) -> Turn:
        self.inbox.record(
            job.lease,
            job.turn,
            reply,
            until=job.time.until(),
            usage=usage,
            refund=refund,
            forget_before=forget_before,
        )
        charged_day = None if refund else job.turn.charged_day
        return replace(job.turn, state=TurnState.ANSWERED, reply=reply, charged_day=charged_day)
