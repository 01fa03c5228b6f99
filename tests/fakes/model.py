"""A fake model whose answers are scripted."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from chalicelib.access.budget import Price, Usage
from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, Prompt, TextDelta, Waiting
from chalicelib.conversation.tool import ToolCall
from chalicelib.errors import ModelError
from chalicelib.llm.health import ModelInfo
from chalicelib.llm.prices import FREE

Word = str | Waiting | FinishReason | ToolCall | ModelError
Line = Sequence[Word] | ModelError
"""One answer: its deltas, then the tools it calls, or why it stopped if not of itself. An error breaks it off there."""


@dataclass
class ScriptedModel:
    """`conversation.ports.Model`: answers with its script, then always with `otherwise`; records the prompts."""

    script: list[Line] = field(default_factory=list)
    otherwise: Line = ("An answer.",)
    usage: Usage = field(default_factory=lambda: Usage(input=100, cached=0, output=20))
    asked: list[Prompt] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    name: str = "gpt-6-luna"
    provider: str = "openai"
    price: Price = FREE
    may_think_unseen: bool = False

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        self.asked.append(prompt)
        self.seconds.append(seconds)
        line = self.script.pop(0) if self.script else self.otherwise
        may_call = bool(prompt.tools) and prompt.may_call
        return self._say([line] if isinstance(line, ModelError) else line, may_call=may_call)

    def _say(self, line: Sequence[Word], *, may_call: bool) -> Generator[ModelEvent]:
        reason = FinishReason.STOP
        calls = tuple(word for word in line if isinstance(word, ToolCall) and may_call)
        for word in line:
            match word:
                case ModelError():
                    raise word
                case FinishReason():
                    reason = word
                case str():
                    yield TextDelta(word)
                case Waiting():
                    yield word
        yield Finished(FinishReason.CALLS if calls else reason, self.usage, calls)


@dataclass
class FakeCatalogue:
    """`llm.health.Catalogue`."""

    found: ModelInfo | ModelError = field(default_factory=lambda: ModelInfo(listed=True, shutdown=None))

    def find(self) -> ModelInfo:
        if isinstance(self.found, ModelError):
            raise self.found
        return self.found
