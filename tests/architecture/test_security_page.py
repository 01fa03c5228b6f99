"""Every test that the threat model names exists, and no attack in it is without one."""

import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "security.md").read_text()
FUNCTION: Final = re.compile(r"^def (\w+)", re.MULTILINE)
NAMED: Final = re.findall(r"`(tests/[^`:]+)::([^`]+)`", PAGE)
OF_ATTACKS: Final = re.compile(r"^\| .* \| test \|\n\| --- .*\n((?:\|.*\n)+)", re.MULTILINE)
"""The rows of a table whose last column is called `test`."""


@cache
def names_in(file: str) -> frozenset[str]:
    path = ROOT / file
    return frozenset(FUNCTION.findall(path.read_text()) if path.is_file() else ())


def rows() -> list[str]:
    return [row for table in OF_ATTACKS.findall(PAGE) for row in table.splitlines()]


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)), ids=lambda part: part.rpartition("/")[2])
def test_a_test_that_the_page_names_exists(file: str, name: str):
    assert name in names_in(file), f"docs/security.md names {file}::{name}, which does not exist: name another test"


def test_every_attack_and_every_risk_has_a_test():
    assert len(rows()) > 40
    assert [row for row in rows() if not re.search(r"`tests/[^`]+::test_[^`]+` \|$", row)] == []


def test_no_name_is_written_in_another_way():
    assert len(NAMED) == PAGE.count("::")


def test_a_name_that_does_not_exist_would_be_noticed():
    assert "test_of_nothing" not in names_in("tests/unit/test_log.py")
    assert names_in("tests/unit/test_of_nothing.py") == frozenset()
