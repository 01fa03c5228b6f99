"""Reads Python files as syntax trees and answers questions about them. No rule and no output belongs in here."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = ROOT / "chalicelib"


@dataclass(frozen=True)
class Import:
    """One imported module."""

    name: str
    """The full dotted name, for example `chalicelib.errors` or `urllib.parse`."""
    line: int


@dataclass(frozen=True)
class Module:
    """A parsed Python file of a package, or the `app.py` beside the package."""

    name: str
    """Dotted and relative to the package: `conversation.turn`, `app`; a package's `__init__` has the package's name."""
    path: Path
    package: Path
    """The folder of the package that was read."""
    source: str
    tree: ast.Module

    @property
    def is_package(self) -> bool:
        """Whether this is an `__init__.py`."""
        return self.path.name == "__init__.py"

    @property
    def lines(self) -> int:
        """The number of lines."""
        return len(self.source.splitlines())

    @property
    def shown(self) -> str:
        """The path relative to the folder that contains the package."""
        return str(self.path.relative_to(self.package.parent))

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """All imports in the order of the tree, including those inside functions and under TYPE_CHECKING.

        `from package import name` counts as an import of `package.name` where that is a module of the same package,
        and as an import of `package` otherwise. Raises ValueError for a relative import.
        """
        return tuple(self._imports())

    def _imports(self) -> Iterator[Import]:
        for node in walked(self.tree):
            match node:
                case ast.Import(names=names):
                    yield from (Import(alias.name, node.lineno) for alias in names)
                case ast.ImportFrom(module=str(module), names=names, level=0):
                    for alias in names:
                        full = f"{module}.{alias.name}"
                        yield Import(full if self._is_own(full) else module, node.lineno)
                case ast.ImportFrom():
                    raise ValueError(f"{self.shown}:{node.lineno}: relative import; write the full name")

    def imported(self) -> Iterator[str]:
        """Yield the full name of every imported module."""
        return (found.name for found in self.imports)

    def imports_own(self) -> Iterator[Import]:
        """Yield the imports from the same package, with names relative to it."""
        prefix = f"{self.package.name}."
        for found in self.imports:
            if found.name.startswith(prefix):
                yield Import(found.name.removeprefix(prefix), found.line)

    def imported_foreign(self) -> set[str]:
        """Return the top-level packages that are imported from outside the package."""
        return {name.partition(".")[0] for name in self.imported()} - {self.package.name}

    def attributes(self) -> set[str]:
        """Return every name behind a dot and every name in a `from … import`."""
        found = {node.attr for node in walked(self.tree) if isinstance(node, ast.Attribute)}
        froms = (node for node in walked(self.tree) if isinstance(node, ast.ImportFrom))
        return found | {alias.name for node in froms for alias in node.names}

    def called(self) -> set[str]:
        """Return the name of every function or method that is called behind a dot."""
        calls = (node.func for node in walked(self.tree) if isinstance(node, ast.Call))
        return {func.attr for func in calls if isinstance(func, ast.Attribute)}

    def functions(self) -> Iterator[tuple[str, int]]:
        """Yield each function's name and number of lines."""
        for node in walked(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1

    def _is_own(self, name: str) -> bool:
        path = self.package.parent.joinpath(*name.split("."))
        return name.startswith(f"{self.package.name}.") and (path.with_suffix(".py").exists() or path.is_dir())


@cache
def modules(package: Path = PACKAGE) -> tuple[Module, ...]:
    """Return the package's modules in the order of their paths, after the `app.py` beside it if there is one."""
    beside = package.parent / "app.py"
    paths = [*([beside] if beside.exists() else []), *sorted(package.rglob("*.py"))]
    return tuple(_module(path, package) for path in paths)


def _module(path: Path, package: Path) -> Module:
    inside = path.is_relative_to(package)
    parts = path.relative_to(package if inside else package.parent).with_suffix("").parts
    name = ".".join(part for part in parts if part != "__init__")
    source, tree = read(path)
    return Module(name, path, package, source, tree)


def read(path: Path) -> tuple[str, ast.Module]:
    """Return the source and the tree of a file; it is parsed once, unless it changes."""
    return _read(path, path.stat().st_mtime_ns)


@cache
def _read(path: Path, _: int) -> tuple[str, ast.Module]:
    source = path.read_text(encoding="utf-8")
    return source, ast.parse(source, filename=str(path))


@cache
def walked(tree: ast.Module) -> tuple[ast.AST, ...]:
    """Return all nodes of a file's tree, in the order of `ast.walk`."""
    return tuple(ast.walk(tree))
