"""Tests that only a demo that its owner started is found by commands."""

from pathlib import Path

from scripts.stage import demos
from scripts.stage.environment import DEMO_FOLDER
from tests.simulator.conftest import running_demo


def test_a_demo_that_a_test_starts_is_not_found_by_commands():
    before = set(DEMO_FOLDER.glob("demo-*.json"))
    with running_demo() as (demo, _):
        assert demo.url not in demos.running(DEMO_FOLDER)
        assert set(DEMO_FOLDER.glob("demo-*.json")) <= before


def test_an_owners_demo_is_found_by_commands_until_it_ends(tmp_path: Path):
    with running_demo("--keep", str(tmp_path)) as (demo, _):
        assert list(demos.running(tmp_path)) == [demo.url]
    assert list(tmp_path.glob("demo-*.json")) == []
