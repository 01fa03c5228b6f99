"""The ledger's bill is the provider's, to the micro-dollar: with tools, a fallback, several models and the cache."""

import json
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import httpx2
import pytest

from chalicelib.access.budget import Budget
from chalicelib.conversation import summary
from chalicelib.conversation.prompt import Finished, ModelEvent, Prompt
from chalicelib.conversation.prompt_builder import at_most
from chalicelib.llm import listed
from chalicelib.llm.choice import ModelChoice
from chalicelib.llm.openai_request import Api
from chalicelib.settings.stage import Settings
from chalicelib.tools.toolbox import FunctionTools
from tests.contract.caching_server import CachingServer
from tests.contract.openai_server import error, model
from tests.flow.bot import Bot
from tests.flow.test_tools import taste

SETTINGS: Final = Settings.from_env(
    {
        "PARLEY_STAGE": "prod",
        "PARLEY_DAILY_LIMIT": "1000",
        "PARLEY_DAILY_BUDGET_USD": "100",
        "PARLEY_PERSON_BUDGET_SHARE": "1",
        "PARLEY_MODELS": "gpt-6-sol",
        "PARLEY_FALLBACK_MODEL": "gpt-5.4-mini",
        "PARLEY_MEMORY_TOKENS": "500",
    }
)
PERSONA: Final = """
name = "Cook"
max_output_tokens = 100
tools = ["taste"]
instructions = "{instructions}"
"""
LONG: Final = "You cook. " * 700


class Billed(Bot):
    """A bot whose budget knows the prices of all its models."""

    @property
    def budget(self) -> Budget:
        return listed.budget(self.settings)


class Died(BaseException):
    """The worker's process ends."""


@dataclass
class Mortal:
    """The models, asked by a worker that dies now and then when an answer is complete and nothing of it is stored."""

    models: Any
    budget: Budget
    server: CachingServer
    dies: Callable[[int], bool] = lambda _: False
    """By the number of the answer."""
    lost: list[int] = field(default_factory=list)
    """The places of these answers among those that the provider has billed."""
    kept: list[int] = field(default_factory=list)
    """What stays set aside for them, in micro-USD."""
    answers: int = 0
    summaries: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.models, name)

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        self.summaries += prompt.instructions == summary.INSTRUCTIONS
        for event in self.models.answer(prompt, seconds=seconds):
            if isinstance(event, Finished):
                self.answers += 1
                if self.dies(self.answers):
                    self.lost.append(len(self.server.billed) - 1)
                    self.kept.append(
                        self.budget.reserve(at_most(prompt, written=None), day="", model=prompt.model).amount
                    )
                    raise Died
            yield event


@dataclass
class Kitchen:
    """The provider: calls the tool twice where a question asks for it, and is busy now and then."""

    bot: Bot
    requests: int = 0

    def refuses(self, body: dict[str, Any]) -> httpx2.Response | None:
        self.requests += 1
        return error(503) if self.requests % 4 == 0 and body["model"] != "gpt-5.4-mini" else None

    def answers(self, body: dict[str, Any]) -> tuple[str, Sequence[dict[str, Any]]]:
        said = body.get("messages") or body["input"]
        question = max(place for place, one in enumerate(said) if one.get("role") == "user")
        results = [one for one in said[question:] if one.get("role") == "tool" or "output" in one]
        if "taste" not in json.dumps(said[question]["content"]) or len(results) > 1:
            return "It tastes of soup.", ()
        call = {"name": "taste", "arguments": json.dumps({"what": f"soup {len(results)}"})}
        return "Let me taste.", [call]


def cook(api: Api, *, dies: Callable[[int], bool] = lambda _: False) -> tuple[Billed, CachingServer, Mortal]:
    """The bot, the provider of all its models, and the models."""
    bot = Billed(settings=SETTINGS)
    kitchen = Kitchen(bot)
    server = CachingServer(lambda: bot.clock() / 1000, kitchen.answers, kitchen.refuses)
    build = partial(model, api, server)
    first, sol = (replace(build(name=name), asks_busy_again=False) for name in ("gpt-6-luna", "gpt-6-sol"))
    fallback = replace(build(name="gpt-5.4-mini"), requests=1)
    choice = ModelChoice(first, {"gpt-6-sol": lambda: sol}, ("gpt-5.4-mini", lambda: fallback))
    mortal = Mortal(choice, bot.budget, server, dies)
    bot.model = mortal  # type: ignore[assignment]
    bot.toolbox = lambda: FunctionTools((taste,), {}, lambda _: None)
    return bot, server, mortal


def becomes(bot: Bot, instructions: str, *, named: str = "") -> None:
    text = PERSONA.format(instructions=instructions) + (f'model = "{named}"\n' if named else "")
    bot.persona_texts.put("assistant", text, now=bot.clock())


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_the_ledger_and_the_provider_agree_to_the_micro_dollar(api: Api):
    bot, server, _ = cook(api)
    for number in range(24):
        becomes(bot, "You cook." if number % 3 else LONG, named="gpt-6-sol" if number % 6 > 3 else "")
        bot.receives(f"cook{number % 5}", f"Please taste {number}." if number % 2 else f"How are you, {number}?")
        bot.clock.tick(minutes=number % 7 * 10)
    budget, billed = bot.budget, server.billed
    assert {name for name, _ in billed} == {"gpt-6-luna", "gpt-6-sol", "gpt-5.4-mini"}
    assert any(usage.cached for _, usage in billed)
    assert any(usage.written for _, usage in billed)
    assert len(billed) > 40
    costs = [budget.price_of(name).cost(usage) for name, usage in billed]
    assert sum(day.committed for day in bot.memory.spend.values()) == sum(costs)


@pytest.mark.slow
@pytest.mark.parametrize("api", ["responses", pytest.param("chat", marks=pytest.mark.full)])
def test_with_crashes_and_summaries_they_differ_by_what_stays_set_aside_for_lost_answers_and_no_more(api: Api):
    bot, server, models = cook(api, dies=lambda number: number % 9 == 5)
    for number in range(40):
        becomes(bot, "You cook.", named="gpt-6-sol" if number % 6 > 3 else "")
        bot.accepts(
            "anna", f"Please taste {number}, it is {'very ' * 20} good." if number % 2 else f"How are you, {number}?"
        )
        while bot.wake.woken:
            with suppress(Died):
                bot.works()
            bot.clock.tick(minutes=10)
            bot.beats()
    costs = [
        bot.budget.price_of(name).cost(usage)
        for place, (name, usage) in enumerate(server.billed)
        if place not in models.lost
    ]
    assert len(models.lost) > 5
    assert models.summaries > 2
    assert sum(day.committed for day in bot.memory.spend.values()) == sum(costs) + sum(models.kept)
