"""Stories made of chance of which more is promised than of all: those in which nothing goes wrong.

A failure names its seed: `happy(seed).run_until_rest()` tells it again. `test_played.py` plays a sample of each kind.
"""

from collections import Counter

from tests.faults.schedules import LIMIT, happy, monthly, thrifty, unhappy
from tests.faults.simulation import Simulation

HAPPY = range(50)


def told(simulation: Simulation, seed: int) -> Simulation:
    simulation.run_until_rest()
    happened = getattr(simulation.faults, "happened", [])
    assert simulation.ledger.broken == [], f"seed {seed}: {happened}"
    return simulation


def test_crashes_happen():
    happened = [len(told(unhappy(seed), seed).faults.happened) for seed in range(20)]  # type: ignore[attr-defined]
    assert sum(happened) > 20


def test_stories_about_the_month_go_on_after_midnight():
    assert any(len(told(monthly(seed), seed).memory.spend) == 2 for seed in range(60))


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
    for seed in HAPPY[::2]:
        told(happy(seed, sweeps=False), seed)


def test_an_answer_that_needs_a_refund_and_finds_none_is_settled_once():
    """Two workers of one person ask for their last refund; the second one records once more, without it."""
    told(unhappy(1105, zombies=True), 1105)


def test_the_same_seed_is_the_same_story():
    for seed in range(20):
        first, second = (unhappy(seed, zombies=True).run_until_rest() for _ in range(2))
        assert first.stage.steps == second.stage.steps
