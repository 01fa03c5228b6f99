"""Sizes: a file and a function can be read at one sitting."""

import ast

from scripts.measure.source import modules

LONGEST_FUNCTION = 50
LONGEST_MODULE = 320
LONGEST_HANDLER_MODULE = 120


def test_every_module_says_what_it_is():
    assert [module.name for module in modules() if not ast.get_docstring(module.tree)] == []


def test_no_module_is_too_long_to_read():
    long = {module.name: module.lines for module in modules() if module.lines > LONGEST_MODULE}
    assert long == {}, f"a module has at most {LONGEST_MODULE} lines: move one subject of it to a module of its own"


def test_no_function_is_too_long_to_read():
    long = [
        (module.name, name, lines)
        for module in modules()
        for name, lines in module.functions()
        if lines > LONGEST_FUNCTION
    ]
    assert long == [], f"a function has at most {LONGEST_FUNCTION} lines: name its parts"


def test_handlers_and_routes_stay_small():
    handlers = [module for module in modules() if module.name == "app" or module.name.startswith("routes.")]
    long = {module.name: module.lines for module in handlers if module.lines > LONGEST_HANDLER_MODULE}
    assert long == {}, f"a module of handlers has at most {LONGEST_HANDLER_MODULE} lines: they only parse, call, return"
    assert len(handlers) > 1
