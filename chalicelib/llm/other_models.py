"""The health check of the models beside the deployment's own: whether each of them answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.access.budget import Usage
from chalicelib.content.persona import Persona
from chalicelib.conversation.ports import Model
from chalicelib.errors import ModelBusy, ModelError
from chalicelib.llm.question import ask, most_usage, trial_prompt
from chalicelib.operations.findings import Check, Finding, deploy_command

NAME: Final = "other-models"
_WHO: Final = Persona("Doctor", "Answer in a word.", max_output_tokens=16)


@dataclass(frozen=True)
class OtherModels:
    """Contributes the check. A persona's own model is also asked as that persona, by `TrialQuestion`."""

    model: Model
    """Answers as the model that a prompt names; the fallback is one of them, and asked in place of none."""
    names: Sequence[str]
    reserve: Callable[[Usage], bool]
    """Takes the most that a question can use from the day's budget; False if that has no room. May raise StoreError."""
    stage: str

    def check(self) -> Check:
        """Return the check, which has no findings if there is no other model, or no money to ask."""
        return Check(NAME, self._run)

    def _run(self) -> list[Finding]:
        answering: list[str] = []
        faults: list[Finding] = []
        for name in self.names:
            prompt = replace(trial_prompt(_WHO, ()), model=name)
            if not self.reserve(most_usage(prompt)):
                break
            try:
                ask(self.model, prompt)
                answering.append(name)
            except ModelError as exc:
                faults.append(self._fault(name, exc))
        return [*([Finding.ok(NAME, f"also answering: {', '.join(answering)}")] if answering else []), *faults]

    def _fault(self, name: str, error: ModelError) -> Finding:
        what, why = f"{name}: {error}", "people who have it get an apology, and it takes no place of another model"
        if isinstance(error, ModelBusy):
            return Finding.warning(NAME, what, why, "run it again in a minute")
        change = f"change PARLEY_MODELS or PARLEY_FALLBACK_MODEL and run {deploy_command(self.stage)}"
        return Finding.broken(NAME, what, why, change)
