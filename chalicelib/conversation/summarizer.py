"""Makes the summary of a conversation after its turns are answered and its lease is released: nobody waits for it."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.access import identity, quota
from chalicelib.access.budget import Budget, Reservation, Usage
from chalicelib.access.person import Person
from chalicelib.clock import Clock
from chalicelib.content.token_estimate import tokens
from chalicelib.conversation import prompt_builder, summary
from chalicelib.conversation.answer_text import AnswerText
from chalicelib.conversation.history import is_answered
from chalicelib.conversation.notes import facts_note, summary_note
from chalicelib.conversation.ports import Model, Transcript
from chalicelib.conversation.prompt import Finished, Prompt, TextDelta, Used
from chalicelib.conversation.summary_ports import Summaries, Summarised
from chalicelib.conversation.turn import Lease, Summary, Turn
from chalicelib.errors import ModelError, ParleyError
from chalicelib.ids import PersonId
from chalicelib.log import Log

SECONDS: Final = 15.0
"""Timeout of the model's call."""
_NEEDED_MS: Final = 20_000
_REBUILT_FROM: Final = 200
"""The last turns that a summary is made of when there is none to go on from."""


@dataclass(frozen=True)
class Summarizer:
    """Makes summaries."""

    store: Summaries
    transcript: Transcript
    budget: Budget
    model: Model
    pseudonym: Callable[[PersonId], str]
    """As in `Agent`."""
    clock: Clock
    zone: ZoneInfo
    memory_tokens: int
    kept_s: int
    """For how many seconds turns are stored."""
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
            self._log(memory[-1]).failure("summary", exc)

    def _summarise(self, lease: Lease, memory: tuple[Turn, ...], person: Person) -> None:
        last = memory[-1]
        if person.memory_off and identity.room_of(last.conversation) is None:
            return
        before = summary.current(lease, memory)
        facts = facts_note(last, person, memory_tokens=self.memory_tokens)
        notes = [facts, summary_note(before) if before else ""]
        room = self.memory_tokens - summary.QUESTION_TOKENS - sum(tokens(note) for note in notes if note)
        upto, since = before.upto if before else 0, lease.history_from
        taken: Sequence[Turn] = summary.due(memory, upto=upto, since=since, room=max(room, 0))
        if not taken or not summary.may_try(lease, memory):
            return
        if before is None and len(memory) >= summary.LATEST:
            taken = self._from_the_beginning(lease, until=taken[-1].asked_at)
        thinks, person_hash = self.model.may_think_unseen, self.pseudonym(last.person)
        prompt = summary.prompt_for(before, taken, since=since, person_hash=person_hash, thinks=thinks)
        reservation, channel = self._reservation(prompt), identity.channel_of(last.person)
        if not self.store.begin(lease, reservation, channel, newest=last.asked_at):
            return
        started = self.clock()
        answer = self._ask(prompt)
        settlement = self.budget.settle(reservation, answer.usage, at_most=answer.at_most)
        cost = {"ms": self.clock() - started, "cost_usd": round(settlement.cost / 1_000_000, 6)}
        text = summary.usable(answer.text)
        if answer.error or not text:
            self.store.settle(settlement, channel)
            self._log(last).failure("summary", answer.error or ModelError("the model wrote no summary"), **cost)
            return
        made = Summary(text, upto=taken[-1].asked_at, at=self.clock())
        expires_at = last.at // 1000 + self.kept_s
        done = Summarised(lease, made, settlement=settlement, channel=channel, expires_at=expires_at)
        kept = self.store.keep(done)
        self._log(last)("summary", outcome="kept" if kept else "outdated", turns=len(taken), **cost)

    def _from_the_beginning(self, lease: Lease, *, until: int) -> Sequence[Turn]:
        latest = self.transcript.latest(lease.conversation, count=_REBUILT_FROM, now=self.clock())
        closed = [turn for turn in latest if not turn.is_open]
        return [turn for turn in summary.told(closed) if turn.asked_at <= until]

    def _reservation(self, prompt: Prompt) -> Reservation:
        """Return the most that the call can cost: on the budget and the channel's part, not on the person."""
        now = self.clock()
        most = prompt_builder.at_most(prompt, written=None)
        return self.budget.reserve_for_turn(most, day=quota.day_of(now, now=now, zone=self.zone), is_unlimited=True)

    def _ask(self, prompt: Prompt) -> "_Answer":
        words, answer = AnswerText(), _Answer(prompt_builder.at_most(prompt, written=None))
        try:
            with closing(self.model.answer(prompt, seconds=SECONDS)) as events:
                for event in events:
                    match event:
                        case TextDelta(text):
                            answer.add(words, text)
                        case Used(usage) | Finished(_, usage):
                            answer.usage = usage
        except ModelError as exc:
            answer.error = exc
            answer.at_most = answer.at_most if exc.may_be_billed else Usage()
        answer.add(words)
        return answer

    def _log(self, turn: Turn) -> Log:
        return self.log.about(turn.id, turn.person)


@dataclass
class _Answer:
    """What the model has written, and what it cost."""

    at_most: Usage
    text: str = ""
    usage: Usage | None = None
    """None if the provider does not tell."""
    error: ModelError | None = None

    def add(self, words: AnswerText, delta: str | None = None) -> None:
        """Take in a delta, or the end."""
        more = words.end() if delta is None else words.add(delta)
        self.text = more.text if more.instead else self.text + more.text
