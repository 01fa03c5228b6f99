"""Frames that API Gateway receives at one time, and whose handlers start at another."""

import heapq
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from chalicelib.conversation.prompt import Prompt
from tests.flow.chat import Chat, Tab


@dataclass
class LateHandlers:
    """A chat in which each handler starts when its function does; workers run as soon as they are woken."""

    chat: Chat
    answer_ms: int = 1000
    """How long the model takes, and so how long others wait."""
    _waiting: list[tuple[int, int, Tab, str, int]] = field(default_factory=list)
    _ids: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.chat.bot.while_it_sleeps = self.starts
        self.chat.bot.model.meanwhile = self._answers  # type: ignore[attr-defined]

    def frame(self, tab: Tab, frame: dict[str, Any], *, at: int, late: int) -> None:
        """API Gateway receives a frame at that time, in ms since 1970; its handler starts `late` ms later."""
        heapq.heappush(self._waiting, (at + late, next(self._ids), tab, json.dumps(frame), at))

    def burst(self, tab: Tab, texts: Sequence[str], *, gaps: Sequence[int], late: Sequence[int], **fields: Any) -> None:
        """A client sends questions, each so many ms after the first one; `fields` has one value for each question."""
        began = self.chat.clock()
        for number, text in enumerate(texts):
            named = {name: values[number] for name, values in fields.items()}
            frame = {"action": "send_message", "message": text, **named}
            self.frame(tab, frame, at=began + gaps[number], late=late[number])

    def starts(self) -> None:
        """Every handler that is due starts, at its time."""
        end = self.chat.clock()
        while self._waiting and self._waiting[0][0] <= end:
            self._start_next()
        self.chat.clock.now = max(end, self.chat.clock())

    def rests(self) -> list[str]:
        """All that is on its way comes, and is answered; the questions in the order in which they were asked."""
        while self._waiting or self.chat.bot.wake.woken:
            self.starts()
            if self.chat.bot.wake.woken:
                self.chat.bot.run(self.chat.bot.wake.woken.pop(0))
            elif self._waiting:
                self.chat.clock.now = max(self.chat.clock(), self._waiting[0][0])
        return self.chat.asked

    def _start_next(self) -> None:
        due_at, _, tab, text, at = heapq.heappop(self._waiting)
        self.chat.clock.now = due_at
        tab.sends_text(text, at=at)

    def _answers(self, _: Prompt) -> None:
        self.chat.sees_the_question()
        self.chat.clock.tick(seconds=self.answer_ms / 1000)
        self.starts()
