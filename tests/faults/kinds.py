"""The kinds of stories that are told by seed, each with its share of all."""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from chalicelib.conversation.turn import Turn, TurnState
from tests.faults import schedules
from tests.faults.late_frames import numbers, story
from tests.faults.played import Kind, Told
from tests.faults.simulation import Simulation


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


KINDS: Final[Mapping[str, Kind]] = {
    "happy": Kind(partial(_without_a_fault, schedules.happy), share=2, sample=100),
    "thrifty": Kind(partial(_without_a_fault, schedules.thrifty), share=1, sample=100),
    "unhappy": Kind(_told(schedules.unhappy), share=8, sample=300),
    "zombies": Kind(_told(partial(schedules.unhappy, zombies=True)), share=4, sample=350),
    "poor": Kind(_told(schedules.poor), share=3, sample=100),
    "monthly": Kind(_told(schedules.monthly), share=2, sample=60),
    "late": Kind(_late, share=2, sample=60),
}
