"""The model of mixed stories: it answers word by word, calls tools, and puts all that it gets into its summaries."""

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from chalicelib.access.budget import Price
from chalicelib.conversation import summary
from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, Prompt, TextDelta
from chalicelib.conversation.turn import TurnState
from chalicelib.errors import ModelError
from tests.faults.ledger import Ledger, Run
from tests.faults.parts import PRICE, USED, fail_or_bill, whole
from tests.faults.simulation import Simulation
from tests.faults.tools import World, calling

MARK: Final = re.compile(r"mark\d+x")
"""A word of each message, of which it is known who said it."""
PARTS: Final = 3
"""Deltas of an answer."""


@dataclass
class MixedModel:
    """`conversation.ports.Model`: answers with the question, so that every answer is known by its words."""

    ledger: Ledger
    run: Callable[[], Run]
    fails: Callable[[], ModelError | None]
    simulation: Callable[[], Simulation]
    world: Callable[[], World]
    pause_s: Callable[[], float]
    """How long it thinks about its next words."""
    numbers: "count[int]" = field(default_factory=count)
    name: str = "gpt-6-luna"
    provider: str = "openai"
    price: Price = PRICE
    may_think_unseen: bool = False

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        if prompt.instructions == summary.INSTRUCTIONS:
            self.ledger.was_billed(PRICE.cost(USED))
            return whole(f"They said {' '.join(MARK.findall(prompt.question))}.")
        run, number = self.run(), len(prompt.rounds)
        self.ledger.was_asked(f"{self._turn(run, prompt)} after {number} rounds", prompt.history, run)
        self.world().was_told(prompt)
        fail_or_bill(self.fails(), prompt, self.ledger)
        if prompt.tools and prompt.may_call and number < prompt.question.count("*"):
            return calling(next(self.numbers))
        return self._say(f"answer to {prompt.question}", prompt, run)

    def _turn(self, run: Run, prompt: Prompt) -> str:
        """The turn that is being answered; the same question may be asked again."""
        running = [kept.turn for kept in self.ledger.memory.of(run.conversation)]
        asked = (turn.id for turn in running if turn.state is TurnState.RUNNING and turn.text in prompt.question)
        return f"{next(asked, prompt.question)} of {run.conversation}"

    def _say(self, answer: str, prompt: Prompt, run: Run) -> Generator[ModelEvent]:
        first, words = answer[: len("answer to")], answer[len("answer to") :]
        size = -(-len(words) // PARTS)
        try:
            for part in (first, *(words[at : at + size] for at in range(0, len(words), size))):
                self.simulation().stage.step("model.says", lambda: None)
                self.simulation().sleep(self.pause_s())
                if not self.simulation().zombies:  # there a worker is held up for minutes
                    self.ledger.goes_on(run)
                yield TextDelta(part)
        except GeneratorExit:  # nobody wants the rest, and nobody learns what it has cost
            self.ledger.unknown += prompt.max_output_tokens
            raise
        yield Finished(FinishReason.STOP, USED)
