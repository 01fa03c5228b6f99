"""Counts what crashes and chance show in stories over the real adapter: `python -m tests.faults.adapter_counts`."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click

from tests.faults import adapter_stories as stories
from tests.faults.adapter_stories import Told, crashed, left_of_words, sites
from tests.faults.forgetting import ForgetsAt

CRASHED: Final[Mapping[str, Callable[..., Told]]] = {
    "a plain turn": stories.plain,
    "a turn with two rounds of tools": stories.tools,
    "an apology": stories.apology,
    "two messages of one delivery": stories.burst,
}
"""The stories in which a process dies at each place, by name."""
BY_CHANCE: Final[Mapping[str, Callable[[int], Told]]] = {
    "messages": stories.by_chance,
    "tools": stories.tools_by_chance,
}


@dataclass(frozen=True)
class Counts:
    """What became of many stories of one kind."""

    stories: int = 0
    requests: int = 0
    """To DynamoDB, botocore's repetitions included."""
    answers: Counter[int] = field(default_factory=Counter)
    """Stories by how many messages in them were answered."""
    charged: Counter[int] = field(default_factory=Counter)
    """Stories by how many questions in them were charged."""
    shows: Mapping[str, Counter[str]] = field(default_factory=dict)
    """What anybody may notice, and the crashes after which it was noticed; of chance, only how often."""
    broken: Counter[str] = field(default_factory=Counter)
    """Stories by a promise that broke in them."""

    def as_json(self) -> dict[str, Any]:
        """The fields as one JSON object."""
        shows = {what: dict(where) for what, where in self.shows.items()}
        counters = {name: dict(getattr(self, name)) for name in ("answers", "charged", "broken")}
        return {"stories": self.stories, "requests": self.requests, **counters, "shows": shows}


def counted(told: Iterable[tuple[str, Told]]) -> Counts:
    """Count stories, each with the name of what went wrong in it."""
    number, requests, answers, charged = 0, 0, Counter[int](), Counter[int]()
    shows: dict[str, Counter[str]] = {}
    broken: Counter[str] = Counter()
    for where, story in told:
        ledger = story.simulation.ledger
        number, requests = number + 1, requests + story.requests
        answers[len(ledger.sent)] += 1
        charged[sum(ledger.used(person) for person in ledger.memory.people)] += 1
        for what in story.shows:
            shows.setdefault(what, Counter())[where] += 1
        broken.update(story.broken)
    return Counts(number, requests, answers, charged, shows, broken)


def crashes_at_each_request(story: Callable[..., Told]) -> Counts:
    """One crash at each place of a story, before and after each call."""
    return counted((str(site), crashed(story, site)) for site in sites(story))


def forgetting_at_each_request() -> Counts:
    """A deletion at each place of an answer, whose process lives or dies then. Words that are left break a promise."""

    def told() -> Iterable[tuple[str, Told]]:
        for site in sites(lambda _: stories.forget(ForgetsAt())):
            for dies in (False, True):
                story = stories.forget(ForgetsAt((site.number, site.when), dies=dies))
                story.simulation.ledger.require("no word is left after /forget", kept=not left_of_words(story))
                yield str(site), story

    return counted(told())


def schedules(kind: str, seeds: Iterable[int]) -> Counts:
    """Stories made of chance, of a kind of BY_CHANCE."""
    return counted(("by chance", BY_CHANCE[kind](seed)) for seed in seeds)


def count_all(schedules_of_a_kind: int) -> dict[str, Counts]:
    """All of it, by what a reader would call it."""
    found = {f"a crash in {name}": crashes_at_each_request(story) for name, story in CRASHED.items()}
    found["everything is deleted meanwhile"] = forgetting_at_each_request()
    return found | {f"{kind} by chance": schedules(kind, range(schedules_of_a_kind)) for kind in BY_CHANCE}


@click.command()
@click.option("--schedules", default=50, show_default=True, help="Stories made of chance, of each kind.")
@click.option("--json", "to", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file instead.")
def main(schedules: int, to: Path | None) -> None:
    """Play stories over the real adapter and print what they show, as JSON. Exits with 1 if one breaks a promise."""
    found = count_all(schedules)
    text = json.dumps({name: counts.as_json() for name, counts in found.items()}, indent=2)
    if to:
        to.write_text(f"{text}\n")
    else:
        click.echo(text)
    sys.exit(any(counts.broken for counts in found.values()))


if __name__ == "__main__":
    main()
