"""Thousands of stories made of chance. A failure names its seed: `unhappy(seed).run_until_rest()` tells it again."""

from collections import Counter

from tests.faults.schedules import LIMIT, happy, poor, thrifty, unhappy
from tests.faults.simulation import Simulation

UNHAPPY = range(1500)
HAPPY = range(300)
POOR = range(600)
ZOMBIES = range(500)


def told(simulation: Simulation, seed: int) -> Simulation:
    simulation.run_until_rest()
    happened = getattr(simulation.faults, "happened", [])
    assert simulation.ledger.broken == [], f"seed {seed}: {happened}"
    return simulation


def test_random_failures_break_no_promise():
    crashes: Counter[str] = Counter()
    for seed in UNHAPPY:
        simulation = told(unhappy(seed), seed)
        crashes.update(simulation.faults.happened)  # type: ignore[attr-defined]
    assert crashes.total() > len(UNHAPPY)


def test_even_workers_that_outlive_their_lease_break_no_promise():
    for seed in ZOMBIES:
        told(unhappy(seed, zombies=True), seed)


def test_with_little_money_whatever_goes_wrong_no_promise_is_broken():
    for seed in POOR:
        told(poor(seed), seed)


def test_when_nothing_goes_wrong_nothing_is_repeated_and_everybody_gets_what_is_due():
    for seed in HAPPY:
        simulation = told(happy(seed), seed)
        assert simulation.ledger.repeated == simulation.ledger.asked_again == 0, f"seed {seed}"
        assert simulation.ledger.unsettled == [], f"seed {seed}"
        assert simulation.ledger.settled == simulation.ledger.billed, f"seed {seed}"
        questions = Counter(
            kept.turn.person for kept in simulation.memory.turns.values() if not kept.turn.text.startswith("/")
        )
        charged = {person: simulation.ledger.used(person) for person in questions}
        assert charged == {person: min(number, LIMIT) for person, number in questions.items()}, f"seed {seed}"


def test_when_there_is_little_money_it_is_shared_as_long_as_it_lasts():
    answered: Counter[int] = Counter()
    for seed in HAPPY:
        simulation = told(thrifty(seed), seed)
        assert simulation.ledger.unsettled == [], f"seed {seed}"
        answered[len(simulation.ledger.asked)] += 1
    assert answered[1]
    assert answered[2]
    assert max(answered) == 2, "the third call finds less than it may cost"


def test_when_nothing_goes_wrong_the_heartbeat_is_not_needed():
    for seed in HAPPY:
        told(happy(seed, sweeps=False), seed)


def test_the_same_seed_is_the_same_story():
    for seed in range(20):
        first, second = (unhappy(seed, zombies=True).run_until_rest() for _ in range(2))
        assert first.stage.steps == second.stage.steps
