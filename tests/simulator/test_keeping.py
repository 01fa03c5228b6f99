"""Tests the file in which a demo keeps what the next start goes on with."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from chalicelib.errors import ConfigError
from scripts.simulator.keeping import Item, Keeper, Kept, items_of, last_port

ITEM: Item = {"PK": {"S": "CONV#1"}, "text": {"S": "안녕 🤷"}, "raw": {"B": b"\x00\xff"}, "n": {"N": "1"}}
KEPT = Kept({"app-secret": "s"}, "parley_x_y", [{"psid": "anna", "messages": []}], [ITEM])


class ChangingTable:
    """A table's client; each scan finds the next state, in pages of one item."""

    def __init__(self, *states: Sequence[str]) -> None:
        self._states = iter(states)

    def get_paginator(self, _: str) -> "ChangingTable":
        return self

    def paginate(self, **_: Any) -> Iterator[Any]:
        for name in next(self._states):
            yield {"Items": [{"PK": {"S": name}}]}


def names(items: Sequence[Item] | None) -> list[str] | None:
    return None if items is None else [item["PK"]["S"] for item in items]


def test_what_was_kept_is_loaded_as_it_was(tmp_path: Path):
    Keeper(tmp_path, 8000).save(KEPT)
    assert Keeper(tmp_path, 8000).load() == KEPT


def test_only_the_user_who_runs_the_demo_may_read_the_file(tmp_path: Path):
    before = os.umask(0)
    try:
        (tmp_path / "demo-8000.partial").write_text("of a demo that was killed")
        Keeper(tmp_path, 8000).save(KEPT)
    finally:
        os.umask(before)
    [file] = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_demo_that_is_killed_while_it_writes_leaves_what_was_kept_before(tmp_path: Path):
    Keeper(tmp_path, 8000).save(KEPT)
    (tmp_path / "demo-8000.partial").write_text('{"format": 1, "secr')
    assert Keeper(tmp_path, 8000).load() == KEPT


def test_each_port_keeps_its_own(tmp_path: Path):
    Keeper(tmp_path, 8001).save(KEPT)
    assert Keeper(tmp_path, 8000).load() == Kept()


def test_nothing_is_written_while_nothing_changes(tmp_path: Path):
    keeper = Keeper(tmp_path, 8000)
    keeper.save(KEPT)
    keeper.delete()
    keeper.save(KEPT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("broken", ["", "{", "[]", "null", '{"format": 2}', '{"format": 1, "unknown": 1}', "\0"])
def test_a_file_that_cannot_be_read_is_kept_and_said_with_the_cure(tmp_path: Path, broken: str):
    file = tmp_path / "demo-8000.data"
    file.write_text(broken)
    with pytest.raises(ConfigError, match=r"cannot be read .* scripts/parley demo --fresh"):
        Keeper(tmp_path, 8000).load()
    assert file.read_text() == broken


def test_items_that_change_between_the_pages_of_a_scan_are_read_again():
    client: Any = ChangingTable(["a", "b"], ["a", "c"], ["a", "c"])
    assert names(items_of(client, "t")) == ["a", "c"]


def test_no_half_of_a_change_is_kept():
    client: Any = ChangingTable(["a", "b"], ["a", "c"], ["a", "d"])
    assert items_of(client, "t") is None


def test_one_page_is_of_one_moment():
    client: Any = ChangingTable(["a"], ["b"])
    assert names(items_of(client, "t")) == ["a"]


def test_without_a_choice_the_port_is_that_of_the_last_time(tmp_path: Path):
    assert last_port(tmp_path, otherwise=8000) == 8000
    for age, port in enumerate((8005, 8001, 8003)):
        Keeper(tmp_path, port).save(KEPT)
        os.utime(tmp_path / f"demo-{port}.data", (10_000 - age, 10_000 - age))
    assert last_port(tmp_path, otherwise=8000) == 8005
