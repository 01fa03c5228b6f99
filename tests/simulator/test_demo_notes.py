"""Tests that only a demo that its owner started is found by commands."""

from scripts.stage import demos
from scripts.stage.environment import DEMO_FOLDER
from tests.simulator.conftest import Demo


def test_a_demo_that_a_test_starts_is_not_found_by_commands(demo: Demo):
    assert demo.url not in demos.running(DEMO_FOLDER)
    assert not demos.note(DEMO_FOLDER, int(demo.url.rpartition(":")[2])).exists()
