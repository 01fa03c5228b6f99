"""Makes the summary of a conversation after its turns are answered and its lease is released: nobody waits for it."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.access import identity
from chalicelib.access.budget import Reservation, Usage
from chalicelib.access.person import Person
from chalicelib.access.todays_budget import TodaysBudget
from chalicelib.clock import Clock
from chalicelib.content.token_estimate import tokens
from chalicelib.conversation import prompt_builder, summary
from chalicelib.conversation.burst import with_joined
from chalicelib.conversation.heard import Heard
from chalicelib.conversation.history import is_answered
from chalicelib.conversation.notes import facts_note, summary_note
from chalicelib.conversation.ports import Model, Transcript
from chalicelib.conversation.prompt import Prompt
from chalicelib.conversation.summary_ports import Summaries, Summarised
from chalicelib.conversation.takeover import with_questions
from chalicelib.conversation.turn import Lease, Summary, Turn
from chalicelib.errors import ModelError, ParleyError
from chalicelib.ids import Channel, PersonId
from chalicelib.log import Log

SECONDS: Final = 15.0
"""Timeout of the model's call."""
_NEEDED_MS: Final = 20_000
_LOOKS_EVERY_MS: Final = 1000
_REBUILT_FROM: Final = 200
"""The last turns that are read for a summary which cannot go on from the one before."""


@dataclass(frozen=True)
class Summarizer:
    """Makes summaries."""

    store: Summaries
    transcript: Transcript
    today: TodaysBudget
    model: Model
    pseudonym: Callable[[PersonId], str]
    """As in `Agent`."""
    clock: Clock
    zone: ZoneInfo
    memory_tokens: int
    kept_s: int
    """For how many seconds turns are stored."""
    gives_way: bool
    """Whether a message that arrives waits for the end of this invocation, so that the call is stopped for it."""
    log: Log

    def after(
        self, lease: Lease, memory: tuple[Turn, ...], person: Person, *, remaining_ms: Callable[[], float]
    ) -> None:
        """Summarise the conversation if it is time to. The lease is released.

        `memory` are the last turns, all closed, and `person` is who wrote the last one, as they were before it.
        Failures are logged and not raised: the turns are answered, and a later turn tries again.
        """
        if not memory or not is_answered(memory[-1]) or remaining_ms() < _NEEDED_MS:
            return
        try:
            self._summarise(lease, memory, person)
        except ParleyError as exc:
            self.log.about(memory[-1].id, memory[-1].person).failure("summary", exc)

    def _summarise(self, lease: Lease, memory: tuple[Turn, ...], person: Person) -> None:
        last = memory[-1]
        if person.memory_off and not identity.is_room(last.conversation):
            return
        before = summary.current(lease, memory)
        facts = facts_note(last, person, memory_tokens=self.memory_tokens)
        notes = [facts, summary_note(before) if before else ""]
        room = self.memory_tokens - summary.QUESTION_TOKENS - sum(tokens(note) for note in notes if note)
        upto, since = before.upto if before else 0, lease.history_from
        taken: Sequence[Turn] = summary.due(memory, upto=upto, since=since, room=max(room, 0))
        if not taken or not summary.may_try(lease, memory):
            return
        if len(memory) >= summary.LATEST and memory[0].asked_at > upto:
            taken = self._all_between(lease, upto, taken[-1].asked_at)
        thinks, person_hash = self.model.may_think_unseen, self.pseudonym(last.person)
        prompt = summary.prompt_for(before, taken, since=since, person_hash=person_hash, thinks=thinks)
        reservation, channel = self._reservation(prompt, last), identity.channel_of(last.person)
        if not self.store.begin(lease, reservation, channel, newest=last.asked_at):
            return
        begun = _Begun(lease, last, taken, reservation, channel, at=self.clock())
        self._end(begun, self._ask(prompt, lease))

    def _end(self, begun: "_Begun", answer: "_Answer") -> None:
        settlement = self.today.budget.settle(begun.reservation, answer.heard.usage, at_most=answer.at_most)
        cost = {"ms": self.clock() - begun.at, "cost_usd": settlement.cost_usd}
        log, text = self.log.about(begun.last.id, begun.last.person), summary.usable(answer.heard.text)
        if answer.error or answer.gave_way or not text:
            self.store.settle(settlement, begun.channel)
            if answer.gave_way:
                log("summary", outcome="gave_way", **cost)
            else:
                log.failure("summary", answer.error or ModelError("the model wrote no summary"), **cost)
            return
        made = Summary(text, upto=begun.taken[-1].asked_at, at=begun.at)
        expires_at = max(begun.last.at, begun.lease.paused_until) // 1000 + self.kept_s
        kept = self.store.keep(
            Summarised(begun.lease, made, settlement=settlement, channel=begun.channel, expires_at=expires_at)
        )
        log("summary", outcome="kept" if kept else "outdated", turns=len(begun.taken), **cost)

    def _all_between(self, lease: Lease, after: int, until: int) -> Sequence[Turn]:
        """Return what a summary may take in, also what is not among the last turns because none was made in time."""
        latest = self.transcript.latest(lease.conversation, count=_REBUILT_FROM, now=self.clock())
        closed = with_questions(with_joined((turn for turn in latest if not turn.is_open), latest))
        return [turn for turn in summary.told(closed) if after < turn.asked_at <= until]

    def _reservation(self, prompt: Prompt, last: Turn) -> Reservation:
        """Return the most that the call can cost: on the budget and the channel's part, not on the person."""
        most = prompt_builder.at_most(prompt, written=None)
        return self.today.reserve_for_turn(most, is_unlimited=True, name=last.conversation)

    def _ask(self, prompt: Prompt, lease: Lease) -> "_Answer":
        heard, error, gave_way, looked_at = Heard(), None, False, self.clock()
        try:
            with closing(self.model.answer(prompt, seconds=SECONDS)) as events:
                for event in events:
                    heard.take_in(event)
                    if self.gives_way and self.clock() - looked_at >= _LOOKS_EVERY_MS:
                        looked_at, gave_way = self.clock(), self.store.is_waiting(lease.conversation)
                    if gave_way:
                        break
        except ModelError as exc:
            error = exc
        written = heard.written if gave_way and not self.model.may_think_unseen else None
        may_be_billed = error is None or error.may_be_billed
        at_most = prompt_builder.at_most(prompt, written=written) if may_be_billed else Usage()
        heard.end()
        return _Answer(heard, at_most, error, gave_way)


@dataclass(frozen=True)
class _Begun:
    """A summary for which money is set aside."""

    lease: Lease
    last: Turn
    """The newest turn."""
    taken: Sequence[Turn]
    """Those that it takes in."""
    reservation: Reservation
    channel: Channel
    at: int


@dataclass(frozen=True)
class _Answer:
    """What the model has written, and what it cost."""

    heard: Heard
    at_most: Usage
    error: ModelError | None
    gave_way: bool
    """Whether it was stopped because a message waits."""
