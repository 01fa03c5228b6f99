"""The health check of the model, and the port for its provider's list of models."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from chalicelib.clock import Clock
from chalicelib.errors import ModelFault, ModelUnusable
from chalicelib.operations.findings import Check, Finding, Severity, deploy_command, lifetime


@dataclass(frozen=True)
class ModelInfo:
    """What the model's provider says about it."""

    listed: bool | None
    """None when the provider keeps no list."""
    shutdown: date | None
    """The last day; None while none is announced."""


class Catalogue(Protocol):
    """The list of models that the provider offers."""

    def find(self) -> ModelInfo:
        """Request what the provider says about the model in use. Raises ModelError."""


@dataclass(frozen=True)
class ModelHealth:
    """Contributes the check that the model exists, may be used and has not reached its last day."""

    name: str
    """The model's, as in the setting PARLEY_MODEL."""
    catalogue: Catalogue
    shutdown: date | None
    """The last day as far as the price table knows; None if it does not. The earlier of two days counts."""
    stage: str
    """Named in the commands of remedies."""
    clock: Clock

    def check(self) -> Check:
        """Return the check. It raises ModelError if the request fails for now; ModelUnusable becomes a finding."""
        return Check("model", self._run)

    def _run(self) -> list[Finding]:
        try:
            return [self._judge(self.catalogue.find())]
        except ModelUnusable as exc:
            return [Finding.broken("model", str(exc), "people get an apology instead of an answer", self._remedy(exc))]

    def _judge(self, info: ModelInfo) -> Finding:
        remedy = f"set PARLEY_MODEL to another model and run {deploy_command(self.stage)}"
        end = min((end for end in (info.shutdown, self.shutdown) if end), default=None)
        found = lifetime("model", self.name, end=end, now=self.clock(), remedy=remedy)
        if info.listed or found.state is Severity.BROKEN:
            return found
        in_list = (
            f"{self.name} is not in the server's list" if info.listed is False else "the server keeps no list of models"
        )
        why = f"whether it offers {self.name} is unknown until a person asks"
        return Finding.warning("model", in_list, why, "write to the bot")

    def _remedy(self, error: ModelUnusable) -> str:
        deploy = deploy_command(self.stage)
        return {
            ModelFault.KEY: f"{deploy} --renew openai-key",
            ModelFault.CREDIT: "add credit at the model's provider",
            ModelFault.MISSING: f"set PARLEY_MODEL to a model your account may use and run {deploy}",
        }[error.cause]
