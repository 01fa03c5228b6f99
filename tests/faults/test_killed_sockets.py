"""The socket is killed at every frame of a streamed answer: after the return each word of it is shown once."""

import json

import pytest

from tests.faults.web import WebWorld

QUESTION = "what is in the box"
FRAMES = 2 + len(f"answer to {QUESTION}".split())


def comes_back(world: WebWorld) -> None:
    """The history and the worker are enough."""
    world.comes_back()


def comes_back_and_resumes(world: WebWorld) -> None:
    client = world.comes_back()
    for shown in client.turns.values():
        world.tab.sends_text(json.dumps({"action": "resume", "turn": shown.turn, "seq": shown.seq}))


def waits(_: WebWorld) -> None:
    """Until all is over."""


@pytest.mark.parametrize("frames", range(1, FRAMES + 1))
@pytest.mark.parametrize("returns", [comes_back, comes_back_and_resumes, waits])
def test_whichever_frame_is_the_sockets_last_everything_is_shown_once_after_the_return(frames: int, returns):
    world = WebWorld(breaks_after_frames=frames, returns=returns).ask(QUESTION)
    if world.tab is world.first:
        (comes_back if returns is waits else returns)(world)
    assert world.tab is not world.first
    assert world.stored == [(QUESTION, f"answer to {QUESTION}")]
    assert world.tab.reads().screen == world.stored
    assert all(shown.is_over for shown in world.tab.client.turns.values())
    assert (len(world.asked), world.charged) == (1, (1, 1, 1))


def test_a_socket_that_breaks_again_and_again_shows_everything_once():
    def comes_and_goes(world: WebWorld) -> None:
        world.comes_back()
        world.first, world.killer.left = world.tab, 2

    world = WebWorld(breaks_after_frames=2, returns=comes_and_goes).ask(QUESTION)
    world.comes_back()
    assert world.tab.reads().screen == world.stored == [(QUESTION, f"answer to {QUESTION}")]
