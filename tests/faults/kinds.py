"""The kinds of stories that are told by seed, each with its share of all."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any, Final

from chalicelib.conversation.turn import Turn, TurnState
from tests.faults import schedules
from tests.faults.forgetting import ForgetsAt, lost_turns, words_left
from tests.faults.forgetting import story as deleted
from tests.faults.late_frames import numbers, story
from tests.faults.mixed import mixed
from tests.faults.mixed_promises import run
from tests.faults.played import Kind, Told
from tests.faults.simulation import Simulation
from tests.faults.stage import When


def simulated(simulation: Simulation) -> Told:
    """Run the simulation until it rests, and return what became of it."""
    ledger = simulation.run_until_rest().ledger
    return Told(
        broken=ledger.broken,
        faults=getattr(simulation.faults, "happened", ()),
        ends=Counter(_end_of(kept.turn) for kept in simulation.memory.turns.values()),
        answers_repeated=ledger.repeated,
        model_asked_again=ledger.asked_again,
    )


def _end_of(turn: Turn) -> str:
    """How the person sees that the message ended."""
    if turn.reply is None or turn.state is not TurnState.DONE:
        return "dropped"
    return turn.reply.code or ("answer" if turn.charged_day else "command")


def _told(makes: Callable[[int], Simulation]) -> Callable[[int], Told]:
    return lambda seed: simulated(makes(seed))


def _without_a_fault(makes: Callable[[int], Simulation], seed: int) -> Told:
    """Where nothing goes wrong, nothing is repeated either."""
    told = simulated(makes(seed))
    again = told.answers_repeated + told.model_asked_again
    return told if not again else Told(broken=[*told.broken, "without a fault nothing is repeated"])


def _late(seed: int) -> Told:
    """Handlers of a socket's frames that start late, and processes that die."""
    slow, crashes = (0.15, 0.0) if seed % 3 == 0 else (0.02, 0.3)
    late = story(seed, numbers, rooms=seed % 2 == 0, slow=slow, crashes=crashes)
    kept = {
        "a socket's questions are asked in the order in which it sent them": not late.inverted(),
        "a question is asked where its client was when it sent it": not late.misplaced(),
        "what no crash has lost is answered": bool(crashes) or not late.lost(),
    }
    return Told(
        broken=[promise for promise, is_kept in kept.items() if not is_kept],
        faults=getattr(late.simulation.faults, "happened", ()),
        ends={"answer": len(late.simulation.model.asked)},
    )


def _forgetting(seed: int) -> Told:
    """Somebody has all deleted while an answer is written elsewhere; one process of both may die."""
    random = Random(seed)
    site, step = ((random.randrange(most), random.choice(list(When))) for most in (45, 20))
    faults = ForgetsAt(site, dies=random.random() < 0.5, crash=step if random.random() < 0.5 else None)
    simulation = deleted(faults)
    left = words_left(simulation) + lost_turns(simulation) if faults.began_at is not None else []
    crashes = [f"Crash {site}" for site in faults.crashes]
    return replace(
        simulated(simulation),
        broken=[*simulation.ledger.broken, *(["nothing is left of what was forgotten"] if left else [])],
        faults=crashes,
    )


def _mixed(seed: int, **more: Any) -> Told:
    """All channels, keys, rooms, sockets that break, tools, memory, takeover and deletion in one story."""
    return simulated(run(mixed(seed, **more)).simulation)


KINDS: Final[Mapping[str, Kind]] = {
    "happy": Kind(partial(_without_a_fault, schedules.happy), share=2, sample=0),
    "thrifty": Kind(partial(_without_a_fault, schedules.thrifty), share=1, sample=0),
    "unhappy": Kind(_told(schedules.unhappy), share=8, sample=80),
    "zombies": Kind(_told(partial(schedules.unhappy, zombies=True)), share=4, sample=80),
    "poor": Kind(_told(schedules.poor), share=3, sample=40),
    "monthly": Kind(_told(schedules.monthly), share=2, sample=30),
    "bursts": Kind(_told(partial(schedules.unhappy, joins_messages=True)), share=2, sample=0),
    "late": Kind(_late, share=2, sample=0),
    "forgetting": Kind(_forgetting, share=1, sample=10),
    "mixed": Kind(_mixed, share=12, sample=50),
    "mixed-zombies": Kind(partial(_mixed, zombies=True), share=2, sample=15),
}
