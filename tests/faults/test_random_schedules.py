"""Thousands of stories made of chance. A failure names its seed: `unhappy(seed).run_until_rest()` tells it again.

The first seeds run always, and find each missing safeguard of `test_mutants.py` that chance finds. The others run with
`scripts/check --full`.
"""

from collections import Counter

import pytest

from tests.faults.schedules import LIMIT, happy, monthly, poor, thrifty, unhappy
from tests.faults.simulation import Simulation


def seeds(always: int, full: int) -> pytest.MarkDecorator:
    """Run a test with this many seeds, and in full runs with the rest as well."""
    rest = pytest.param(range(always, full), marks=pytest.mark.full)
    return pytest.mark.parametrize("seeds", [range(always), rest], ids=str)


HAPPY = seeds(100, full=300)


def told(simulation: Simulation, seed: int) -> Simulation:
    simulation.run_until_rest()
    happened = getattr(simulation.faults, "happened", [])
    assert simulation.ledger.broken == [], f"seed {seed}: {happened}"
    return simulation


@seeds(300, full=1500)
def test_random_failures_break_no_promise(seeds: range):
    crashes: Counter[str] = Counter()
    for seed in seeds:
        simulation = told(unhappy(seed), seed)
        crashes.update(simulation.faults.happened)  # type: ignore[attr-defined]
    assert crashes.total() > len(seeds)


@seeds(350, full=500)
def test_even_workers_that_outlive_their_lease_break_no_promise(seeds: range):
    for seed in seeds:
        told(unhappy(seed, zombies=True), seed)


@seeds(100, full=600)
def test_with_little_money_whatever_goes_wrong_no_promise_is_broken(seeds: range):
    for seed in seeds:
        told(poor(seed), seed)


@seeds(60, full=600)
def test_with_little_money_for_the_month_no_promise_is_broken_at_midnight_and_at_its_end(seeds: range):
    days: Counter[int] = Counter()
    for seed in seeds:
        days[len(told(monthly(seed), seed).memory.spend)] += 1
    assert days[2], "no story goes on after midnight"


@HAPPY
def test_when_nothing_goes_wrong_nothing_is_repeated_and_everybody_gets_what_is_due(seeds: range):
    for seed in seeds:
        simulation = told(happy(seed), seed)
        assert simulation.ledger.repeated == simulation.ledger.asked_again == 0, f"seed {seed}"
        assert simulation.ledger.unsettled == [], f"seed {seed}"
        assert simulation.ledger.settled == simulation.ledger.billed, f"seed {seed}"
        questions = Counter(
            kept.turn.person for kept in simulation.memory.turns.values() if not kept.turn.text.startswith("/")
        )
        charged = {person: simulation.ledger.used(person) for person in questions}
        assert charged == {person: min(number, LIMIT) for person, number in questions.items()}, f"seed {seed}"


@HAPPY
def test_when_there_is_little_money_it_is_shared_as_long_as_it_lasts(seeds: range):
    answered: Counter[int] = Counter()
    for seed in seeds:
        simulation = told(thrifty(seed), seed)
        assert simulation.ledger.unsettled == [], f"seed {seed}"
        answered[len(simulation.ledger.asked)] += 1
    assert answered[1]
    assert answered[2]
    assert max(answered) == 2, "the third call finds less than it may cost"


@HAPPY
def test_when_nothing_goes_wrong_the_heartbeat_is_not_needed(seeds: range):
    for seed in seeds:
        told(happy(seed, sweeps=False), seed)


def test_the_same_seed_is_the_same_story():
    for seed in range(20):
        first, second = (unhappy(seed, zombies=True).run_until_rest() for _ in range(2))
        assert first.stage.steps == second.stage.steps
