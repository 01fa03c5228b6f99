"""`parley personas check`: what a persona's files hold, what a question costs with them, and what is wrong."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

import click

from chalicelib.access.budget import Price, Usage
from chalicelib.content import persona, token_estimate
from chalicelib.content.persona import Persona
from chalicelib.content.persona_file import Moderating
from chalicelib.errors import ConfigError
from chalicelib.llm import listed, prices
from chalicelib.llm.persona_models import may_think, sent_temperature
from chalicelib.settings.stage import ModelSettings, Settings
from chalicelib.tools.tool import Tool
from scripts.cli import options
from scripts.cli.personas_files import named
from scripts.cli.terminal import folded, print_json, width
from scripts.stage.environment import Environment

_MICRO: Final = 1_000_000
_LEAST_FOR_THOUGHTS: Final = 1_000
"""Tokens of an answer by a model that may think before it: less may leave no word for the person."""


@dataclass(frozen=True)
class Checked:
    """A persona that can be used, with what it costs."""

    id: str
    who: Persona
    model: ModelSettings
    """The one that answers as it."""
    lacks_model: bool = False
    """Whether it names a model that the owner has not listed, so that the deployment's answers."""
    unsure_host: str = ""
    """The server that checks questions, if it may have no moderation endpoint; else empty."""
    lacks_hosts: bool = False
    """Whether it may look pages up, and the owner allows no host."""
    servers: frozenset[str] = frozenset()
    """The names of the MCP servers."""

    @cached_property
    def parts(self) -> Sequence[tuple[str, int]]:
        """The parts of its instructions with their estimated tokens; the last one is the bot's own rules."""
        own = [("instructions", token_estimate.tokens(self.who.instructions))]
        own += [(known.name, known.tokens) for known in self.who.known]
        own += [("tools", self._of_tools)] if self.who.tools else []
        return [*own, ("the bot's rules", max(0, self.tokens - sum(tokens for _, tokens in own)))]

    @cached_property
    def tokens(self) -> int:
        """The estimated tokens of all instructions, and of what the model is told of tools."""
        return token_estimate.tokens(self.who.system_prompt(opening_shown=True)) + self._of_tools

    @cached_property
    def _of_tools(self) -> int:
        specs = [tool.spec for tool in _tools() if tool.name in self.who.tools]
        texts = [f"{spec.name}\n{spec.description}\n{json.dumps(spec.parameters)}" for spec in specs]
        return sum(map(token_estimate.tokens, texts))

    def usd(self, *, cached: bool) -> Decimal:
        """Return what the instructions cost with each question: read from the provider's cache, or not."""
        usage = Usage(input=self.tokens, cached=self.tokens if cached else 0, written=0)
        return Decimal(self._price.cost(usage)) / _MICRO

    def answer_usd(self) -> Decimal:
        """Return what the longest answer costs."""
        return Decimal(self._price.cost(Usage(output=self.who.max_output_tokens))) / _MICRO

    def notes(self) -> Iterator[str]:
        """Yield what is not as its files want it."""
        name = self.model.name
        if self.lacks_model:
            yield f"{self.who.model} is not in PARLEY_MODELS: {name} answers."
        yield from self._notes_on_tools()
        for known in self.who.known:
            if known.left_out:
                yield f"{known.name}: {known.left_out} characters that no reader sees are left out."
        yield from self._of_temperature()
        if self.unsure_host and self.who.moderation is not Moderating.OFF:
            yield f"{self.unsure_host} may have no moderation endpoint: what it does not check is answered unchecked."
        if self.who.max_output_tokens < _LEAST_FOR_THOUGHTS and may_think(self.model):
            yield f"{name} may think first, and thoughts count in max_output_tokens: answers may be cut or empty."

    def _notes_on_tools(self) -> Iterator[str]:
        if wrong := _missing(self.who.tools, self.servers):
            yield f"tools: {wrong}. The model is not offered what is not there."
        if self.lacks_hosts:
            yield "tools: look_up can read no page, because PARLEY_LOOK_UP_HOSTS has no host."

    def _of_temperature(self) -> Iterator[str]:
        if (wanted := self.who.temperature) is None:
            return
        sent = sent_temperature(self.model, wanted)
        if sent is None:
            yield f"temperature {wanted:g} is not sent: {self.model.name} takes none with its effort."
        elif sent < wanted:
            yield f"temperature {wanted:g} is sent as {sent:g}: {self.model.name} takes no higher one."

    def as_json(self) -> dict[str, Any]:
        """Return all of it in JSON's types."""
        return {
            "persona": self.id,
            "name": self.who.name,
            "tokens": self.tokens,
            "parts": [{"part": name, "tokens": tokens} for name, tokens in self.parts],
            "usd": float(self.usd(cached=False)),
            "usd_cached": float(self.usd(cached=True)),
            "usd_longest_answer": float(self.answer_usd()),
            "notes": list(self.notes()),
        }

    @property
    def _price(self) -> Price:
        return prices.price_of(self.model)


