"""Knows which model answers, and asks the real one until it does."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from scripts.simulator.functions import FunctionFailed
from scripts.simulator.model_question import Problem

_FIRST_PAUSE_S: Final = 3.0
_LONGEST_PAUSE_S: Final = 60.0
_GROWTH: Final = 1.5


class State(StrEnum):
    """What is known about the model."""

    ASKING = "asking"
    SILENT = "silent"
    ANSWERS = "answers"


@dataclass
class ModelWatch:
    """The model of one run: the fake one always answers, the real one is asked when the demo starts."""

    name: str
    place: str
    """The address of its server; empty for the fake model."""
    ask: Callable[[], Problem | None]
    """Returns what is wrong, None if it answers. Raises FunctionFailed."""
    ended: threading.Event
    """Set when the demo ends."""
    pause_s: float = _FIRST_PAUSE_S
    """Before it is asked again; each pause is longer than the one before."""
    problem: Problem | None = None
    state: State = State.ANSWERS
    _told: Callable[["ModelWatch"], None] = field(default=lambda _: None)

    def start(self, tell: Callable[["ModelWatch"], None]) -> None:
        """Ask the real model in a thread until it answers, and call `tell` at first and after each change."""
        self._told = tell
        self._become(State.ASKING if self.place else State.ANSWERS, None)
        if self.place:
            threading.Thread(target=self._ask_until_it_answers, daemon=True).start()

    def as_json(self) -> Mapping[str, Any]:
        """Serialise it for the Messenger page."""
        problem = {"reason": self.problem.reason, "cure": self.problem.cure} if self.problem else None
        return {
            "name": self.name,
            "stand_in": not self.place,
            "place": self.place,
            "state": self.state,
            "problem": problem,
        }

    def _ask_until_it_answers(self) -> None:
        pause = self.pause_s
        while not self.ended.is_set():
            try:
                problem = self.ask()
            except FunctionFailed as exc:
                problem = Problem(f"{self.name} could not be asked: {exc}.", "See the log of the demo.")
            if problem is None:
                self._become(State.ANSWERS, None)
                return
            if problem != self.problem:
                self._become(State.SILENT, problem)
            self.ended.wait(pause)
            pause = min(_GROWTH * pause, _LONGEST_PAUSE_S)

    def _become(self, state: State, problem: Problem | None) -> None:
        self.state, self.problem = state, problem
        if not self.ended.is_set():
            self._told(self)
