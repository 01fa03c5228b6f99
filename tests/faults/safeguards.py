"""Reads from the tests which safeguards they take away, and which story and promise show that each is missing."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from tests.faults import browsers, ledger, mixed_promises, simulation, tools

_FOLDER: Final = Path(__file__).parent
_NAMES: Final = (
    *sorted(path.stem for path in _FOLDER.glob("*mutants.py")),
    "test_tool_crashes",
    "test_takeover_crashes",
)
MODULES: Final = tuple(import_module(f"tests.faults.{name}") for name in _NAMES)
"""Those that define what lacks a safeguard, and those that test it."""
_REQUIRING: Final = (ledger, simulation, browsers, mixed_promises, tools)
"""Those that require something of a story."""
_TELLS: Final = {"test_tool_crashes": "chance", "test_mixed_mutants": "mixed"}
"""Functions that tell the stories of a module whose tests name none."""


@dataclass(frozen=True)
class Missing:
    """A part of the store that lacks one safeguard, and a test that notices."""

    mutant: str
    lacks: str
    story: str
    """The function that tells it; empty if the test has a single one."""
    promise: str
    """What is broken then; empty if the test's name says it."""
    module: str
    test: str

    @property
    def sentence(self) -> str:
        """The test's name, as a sentence about behaviour."""
        return self.test.removeprefix("test_").replace("_", " ")


def missing() -> list[Missing]:
    """Return all, in the order of the tests."""
    found = [each for module in MODULES for test in _tests(module) for each in _of(module, test)]
    return list(dict.fromkeys(found))


def defined() -> set[str]:
    """Return the names of all classes that lack something. What several of them share begins with `_`."""
    classes = [(module, each) for module in MODULES for each in vars(module).values() if inspect.isclass(each)]
    found = {each.__name__ for module, each in classes if each.__module__ == module.__name__ and _is_mutant(each)}
    return {name for name in found if not name.startswith("_")}


def _is_mutant(each: Any) -> bool:
    return inspect.isclass(each) and any(base.__module__.startswith("tests.fakes.") for base in each.__mro__)


def _is_defined(each: Any) -> bool:
    return _is_mutant(each) and each.__name__ in defined()


def _tests(module: ModuleType) -> Iterator[Any]:
    return (each for name, each in vars(module).items() if name.startswith("test_") and inspect.isfunction(each))


def _of(module: ModuleType, test: Any) -> Iterator[Missing]:
    """What its parameters name, and what its body names."""
    for mark in getattr(test, "pytestmark", ()):
        if mark.name == "parametrize":
            for values in mark.args[1]:
                parts = values if isinstance(values, tuple) else (values,)
                inner = [each for part in parts if isinstance(part, Mapping) for each in part.values()]
                yield from (_missing(each, parts, module, test) for each in (*parts, *inner) if _is_defined(each))
    for name in sorted(_names(test)):
        each = next((vars(place)[name] for place in (module, *MODULES) if name in vars(place)), None)
        if _is_defined(each):
            yield _missing(each, (), module, test)


def _missing(mutant: Any, parts: tuple[Any, ...], module: ModuleType, test: Any) -> Missing:
    stories = [each.__name__ for each in parts if inspect.isfunction(each)]
    given = [each for each in parts if isinstance(each, Mapping)]
    promises = [each for each in parts if isinstance(each, str)]
    name = module.__name__.rpartition(".")[2]
    more = [key for each in given for key, value in each.items() if not _is_mutant(value)]
    story = " ".join([*(stories or ([_TELLS[name]] if given else [])), *more])
    return Missing(
        mutant=mutant.__name__,
        lacks=inspect.getdoc(mutant) or "",
        story=story,
        promise=promises[0] if promises else "",
        module=name,
        test=test.__name__,
    )


def _names(test: Any) -> set[str]:
    tree = ast.parse(inspect.getsource(test))
    body = [node for function in tree.body if isinstance(function, ast.FunctionDef) for node in function.body]
    nodes = [node for part in body for node in ast.walk(part)]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def _in_order(tree: ast.Module) -> list[ast.Call]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return sorted(calls, key=lambda call: call.lineno)


def promises() -> list[str]:
    """Return what is required of each story while it runs and at its end, in words, in the order of the modules."""
    found = [_words(module, call) for module in _REQUIRING for call in _requires(module)]
    return list(dict.fromkeys(found))


def checks() -> dict[str, list[str]]:
    """Return each promise, with the names of the classes that break it since they lack a safeguard: perhaps none."""
    found: dict[str, list[str]] = {promise: [] for promise in promises()}
    for each in missing():
        if each.promise:
            names = found.setdefault(each.promise, [])
            found[each.promise] = list(dict.fromkeys([*names, each.mutant]))
    return found


def _requires(module: ModuleType) -> list[ast.Call]:
    calls = _in_order(ast.parse(inspect.getsource(module)))
    return [call for call in calls if ast.unparse(call.func).endswith(".require")]


def _words(module: ModuleType, call: ast.Call) -> str:
    """The promise of a call: a text, or a constant of the module."""
    promise = call.args[0]
    return str(promise.value) if isinstance(promise, ast.Constant) else str(vars(module)[ast.unparse(promise)])
