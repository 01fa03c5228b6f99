"""Joins JavaScript modules into one, so that a page loads one file instead of thirty.

Each request of the page is an invocation of a function, and files compress better together.
"""

import re
from collections.abc import Mapping
from typing import Final

_IMPORT: Final = re.compile(r'^import ([^;"]+?) from "\./([^"]+)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
_OTHERS: Final = re.compile(r"^(?:import|export)\b(?! *\()", re.MULTILINE)


def imported(text: str) -> list[str]:
    """Return the names of the files that a module imports, as `dom.js`, but not those that it loads by `import()`."""
    return [name for _, name in _IMPORT.findall(text)]


def needed(entry: str, modules: Mapping[str, str]) -> list[str]:
    """Return the files that a module cannot run without, each after those that it imports, and itself at the end.

    `modules` has the texts of modules by name; of other files, what they import is not known. Raises ValueError for
    modules that import each other.
    """
    order: list[str] = []
    _put(entry, modules, order, ())
    return order


def join(entry: str, modules: Mapping[str, str]) -> str:
    """Return one module that does what `entry` does with all that it imports.

    A file that is not in `modules` stays a file of its own. Each module becomes a function that returns what it
    exports, so names do not collide. Raises ValueError as `needed` does, and for an import or export in another form
    than those of our modules.
    """
    names = {name: f"m{number}" for number, name in enumerate(needed(entry, modules))}
    apart = [f'import * as {variable} from "./{name}";\n' for name, variable in names.items() if name not in modules]
    parts = [_function(names[name], modules[name], names) for name in names if name in modules]
    return "".join((*apart, *parts))


def _put(name: str, modules: Mapping[str, str], order: list[str], within: tuple[str, ...]) -> None:
    """Add a file to the order, after those that it imports."""
    if name in within:
        raise ValueError(f"{name} imports itself: {' → '.join((*within, name))}")
    if name in order:
        return
    for other in imported(modules.get(name, "")):
        _put(other, modules, order, (*within, name))
    order.append(name)


def _function(variable: str, text: str, names: Mapping[str, str]) -> str:
    exported = _EXPORT.findall(text)
    body = _EXPORT.sub("", _IMPORT.sub(lambda found: _constants(found[1], names[found[2]]), text))
    if other := _OTHERS.search(body):
        raise ValueError(f"this cannot be joined: {body[other.start() :].partition(chr(10))[0]}")
    return f"const {variable} = await (async () => {{\n{body}return {{ {', '.join(exported)} }};\n}})();\n"


def _constants(clause: str, module: str) -> str:
    """Return the line that takes the place of an import."""
    if clause.startswith("* as "):
        return f"const {clause.removeprefix('* as ')} = {module};\n"
    if clause.startswith("{"):
        return f"const {clause.replace(' as ', ': ')} = {module};\n"
    return f"const {clause} = {module}.default;\n"
