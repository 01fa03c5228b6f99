"""Prints the import graph of the product: `python -m scripts.measure.rooms [--root PACKAGE] [--inside PACKAGE]`.

How rooms are counted. A package is a room, and so is each of its sub-packages; a module belongs to the innermost
package around it. A module at the top is a room of its own. What GROUND names is one room together, `ground`.
`app.py` is a room. An arrow is one room that imports another, however often; imports inside functions and for type
checking count. A room's floor is one above the highest room it imports; rooms of a cycle share a floor.
"""

import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import click

from scripts.measure.source import PACKAGE, Module, modules

ADAPTERS: Final = ("channels", "llm", "aws", "tools")
GROUND: Final = ("errors", "ids", "settings", "log", "metrics", "clock", "spreading")
ORDER: Final = (
    ("app",),
    ("routes",),
    ("bootstrap",),
    ADAPTERS,
    ("operations",),
    ("conversation",),
    ("access",),
    ("content",),
    GROUND,
)
"""The direction of imports, from the top down: each row may import the rows below it, and only those.

The packages in the row of adapters may not import each other. The modules of the ground may, without a cycle.
"""
_WIDTH: Final = 80
_NOT_A_ROOM: Final = ""
_INIT: Final = "__init__"

Namer = Callable[[str], str]
"""Maps the name of a module to the name of its room; the empty string leaves the module out."""


@dataclass(frozen=True)
class Arrow:
    """An import from one module of the product to another."""

    importer: str
    imported: str
    where: str
    """The file and line, as `file:line`."""

    def __str__(self) -> str:
        return f"{self.where}: {self.importer} imports {self.imported}"


@dataclass(frozen=True)
class Graph:
    """Rooms and what each imports."""

    arrows: Mapping[str, frozenset[str]]
    sizes: Mapping[str, int]
    """Number of modules by room, without `__init__`."""

    @property
    def count(self) -> int:
        """The number of arrows."""
        return sum(len(imported) for imported in self.arrows.values())

    @cached_property
    def _below(self) -> Mapping[str, frozenset[str]]:
        return {room: frozenset(self._reached(room)) for room in self.arrows}

    def _reached(self, start: str) -> set[str]:
        found: set[str] = set()
        waiting = [start]
        while waiting:
            new = self.arrows[waiting.pop()] - found
            found |= new
            waiting += new
        return found

    def cycles(self) -> list[tuple[str, ...]]:
        """Return each group of rooms that import each other, directly or through others, in alphabetical order."""
        groups = {self._group(room) for room in self.arrows if room in self._below[room]}
        return sorted(tuple(sorted(group)) for group in groups)

    def _group(self, room: str) -> frozenset[str]:
        return frozenset({room} | {other for other in self._below[room] if room in self._below[other]})

    def floors(self) -> dict[str, int]:
        """Return each room's floor, counted from 1 at the bottom."""
        found: dict[str, int] = {}
        for room in sorted(self.arrows, key=lambda room: (len(self._below[room] | {room}), room)):
            group = self._group(room)
            below = {other for member in group for other in self.arrows[member]} - group
            found[room] = 1 + max((found[other] for other in below), default=0)
        return found


def room_of(name: str) -> str:
    """Return the room of a module by the rule in this module's docstring; `name` is relative to the product."""
    if _is_ground(name):
        return "ground"
    package, dot, _ = name.rpartition(".")
    return package if dot else name


def _is_ground(name: str) -> bool:
    return name.partition(".")[0] in GROUND


def each_module(name: str) -> str:
    """Return the module itself: every module is a room."""
    return name


def inside(package: str) -> Namer:
    """Return a namer for one package: its modules and sub-packages are the rooms; all other modules are left out."""
    ground = package == "ground"

    def room(name: str) -> str:
        if ground:
            return name if _is_ground(name) else _NOT_A_ROOM
        return name.removeprefix(f"{package}.").partition(".")[0] if name.startswith(f"{package}.") else _NOT_A_ROOM

    return room


def arrows_of(read: Iterable[Module]) -> list[Arrow]:
    """Return every import from one module to another, in the order of files and lines.

    A package's own file goes by the name `package.__init__`.
    """
    known = {_NOT_A_ROOM: _INIT} | {module.name: _full_name(module) for module in read}
    return [
        Arrow(_full_name(module), imported, f"{module.shown}:{line}")
        for module in read
        for line, imported in sorted((found.line, _imported(found.name, known)) for found in module.imports_own())
        if imported not in {_INIT, _full_name(module)}
    ]


