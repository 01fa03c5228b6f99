"""The health check's test question: whether the model answers as each persona in use."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.access.budget import Usage
from chalicelib.content.persona import Persona, load
from chalicelib.conversation.ports import Model
from chalicelib.conversation.prompt import Prompt
from chalicelib.conversation.prompt_builder import at_most
from chalicelib.conversation.tool import ToolSpec
from chalicelib.errors import ModelBusy, ModelError, ModelFault, ModelRefused, ModelUnusable
from chalicelib.operations.findings import Finding, deploy_command

NAME: Final = "model-answer"
"""The name of its findings."""
QUESTION: Final = "Say hello."
_MOST_TOKENS: Final = 16
"""The least that OpenAI accepts as a limit."""
_CALLING_TOOLS: Final = (
    "start the server so that it calls tools (vLLM: --enable-auto-tool-choice and --tool-call-parser, "
    "llama.cpp: --jinja, Ollama: a model that can)"
)
_SECONDS: Final = 20.0
WHY: Final = "people get an apology instead of an answer"
"""Why such a finding matters."""


@dataclass(frozen=True)
class TrialQuestion:
    """Asks the model a tiny question as each persona in use, with the parameters of people's questions."""

    model: Model
    personas: Callable[[], Iterable[str]]
    """The names of the personas in use. May raise StoreError."""
    reserve: Callable[[Usage], bool]
    """Takes the most that a question can use from the day's budget; False if that has no room. May raise StoreError."""
    stage: str
    """Named in the commands of remedies."""
    persona: Callable[[str], Persona] = load
    """Looks up a persona by its name. May raise ConfigError and StoreError."""
    tools: Callable[[Sequence[str]], tuple[ToolSpec, ...]] = lambda _: ()
    """Returns the tools of these names. None is called."""
    strict: Model | None = None
    """The same model, but one that raises the error of a refusal instead of leaving out what is refused."""

    def findings(self) -> list[Finding]:
        """Return a finding for each persona as which the model does not answer, or that it answers as all.

        Nothing if the day's budget has no room to ask. A fault that no other persona changes ends the check.
        """
        faults: list[Finding] = []
        less: list[Finding] = []
        asked: list[str] = []
        for name in sorted(self.personas()):
            who = self.persona(name)
            prompt = trial_prompt(who, self.tools(who.tools))
            if not self.reserve(most_usage(prompt)):
                break
            asked.append(f"{name} ({prompt.model})" if prompt.model else name)
            try:
                if refusal := self._try(prompt):
                    less.append(self._less(refusal, name))
            except ModelError as exc:
                is_its_own = bool(prompt.model) or _is_about_the_persona(exc)
                faults.append(self._fault(exc, name, is_its_own=is_its_own))
                if not is_its_own:
                    break
        answers = [Finding.ok(NAME, f"{self.model.name} answers as {', '.join(asked)}")] if asked else []
        return [*(faults or answers), *less]

    def _try(self, prompt: Prompt) -> ModelUnusable | None:
        """Return the refusal of what the model then answers without; None if it answers all. Raises ModelError."""
        try:
            ask(self.strict or self.model, prompt)
        except ModelError as exc:
            if self.strict is None or exc.may_be_billed:
                raise
            ask(self.model, prompt)
            return exc if isinstance(exc, ModelUnusable) and exc.cause is ModelFault.REFUSED else None
        return None

    def _less(self, refusal: ModelUnusable, name: str) -> Finding:
        """Return the finding that people get answers without something that is refused."""
        deploy = deploy_command(self.stage)
        change = f"change the setting or the persona that this comes from and run {deploy}"
        if "tools" in refusal.names:
            change = f"{_CALLING_TOOLS}; or take the tools out of the persona and run {deploy}"
        return Finding.warning(NAME, f"as {name}: {refusal}", "people are answered without it", change)

    def _fault(self, error: ModelError, name: str, *, is_its_own: bool) -> Finding:
        what = f"as {name}: {error}" if is_its_own else str(error)
        match error:
            case ModelBusy():
                return Finding.warning(
                    NAME, str(error), "people get an apology while it lasts", "run it again in a minute"
                )
            case ModelUnusable():
                return Finding.broken(NAME, what, WHY, remedy(error, self.stage))
            case ModelRefused():
                change = f"change the instructions of the persona {name} and run {deploy_command(self.stage)}"
                return Finding.broken(NAME, what, WHY, change)
        return Finding.broken(
            NAME, str(error), WHY, "run it again; if that does not help, set PARLEY_MODEL to another model"
        )


def remedy(error: ModelUnusable, stage: str) -> str:
    """Return what the owner does about the cause."""
    deploy = deploy_command(stage)
    other_model = f"set PARLEY_MODEL to a model your account may use and run {deploy}"
    settings = " and ".join(("PARLEY_MODEL", *error.names))
    return {
        ModelFault.KEY: f"make a key that may ask models and run {deploy} --renew openai-key",
        ModelFault.CREDIT: "add credit at the model's provider, or raise the spending limit there",
        ModelFault.VERIFICATION: f"verify the organization at the model's provider, or {other_model}",
        ModelFault.MISSING: f"set {settings} so that they go together and run {deploy}" if error.names else other_model,
        ModelFault.ACCESS: f"run {deploy}, which lets the bot's role ask the model; if that does not help, "
        "open the model in the Bedrock console of that account and region, which says what the account lacks",
        ModelFault.ROUTE: "set PARLEY_MODEL_API to the protocol that the server has (chat or responses), or correct "
        f"OPENAI_BASE_URL, and run {deploy}",
        ModelFault.REFUSED: f"change the setting or the persona that this comes from and run {deploy}",
    }[error.cause]


def ask(model: Model, prompt: Prompt) -> None:
    """Ask and wait for the end of the answer. Raises ModelError."""
    with closing(model.answer(prompt, seconds=_SECONDS)) as events:
        for _ in events:
            pass


def trial_prompt(who: Persona, tools: tuple[ToolSpec, ...]) -> Prompt:
    """Return the tiny question that is asked as this persona."""
    return Prompt(
        instructions=who.system_prompt(opening_shown=False),
        history=(),
        question=QUESTION,
        max_output_tokens=_MOST_TOKENS,
        person_hash="health-check",
        temperature=who.temperature,
        model=who.model,
        tools=tools,
    )


def most_usage(prompt: Prompt) -> Usage:
    """Return the most that asking it once can use."""
    return replace(at_most(prompt, written=None), model=prompt.model)


def _is_about_the_persona(error: ModelError) -> bool:
    refused = isinstance(error, ModelUnusable) and error.cause is ModelFault.REFUSED
    return refused or isinstance(error, ModelRefused)
