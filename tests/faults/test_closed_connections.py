"""The socket is killed at every frame of a streamed answer: after the return each word of it is shown once."""

import json

import pytest

from tests.faults.web import WebSimulation

QUESTION = "what is in the box"
FRAMES = 2 + len(f"answer to {QUESTION}".split())


def comes_back(simulation: WebSimulation) -> None:
    """The history and the worker are enough."""
    simulation.comes_back()


def comes_back_and_resumes(simulation: WebSimulation) -> None:
    client = simulation.comes_back()
    for shown in client.turns.values():
        simulation.tab.sends_text(json.dumps({"action": "resume", "turn": shown.turn, "seq": shown.seq}))


def waits(_: WebSimulation) -> None:
    """Until all is over."""


@pytest.mark.parametrize("frames", range(1, FRAMES + 1))
@pytest.mark.parametrize("returns", [comes_back, comes_back_and_resumes, waits])
def test_whichever_frame_is_the_sockets_last_everything_is_shown_once_after_the_return(frames: int, returns):
    simulation = WebSimulation(breaks_after_frames=frames, returns=returns).ask(QUESTION)
    if simulation.tab is simulation.first:
        (comes_back if returns is waits else returns)(simulation)
    assert simulation.tab is not simulation.first
    assert simulation.stored == [(QUESTION, f"answer to {QUESTION}")]
    assert simulation.tab.reads().screen == simulation.stored
    assert all(shown.is_over for shown in simulation.tab.client.turns.values())
    assert (len(simulation.asked), simulation.charged) == (1, (1, 1, 1))


def test_a_socket_that_breaks_again_and_again_shows_everything_once():
    def comes_and_goes(simulation: WebSimulation) -> None:
        simulation.comes_back()
        simulation.first, simulation.killer.left = simulation.tab, 2

    simulation = WebSimulation(breaks_after_frames=2, returns=comes_and_goes).ask(QUESTION)
    simulation.comes_back()
    assert simulation.tab.reads().screen == simulation.stored == [(QUESTION, f"answer to {QUESTION}")]