def _full_name(module: Module) -> str:
    return f"{module.name}.{_INIT}".removeprefix(".") if module.is_package else module.name


def _imported(name: str, known: Mapping[str, str]) -> str:
    while name not in known:
        name = name.rpartition(".")[0]
    return known[name]


def graph(read: Sequence[Module], namer: Namer = room_of) -> Graph:
    """Return the rooms of these modules and the arrows between them."""
    sizes = Counter(room for module in read if not module.is_package and (room := namer(module.name)))
    found: dict[str, set[str]] = {room: set() for room in sizes}
    for arrow in arrows_of(read):
        importer, imported = namer(arrow.importer), namer(arrow.imported)
        if importer != imported and {importer, imported} <= sizes.keys():
            found[importer].add(imported)
    return Graph({room: frozenset(found[room]) for room in sorted(found)}, sizes)


def row_of(name: str) -> int | None:
    """Return the index of a module's row in ORDER, counted from 0 at the top; None if it has no row."""
    top = name.partition(".")[0]
    return next((number for number, row in enumerate(ORDER) if top in row), None)


def upwards(read: Sequence[Module]) -> list[Arrow]:
    """Return the imports of a row above the importer's own. A module in no row is not judged."""
    return [arrow for arrow in arrows_of(read) if _rises(row_of(arrow.importer), row_of(arrow.imported))]


def _rises(importer: int | None, imported: int | None) -> bool:
    return importer is not None and imported is not None and imported < importer


def between_adapters(read: Sequence[Module]) -> list[Arrow]:
    """Return the imports of one adapter package by another."""
    return [arrow for arrow in arrows_of(read) if _are_two_adapters(arrow)]


def _are_two_adapters(arrow: Arrow) -> bool:
    importer, imported = arrow.importer.partition(".")[0], arrow.imported.partition(".")[0]
    return importer != imported and {importer, imported} <= set(ADAPTERS)


def without_row(read: Iterable[Module]) -> list[str]:
    """Return the top-level packages and modules that are in no row of ORDER."""
    tops = {module.name.partition(".")[0] for module in read if module.name}
    return sorted(top for top in tops if row_of(top) is None)


def report(read: Sequence[Module], namer: Namer, *, ordered: bool) -> Iterator[str]:
    """Yield the lines of the report, at most 80 characters each where names allow it.

    `ordered` adds what breaks the declared order, which is about the whole product.
    """
    shown = graph(read, namer)
    floors = shown.floors()
    yield f"rooms: {len(shown.arrows)}, floors: {max(floors.values(), default=0)}, arrows: {shown.count}"
    yield ""
    width = max(map(len, shown.arrows), default=0)
    yield f"floor  {'room':{width}}  modules  imports"
    for room in sorted(shown.arrows, key=lambda room: (-floors[room], room)):
        start = f"{floors[room]:5}  {room:{width}}  {shown.sizes[room]:7}  "
        yield from _wrapped(start, ", ".join(sorted(shown.arrows[room])) or "-")
    yield ""
    yield from _section("cycles", [" <-> ".join(group) for group in shown.cycles()])
    if ordered:
        yield from _section("arrows upwards", map(str, upwards(read)))
        yield from _section("adapters that know each other", map(str, between_adapters(read)))
        yield from _wrapped("", f"not in the declared order: {', '.join(without_row(read)) or 'none'}")


def _section(title: str, found: Iterable[str]) -> Iterator[str]:
    listed = list(found)
    yield f"{title}: {len(listed) or 'none'}"
    for line in listed:
        yield from _wrapped("  ", line)


def _wrapped(start: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    default=PACKAGE,
    help="Folder of the package to read.  [default: chalicelib]",
)
@click.option("--inside", "package", help="Show the modules of one room, for example conversation or ground.")
@click.option("--modules", "finest", is_flag=True, help="Count every module as a room.")
def rooms(root: Path, package: str | None, *, finest: bool) -> None:
    """Print rooms, floors, arrows and everything that breaks the declared order of imports.

    A package is a room, and so is each sub-package. A module at the top is a room of its own, except those of the
    ground (errors, ids, settings, log, metrics, clock), which are one room. A room's floor is one above the highest
    room it imports.
    """
    namer = inside(package) if package else each_module if finest else room_of
    read = modules(root)
    if package and not graph(read, namer).arrows:
        raise click.UsageError(f"{root.name} has no package {package} with modules in it")
    for line in report(read, namer, ordered=not package):
        click.echo(line)


if __name__ == "__main__":
    rooms(prog_name="python -m scripts.measure.rooms")
