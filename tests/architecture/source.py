"""The product's own modules as syntax trees, and the few questions the tests of the architecture ask of them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = "chalicelib"


@dataclass(frozen=True)
class Module:
    """`name` is short: `store.inbox` for chalicelib/store/inbox.py, `app` for app.py."""

    name: str
    path: Path
    source: str
    tree: ast.Module

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @property
    def lines(self) -> int:
        return len(self.source.splitlines())

    def imported(self) -> Iterator[str]:
        """Every module this one imports, wherever the import stands, by its full name."""
        for node in ast.walk(self.tree):
            match node:
                case ast.Import(names=names):
                    yield from (alias.name for alias in names)
                case ast.ImportFrom(module=module, names=names, level=0):
                    for alias in names:
                        full = f"{module}.{alias.name}"
                        yield full if _is_ours(full) else str(module)
                case ast.ImportFrom():
                    raise AssertionError(f"{self.name}: imports are absolute here")

    def imported_own(self) -> set[str]:
        """The product's modules among them, by their short names."""
        return {_short(name) for name in self.imported() if name == PACKAGE or name.startswith(f"{PACKAGE}.")}

    def imported_foreign(self) -> set[str]:
        """The top-level packages among them that are not the product's."""
        return {name.partition(".")[0] for name in self.imported()} - {PACKAGE}

    def attributes(self) -> set[str]:
        """Every name behind a dot, and every name imported from somewhere."""
        found = {node.attr for node in ast.walk(self.tree) if isinstance(node, ast.Attribute)}
        froms = (node for node in ast.walk(self.tree) if isinstance(node, ast.ImportFrom))
        return found | {alias.name for node in froms for alias in node.names}

    def called(self) -> set[str]:
        """Every method or function called behind a dot."""
        calls = (node.func for node in ast.walk(self.tree) if isinstance(node, ast.Call))
        return {func.attr for func in calls if isinstance(func, ast.Attribute)}

    def functions(self) -> Iterator[tuple[str, int]]:
        """Each function with its number of lines."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


@cache
def modules() -> tuple[Module, ...]:
    """All of them; a package's `__init__` goes by the package's name."""
    paths = [ROOT / "app.py", *sorted((ROOT / PACKAGE).rglob("*.py"))]
    return tuple(_module(path) for path in paths)


def _module(path: Path) -> Module:
    parts = path.relative_to(ROOT).with_suffix("").parts
    dotted = ".".join(part for part in parts if part != "__init__")
    source = path.read_text()
    return Module(_short(dotted), path, source, ast.parse(source))


def _short(name: str) -> str:
    return name.removeprefix(PACKAGE).removeprefix(".")


def _is_ours(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return name.startswith(PACKAGE) and (path.with_suffix(".py").exists() or path.is_dir())
