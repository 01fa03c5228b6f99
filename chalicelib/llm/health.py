"""The health check of the model, and the port for its provider's list of models."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from chalicelib.clock import Clock
from chalicelib.errors import ModelError, ModelUnusable
from chalicelib.llm import question
from chalicelib.llm.question import TrialQuestion
from chalicelib.operations.findings import Check, Finding, Severity, deploy_command, failed, lifetime, worst

_NOT_WARNED: Final = "its provider does not say when the model ends"


@dataclass(frozen=True)
class ModelInfo:
    """What the model's provider says about it."""

    listed: bool | None
    """None when the provider keeps no list."""
    shutdown: date | None
    """The first day on which it is not served any more; None while none is announced."""


class Catalogue(Protocol):
    """The list of models that the provider offers."""

    def find(self) -> ModelInfo:
        """Request what the provider says about the model in use. Raises ModelError."""


@dataclass(frozen=True)
class ModelHealth:
    """Contributes the check that the model answers and has not reached its end."""

    name: str
    """The model's, as in the setting PARLEY_MODEL."""
    question: TrialQuestion
    catalogue: Catalogue
    shutdown: date | None
    """As in `ModelInfo`, as far as the price table knows; None if it does not. The earlier of two days counts."""
    stage: str
    """Named in the commands of remedies."""
    clock: Clock

    def check(self) -> Check:
        """Return the check. Whether the model answers is decided by a real question, not by the list of models."""
        return Check("model", self._run)

    def _run(self) -> list[Finding]:
        answers = self.question.findings()
        if not answers:
            unasked = Finding.ok(question.NAME, "it was not asked: the day's budget has no room for a question")
            return [*self._look_up(answers), unasked]
        return [*self._look_up(answers), *answers]

    def _look_up(self, answers: list[Finding]) -> list[Finding]:
        """Return what the list of models adds to the answers, which are empty if the model was not asked."""
        works = bool(answers) and worst(answers) is Severity.OK
        try:
            return [self._judge(self.catalogue.find(), works=works)]
        except ModelUnusable as exc:
            if works:
                return [self._not_found(exc)]
            if worst(answers) is Severity.BROKEN:
                return []
            return [Finding.broken("model", str(exc), question.WHY, question.remedy(exc, self.stage))]
        except ModelError as exc:
            return [self._not_found(exc) if works else failed("model", exc)]

    def _judge(self, info: ModelInfo, *, works: bool) -> Finding:
        remedy = f"set PARLEY_MODEL to another model and run {deploy_command(self.stage)}"
        end = min((end for end in (info.shutdown, self.shutdown) if end), default=None)
        found = lifetime("model", self.name, end=end, now=self.clock(), remedy=remedy)
        if works or info.listed or found.state is Severity.BROKEN:
            return found
        in_list = (
            f"{self.name} is not in the server's list" if info.listed is False else "the server keeps no list of models"
        )
        why = f"whether it offers {self.name} is unknown until a person asks"
        return Finding.warning("model", in_list, why, "write to the bot")

    def _not_found(self, error: ModelError) -> Finding:
        """Return the finding that a model which answers could not be looked up."""
        what = f"{self.name} could not be looked up: {error}"
        return Finding.warning("model", what, _NOT_WARNED, "give the API key the right to read models, or run it again")
