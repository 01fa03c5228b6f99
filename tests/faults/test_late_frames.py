"""A thousand stories of late handlers, of two sockets and of crashes: each socket keeps its order.

A failure names its seed: `story(seed, …)` tells it again.
"""

from tests.faults.late_frames import nothing, numbers, rising_ids, story
from tests.faults.shares import seeds


@seeds(25, full=1000)
def test_numbered_frames_keep_their_order_whenever_their_handlers_start(seeds: range):
    for seed in seeds:
        slow, crashes = (0.15, 0.0) if seed % 3 == 0 else (0.02, 0.3)
        told = story(seed, numbers, rooms=seed % 2 == 0, slow=slow, crashes=crashes)
        assert (told.inverted(), told.misplaced()) == ([], []), f"seed {seed}"


@seeds(25, full=1000)
def test_rising_ids_keep_their_order_when_the_first_function_is_warm(seeds: range):
    for seed in seeds:
        assert story(seed, rising_ids, warm=True).inverted() == [], f"seed {seed}"


@seeds(25, full=1000)
def test_frames_five_ms_apart_keep_their_order_when_the_first_function_is_warm(seeds: range):
    for seed in seeds:
        assert story(seed, nothing, least=5, warm=True).inverted() == [], f"seed {seed}"


@seeds(20, full=300)
def test_without_crashes_every_question_is_answered_once(seeds: range):
    for seed in seeds:
        told = story(seed, (numbers, rising_ids, nothing)[seed % 3], crashes=0)
        assert told.lost() == [], f"seed {seed}"
        assert len(told.simulation.model.asked) == len(set(told.simulation.model.asked)), f"seed {seed}"