@click.command()
@click.argument("which", nargs=-1, metavar="[NAME|FILE]...")
@options.with_context(lambda environment, output: (environment, output))
def check(context: tuple[Environment, options.OutputFormat], which: tuple[str, ...]) -> None:
    """Check personas: their tokens, what a question costs, what is wrong.

    Each is the name of one that ships with the bot, or a file that ends with .toml, beside the files that it knows;
    without any, all that ship. Nothing is stored, and nothing is asked of AWS or of the model.
    """
    environment, output = context
    checked, faults = _all(which or persona.names(), environment.settings)
    if output is options.OutputFormat.JSON:
        print_json({"personas": [one.as_json() for one in checked], "faults": faults})
    else:
        for number, one in enumerate(checked):
            _print(one, first=not number)
    if faults:
        raise ConfigError("\n".join(faults))


def _missing(names: Sequence[str], servers: frozenset[str]) -> str:
    if not names:
        return ""
    from chalicelib.bootstrap.tools import missing  # noqa: PLC0415 (most personas have none)

    return missing(names, servers)


def _tools() -> Sequence[Tool]:
    from chalicelib.bootstrap.tools import TOOLS  # noqa: PLC0415 (most personas have none)

    return TOOLS


def _all(which: Sequence[str], settings: Settings) -> tuple[list[Checked], list[str]]:
    checked, faults = [], []
    moderating = listed.moderating(settings) or settings.model
    unsure_host = "" if moderating.is_openai else moderating.host
    for name in which:
        try:
            who = named(name)
            found = listed.find(settings, who.model)
            lacks_hosts = "look_up" in who.tools and not settings.tools.look_up_hosts
            servers = frozenset(settings.tools.mcp_servers)
            checked.append(
                Checked(name, who, found or settings.model, found is None, unsure_host, lacks_hosts, servers)
            )
        except ConfigError as exc:
            faults.append(str(exc))
    return checked, faults


def _print(one: Checked, *, first: bool) -> None:
    if not first:
        click.echo()
    click.echo(click.style(one.id, bold=True) + f"  {one.who.name}")
    rows = [*one.parts, ("together, with each question", one.tokens)]
    room = max(len(name) for name, _ in rows)
    for name, tokens in rows:
        click.echo(f"  {name:{room}}  {tokens:>7,} tokens")
    for line in (cost_in_words(one), *one.notes()):
        click.echo("\n".join(f"  {part}" for part in folded(line, width() - 2)))


def cost_in_words(one: Checked) -> str:
    """Return what the instructions cost with each question, in a sentence."""
    model = one.model.name
    if not (one.usd(cached=False) or one.answer_usd()):
        return f"{model} at {one.model.host} costs nothing."
    longest = f"the longest answer of {one.who.max_output_tokens:,} tokens {one.answer_usd():f} USD"
    return (
        f"With {model} they cost {one.usd(cached=False):f} USD a question, or {one.usd(cached=True):f} USD while the "
        f"provider keeps them; {longest}. What was said before comes on top."
    )
