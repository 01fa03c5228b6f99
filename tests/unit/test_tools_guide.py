"""The code of the guide to tools is a tool, and its test passes."""

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

from chalicelib.bootstrap.tools import TOOLS
from chalicelib.settings.stage import names
from chalicelib.tools.tool import Tool

GUIDE: Final = (Path(__file__).parents[2] / "docs" / "tools.md").read_text("utf-8")
BLOCK: Final = re.compile(r"^   ```python\n(.*?)^   ```", re.MULTILINE | re.DOTALL)


def module(name: str, source: str) -> ModuleType:
    made = ModuleType(name)
    exec(compile(re.sub("^   ", "", source, flags=re.MULTILINE), name, "exec"), made.__dict__)
    return made


def test_the_example_is_a_tool_and_its_test_passes(monkeypatch: pytest.MonkeyPatch):
    tool, test = BLOCK.findall(GUIDE)
    dice = module("chalicelib.tools.dice", tool)
    monkeypatch.setitem(sys.modules, dice.__name__, dice)
    [run] = [found for name, found in vars(module("test_dice", test)).items() if name.startswith("test_")]
    run()
    assert isinstance(dice.roll_dice, Tool)
    assert dice.roll_dice.spec.parameters["properties"] == {
        "sides": {"type": "integer", "default": 6, "description": "Sides of the die", "minimum": 2, "maximum": 100}
    }


def test_the_guide_lists_tools_that_ship_in_their_order():
    """A tool of an owner's own is none of them."""
    table = GUIDE.partition("## What ships")[2].partition("## A tool of your own")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    listed = [name for cell in cells for name in re.findall("`([a-z_]+)`", cell)]
    assert listed == [tool.name for tool in TOOLS if tool.name in listed]


def test_the_settings_that_the_guide_names_exist():
    assert set(re.findall("PARLEY_[A-Z_]+", GUIDE)) <= names()
