"""Whatever becomes of an answer, what the provider bills is counted, and hardly more.

Hypothesis tells stories in which the model's calls end in every way there is, and in which workers die.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chalicelib.access.budget import Price, Usage
from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, Prompt, TextDelta, Used, Waiting
from chalicelib.conversation.prompt_builder import UNSEEN_TOKENS, at_most
from chalicelib.conversation.turn import Turn
from chalicelib.errors import DeliveryError, ModelBusy, ModelError, ModelRefused, PersonUnreachable
from tests.faults.parts import SimulatedModel
from tests.faults.simulation import Simulation, person_of
from tests.faults.stage import Crash, When
from tests.faults.test_any_story import MOST_OPEN, PEOPLE, STORIES, CrashesSoon

PRICES = (Price(Decimal(1), Decimal(1), Decimal(1)), Price(Decimal("0.1"), Decimal("0.01"), Decimal(3)))
CALLS, SHARES = (2, 5, 1000), ("0.25", "1")
LIMIT = 4
WORDS = "answer to a", " question, ", "of which each byte is a token"


class End(StrEnum):
    """How a call of the model ends. It is the first word of the question."""

    ANSWERED = "answered"
    BLANK = "blank"
    THOUGHTS = "thoughts"
    FILTERED = "filtered"
    FILTERED_AT_ONCE = "filtered-at-once"
    """With an HTTP status, which costs nothing."""
    FAILED = "failed"
    UNTOLD = "untold"
    """The provider does not say what a whole answer cost."""
    FAILED_UNTOLD = "failed-untold"
    BROKEN = "broken"
    """The connection is lost while the provider writes to its end, and bills all."""
    LOST = "lost"
    """The connection is lost before a response; the provider bills all."""
    BUSY = "busy"
    CANCELLED = "cancelled"
    """Before the first words."""
    CANCELLED_LATER = "cancelled-later"
    DEAD = "dead"
    """The worker dies after the first words."""
    UNREACHABLE = "unreachable"
    """The answer cannot be delivered."""
    UNDELIVERED = "undelivered"


@dataclass
class ModelOfAnyEnd(SimulatedModel):
    """Bills each byte as a token, and of an answer that is closed all that may be on its way."""

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        self.ledger.was_asked(prompt.question, prompt.history, self.run())
        said = [part for past in prompt.history for part in (past.question, past.answer)]
        asked = sum(len(text.encode()) + 4 for text in (prompt.instructions, *said, prompt.question))
        most = self.price.cost(at_most(prompt, written=None))
        self.ledger.require("no more is set aside than the prompt can cost", kept=self.ledger.unsettled[-1][1] == most)
        return self._say(End(prompt.question.split()[0]), prompt, asked)

    def _say(self, end: End, prompt: Prompt, asked: int) -> Generator[ModelEvent]:
        written, whole = 0, Usage(asked, 0, sum(map(len, WORDS)))
        match end:
            case End.FILTERED_AT_ONCE | End.BUSY:
                raise _unbilled(ModelRefused("no") if end is End.FILTERED_AT_ONCE else ModelBusy("busy"))
            case End.LOST:
                self._bill(Usage(asked, 0, prompt.max_output_tokens), told=True, prompt=prompt)
                self.ledger.was_lost(prompt.question, self.run())
                raise _lost()
            case End.BLANK | End.THOUGHTS:
                yield TextDelta(" \u2003\n" if end is End.BLANK else "<think>Hm, no.</think>")
                yield from self._finish(Usage(asked, 0, 21), told=True, prompt=prompt)
                return
        try:
            for words in WORDS:
                yield Waiting()
                written += len(words)
                yield TextDelta(words)
                if end is End.DEAD:
                    self._bill(Usage(asked, 0, prompt.max_output_tokens), told=True, prompt=prompt)
                    raise Crash
        except GeneratorExit:
            unseen = min(prompt.max_output_tokens, written + UNSEEN_TOKENS)
            self._bill(Usage(asked, 0, unseen), told=False, prompt=prompt)
            raise
        yield from self._end(end, whole, prompt)

    def _end(self, end: End, whole: Usage, prompt: Prompt) -> Generator[ModelEvent]:
        match end:
            case End.FILTERED | End.FAILED:
                self._bill(whole, told=True, prompt=prompt)
                yield Used(whole)
                raise ModelRefused("the filter") if end is End.FILTERED else ModelBusy("failed")
            case End.FAILED_UNTOLD | End.BROKEN:
                self._bill(Usage(whole.input, 0, prompt.max_output_tokens), told=False, prompt=prompt)
                raise ModelBusy("the stream broke off")
        yield from self._finish(whole, told=end is not End.UNTOLD, prompt=prompt)

    def _finish(self, used: Usage, *, told: bool, prompt: Prompt) -> Generator[ModelEvent]:
        self._bill(used, told=told, prompt=prompt)
        yield Finished(FinishReason.STOP, used if told else Usage())

    def _bill(self, used: Usage, *, told: bool, prompt: Prompt) -> None:
        if not told:
            most = at_most(prompt, written=None)
            self.ledger.unknown += self.price.cost(most) - self.price.cost(used)
        self.ledger.was_billed(self.price.cost(used))


def _unbilled(error: ModelError) -> ModelError:
    error.may_be_billed = error.began = False
    return error


def _lost() -> ModelError:
    error = ModelBusy("the provider is out of reach")
    error.began = False
    return error


@dataclass
class Hearer:
    """A person who stops answers: at once, or at the third sign of life."""

    heard: dict[str, int] = field(default_factory=dict)

    def wants_more(self, turn: Turn) -> bool:
        self.heard[turn.id] = self.heard.get(turn.id, 0) + 1
        most = {End.CANCELLED: 0, End.CANCELLED_LATER: 2}.get(End(turn.text.split()[0]), 99)
        return self.heard[turn.id] <= most


anybody = st.sampled_from(PEOPLE)


class AnyEnd(RuleBasedStateMachine):
    @initialize(
        price=st.sampled_from(PRICES), calls=st.sampled_from((2, 5, 1000)), share=st.sampled_from(("0.25", "1"))
    )
    def begin(self, *, price: Price, calls: int, share: str) -> None:
        self.faults, self.undelivered, self.said = CrashesSoon(), "", 0

        def model(ledger: object, run: object, fails: object) -> ModelOfAnyEnd:
            return ModelOfAnyEnd(ledger, run, fails, price=price)  # type: ignore[arg-type]

        self.simulation = Simulation(
            faults=self.faults,
            limit=LIMIT,
            budget=calls * 30_000,
            price=price,
            person_share=Decimal(share),
            makes_model=model,
            wants_more=Hearer().wants_more,
            sender_fails=self._delivery,
        )

    def _delivery(self) -> DeliveryError | None:
        running = [kept.turn for kept in self.simulation.memory.turns.values() if kept.turn.state.value == "answered"]
        texts = [turn.text for turn in running]
        if any(text.startswith(End.UNREACHABLE) for text in texts):
            return PersonUnreachable("gone")
        return DeliveryError("code 613") if any(text.startswith(End.UNDELIVERED) for text in texts) else None

    def waiting(self, psid: str) -> int:
        place = person_of(psid)
        turns = [kept.turn for kept in self.simulation.memory.turns.values()]
        return len(self.simulation.calls) + sum(turn.is_open for turn in turns if turn.person == place)

    @rule(psid=anybody, end=st.sampled_from(End))
    def ask(self, psid: str, end: End) -> None:
        if self.waiting(psid) < MOST_OPEN:
            self.said += 1
            self.simulation.say(psid, f"{end} {self.said}", number=self.said)

    @rule(steps=st.integers(1, 6))
    def go_on(self, steps: int) -> None:
        for _ in range(steps):
            self.simulation.start_next()

    @rule(ahead=st.integers(0, 12), when=st.sampled_from(When))
    def crash(self, ahead: int, when: When) -> None:
        self.faults.numbers.add((len(self.simulation.stage.steps) + ahead, when))

    @rule(seconds=st.sampled_from((1, 20, 70, 130, 600)))
    def wait(self, seconds: int) -> None:
        self.simulation.clock.tick(seconds=seconds)

    @rule()
    def beat(self) -> None:
        self.simulation.beat()

    @invariant()
    def what_is_billed_is_counted_and_hardly_more(self) -> None:
        assert self.simulation.ledger.broken == []

    def teardown(self) -> None:
        if hasattr(self, "simulation"):
            self.simulation.run_until_rest()
            assert self.simulation.ledger.broken == []


AnyEnd.TestCase.settings = settings(STORIES, max_examples=2 * settings().max_examples)
TestAnyEnd = AnyEnd.TestCase
