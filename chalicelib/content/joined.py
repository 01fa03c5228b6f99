"""Joins JavaScript modules, so that a page loads one file instead of thirty, and each module is evaluated once.

Each request of the page is an invocation of a function, and files compress better together.
"""

import re
from collections.abc import Collection, Mapping
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


def first(entry: str, modules: Mapping[str, str], *, shared: Collection[str]) -> str:
    """Return one module that does what `entry` does with all that it imports, and exports the modules in `shared`.

    A file that is not in `modules` stays a file of its own. Each module becomes a function that returns what it
    exports, so names do not collide. `entry` comes last and is not awaited: what it loads by `import()` may import
    this module. Raises ValueError as `needed` does, and for an import or export in another form than those of our
    modules.
    """
    names = _numbered(entry, modules)
    exports = {names[name]: _exported_as(name) for name in names if name in shared}
    functions = _functions(names, modules, but=entry)
    main = f"(async () => {{\n{_without_exports(modules[entry], names)}}})();\n"
    return "".join((_apart(names, modules), functions, main, _clause("export", exports, ";\n")))


def later(entry: str, modules: Mapping[str, str], *, page: str, has: Collection[str]) -> str:
    """Return `entry` with all that it imports as one module, for a page whose first script is the file `page`.

    That is what `first` returns; the modules that it `has` are taken from there. Raises ValueError as `first` does.
    """
    own = {name: text for name, text in modules.items() if name not in has}
    names = _numbered(entry, own)
    imports = {_exported_as(name): variable for name, variable in names.items() if name in has}
    others = {name: variable for name, variable in names.items() if name not in has}
    _without_exports(own[entry], names)
    text = _with_constants(own[entry], names)
    clause = _clause("import", imports, f' from "./{page}";\n')
    return "".join((clause, _apart(others, own), _functions(names, own, but=entry), text))


def _put(name: str, modules: Mapping[str, str], order: list[str], within: tuple[str, ...]) -> None:
    """Add a file to the order, after those that it imports."""
    if name in within:
        raise ValueError(f"{name} imports itself: {' → '.join((*within, name))}")
    if name in order:
        return
    for other in imported(modules.get(name, "")):
        _put(other, modules, order, (*within, name))
    order.append(name)


def _numbered(entry: str, modules: Mapping[str, str]) -> Mapping[str, str]:
    return {name: f"m{number}" for number, name in enumerate(needed(entry, modules))}


def _exported_as(name: str) -> str:
    return name.partition(".")[0]


def _clause(kind: str, names: Mapping[str, str], end: str) -> str:
    """Return the line that exports or imports names as others, none if there are none."""
    return f"{kind} {{ {', '.join(f'{one} as {other}' for one, other in names.items())} }}{end}" if names else ""


def _apart(names: Mapping[str, str], modules: Mapping[str, str]) -> str:
    lines = [f'import * as {variable} from "./{name}";\n' for name, variable in names.items() if name not in modules]
    return "".join(lines)


def _functions(names: Mapping[str, str], modules: Mapping[str, str], *, but: str) -> str:
    return "".join(_function(names[name], modules[name], names) for name in names if name in modules and name != but)


def _function(variable: str, text: str, names: Mapping[str, str]) -> str:
    exported = ", ".join(_EXPORT.findall(text))
    return (
        f"const {variable} = await (async () => {{\n{_without_exports(text, names)}return {{ {exported} }};\n}})();\n"
    )


def _without_exports(text: str, names: Mapping[str, str]) -> str:
    body = _EXPORT.sub("", _with_constants(text, names))
    if other := _OTHERS.search(body):
        raise ValueError(f"this cannot be joined: {body[other.start() :].partition(chr(10))[0]}")
    return body


def _with_constants(text: str, names: Mapping[str, str]) -> str:
    return _IMPORT.sub(lambda found: _constants(found[1], names[found[2]]), text)


def _constants(clause: str, module: str) -> str:
    """Return the line that takes the place of an import."""
    if clause.startswith("* as "):
        return f"const {clause.removeprefix('* as ')} = {module};\n"
    if clause.startswith("{"):
        return f"const {clause.replace(' as ', ': ')} = {module};\n"
    return f"const {clause} = {module}.default;\n"
