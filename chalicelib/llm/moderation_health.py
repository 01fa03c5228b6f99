"""The health check of the moderation service, without which questions are answered unchecked."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from chalicelib.content.persona import Persona
from chalicelib.content.persona_file import Moderating
from chalicelib.conversation.moderation import Moderation
from chalicelib.conversation.moderator import DEADLINE_S
from chalicelib.errors import ModelError, ModelFault, ModelUnusable
from chalicelib.llm import question
from chalicelib.operations.findings import Check, Finding

_NAME: Final = "moderation"
_OTHERWISE: Final = (
    'use OpenAI\'s server, or set moderation = "off" in these personas; Amazon Bedrock has PARLEY_BEDROCK_GUARDRAIL'
)
_WHY: Final = "the model answers questions that nothing has checked"


@dataclass(frozen=True)
class ModerationHealth:
    """Contributes the check that the service gives verdicts in time, if a persona in use wants them."""

    moderation: Callable[[], Moderation]
    personas: Callable[[], Iterable[str]]
    """The names of the personas in use. May raise StoreError."""
    persona: Callable[[str], Persona]
    """Looks up a persona by its name. May raise ConfigError and StoreError."""
    stage: str
    """Named in the commands of remedies."""

    def check(self) -> Check:
        """Return the check; it has no findings where no persona in use has questions checked."""
        return Check(_NAME, self._run)

    def _run(self) -> list[Finding]:
        names = [name for name in sorted(self.personas()) if self.persona(name).moderation is not Moderating.OFF]
        if not names:
            return []
        who = ", ".join(names)
        try:
            self.moderation().check(question.QUESTION, seconds=DEADLINE_S)
        except ModelError as exc:
            return [Finding.warning(_NAME, f"no verdict for {who}: {exc}", _WHY, self._remedy(exc))]
        return [Finding.ok(_NAME, f"questions for {who} are checked")]

    def _remedy(self, error: ModelError) -> str:
        match error:
            case ModelUnusable(cause=ModelFault.KEY | ModelFault.CREDIT):
                return question.remedy(error, self.stage)
            case ModelUnusable():
                return _OTHERWISE
        return "run it again in a minute"
