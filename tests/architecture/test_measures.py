"""Sizes: a file and a function can be read at one sitting."""

import ast

from scripts.measure.source import modules

LONGEST_FUNCTION = 50
LONGEST_MODULE = 320
LONGEST_ENTRY = 120


def test_every_module_says_what_it_is():
    assert [module.name for module in modules() if not ast.get_docstring(module.tree)] == []


def test_no_module_is_too_long_to_read():
    assert {module.name: module.lines for module in modules() if module.lines > LONGEST_MODULE} == {}


def test_no_function_is_too_long_to_read():
    long = [
        (module.name, name, lines)
        for module in modules()
        for name, lines in module.functions()
        if lines > LONGEST_FUNCTION
    ]
    assert long == []


def test_the_entry_points_stay_small():
    assert [module.lines <= LONGEST_ENTRY for module in modules() if module.name in {"app", "routes.admin"}] == [
        True,
        True,
    ]
