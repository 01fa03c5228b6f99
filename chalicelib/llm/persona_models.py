"""The health check of what personas want of models: a model that the owner listed, and a temperature that it takes."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from chalicelib.clock import Clock
from chalicelib.content.persona import Persona
from chalicelib.llm import converse_families, families, listed, prices
from chalicelib.operations.findings import Check, Finding, Severity, deploy_command, lifetime
from chalicelib.settings.stage import ModelSettings, Settings

NAME = "persona-model"


@dataclass(frozen=True)
class PersonaModels:
    """Contributes the check; it asks no model, and has no findings if all is as the owner wants it."""

    settings: Settings
    personas: Callable[[], Iterable[str]]
    """The names of the personas in use. May raise StoreError."""
    persona: Callable[[str], Persona]
    """Looks up a persona by its name. May raise ConfigError and StoreError."""
    clock: Clock

    def check(self) -> Check:
        """Return the check."""
        return Check(NAME, lambda: [*self._of_personas(), *self._of_others()])

    def _of_personas(self) -> Iterator[Finding]:
        deploy = deploy_command(self.settings.stage.name)
        for name in sorted(self.personas()):
            who = self.persona(name)
            found = listed.find(self.settings, who.model)
            model = found or self.settings.model
            if found is None:
                what = f"{name} wants {who.model}, which is not in PARLEY_MODELS"
                yield Finding.warning(
                    NAME, what, f"{model.name} answers in its place", f"add it there and run {deploy}"
                )
            if who.temperature is not None and sent_temperature(model, who.temperature) is None:
                what = f"{name} has the temperature {who.temperature:g}, and {model.name} takes none at its effort"
                remedy = f"set PARLEY_REASONING_EFFORT to none, or another model, and run {deploy}"
                yield Finding.warning(NAME, what, "it is not sent, so the answers vary as the model likes", remedy)

    def _of_others(self) -> Iterator[Finding]:
        """Yield what is wrong with the models beside the deployment's own: an end that is near, or an unknown price."""
        remedy = (
            f"replace it in PARLEY_MODELS or PARLEY_FALLBACK_MODEL and run {deploy_command(self.settings.stage.name)}"
        )
        for model in listed.every(self.settings)[1:]:
            price = prices.of_bedrock(model.name) if model.bedrock else prices.find(model.name)
            if price is None and not prices.price_of(model).is_free:
                what, why = f"the price of {model.name} is not known", "its answers count as the dearest ones do"
                yield Finding.warning(NAME, what, why, "check its name, or wait for a version that knows its price")
            end = price.shutdown if price else None
            found = lifetime(NAME, model.name, end=end, now=self.clock(), remedy=remedy)
            if found.state is not Severity.OK:
                yield found


def sent_temperature(model: ModelSettings, wanted: float) -> float | None:
    """Return the temperature that the model is asked with where a persona wants this one; None for none."""
    if model.bedrock:
        return converse_families.temperature(model.name, model.effort, wanted)
    return wanted if families.takes_temperature(model.name, families.effort(model.name, model.effort)) else None


def may_think(model: ModelSettings) -> bool:
    """Whether the model may write thoughts before its answer, which count in the answer's limit of tokens."""
    if model.bedrock:
        return converse_families.thinks(model.name, model.effort)
    return not families.never_thinks(model.name, model.effort)
