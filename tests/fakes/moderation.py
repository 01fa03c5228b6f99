"""A fake moderation service whose verdicts are scripted."""

from collections import deque
from dataclasses import dataclass, field

from chalicelib.conversation.moderation import Verdict
from chalicelib.errors import ModelError


@dataclass
class ScriptedModeration:
    """`conversation.moderation.Moderation`: answers with its script, then without fault; records the questions."""

    script: deque[Verdict | ModelError] = field(default_factory=deque)
    checked: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def check(self, text: str, *, seconds: float) -> Verdict:
        self.checked.append(text)
        self.seconds.append(seconds)
        verdict = self.script.popleft() if self.script else Verdict()
        if isinstance(verdict, ModelError):
            raise verdict
        return verdict
