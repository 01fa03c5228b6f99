"""Every regular expression of the product, with its worst inputs: none takes exponential or cubic time.

How parsers as a whole grow with hostile input is in `test_fuzz_targets.py`.
"""

import ast
import pkgutil
import re
import warnings
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from pathlib import Path
from time import process_time
from typing import Any, Final

import pytest

import chalicelib

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from re import _parser

FOLDER: Final = Path(chalicelib.__file__).parent
CALLS: Final = {"fullmatch", "match", "search", "sub", "split", "findall", "finditer"}
SIZES: Final = (11, 22, 44, 88, 176, 352, 704)
"""An exponential search is noticed at 22, a cubic one at 176."""
TOO_QUICK_S: Final = 0.005
MOST: Final = 6
"""A quadratic search takes four times as long for a text of twice the length, a cubic one eight times."""
FEWEST: Final = 100
"""Patterns that are found at least: with fewer, the search for them is broken."""
USUAL: Final = ("a", "0", " ", "\n", "-", ".", "'")


def compiled() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """The patterns in the modules' constants, and those that are written where they are used."""
    for found in pkgutil.walk_packages([str(FOLDER)], "chalicelib."):
        module = import_module(found.name)
        for name, value in vars(module).items():
            for number, pattern in enumerate(patterns_in(value)):
                yield f"{found.name}.{name}[{number}]", pattern
    for place in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(place.read_text())):
            match node:
                case ast.Call(ast.Attribute(ast.Name("re"), name), [ast.Constant(str(text)), *_]) if name in CALLS:
                    yield f"{place.name}:{node.lineno}", re.compile(text)


def patterns_in(value: object) -> Iterator[re.Pattern[Any]]:
    match value:
        case re.Pattern():
            yield value
        case dict():
            yield from patterns_in(tuple(value.values()))
        case tuple() | list():
            for each in value:
                yield from patterns_in(each)


def letters(parsed: Any) -> Iterator[str]:
    """Characters that parts of the pattern match: its literals, and the ends of its ranges."""
    for operation, argument in parsed:
        match str(operation), argument:
            case "LITERAL" | "NOT_LITERAL", int(code):
                yield chr(code)
            case "RANGE", (low, high):
                yield from (chr(low), chr(high))
            case _, _:
                yield from within(argument)


def within(argument: Any) -> Iterator[str]:
    if isinstance(argument, _parser.SubPattern):
        yield from letters(argument)
    elif isinstance(argument, list | tuple):
        pairs = [each for each in argument if isinstance(each, tuple) and len(each) == 2]
        yield from letters(pairs)
        for each in argument:
            if isinstance(each, list | _parser.SubPattern):
                yield from within(each)


def pieces(pattern: re.Pattern[Any]) -> list[str]:
    """One or two characters each, from which a text is made that nearly matches."""
    chosen = list(dict.fromkeys((*letters(_parser.parse(pattern.pattern, pattern.flags)), *USUAL)))[:12]
    return [*chosen, *(one + other for one, other in product(chosen[:4], repeat=2) if one != other)]


def slow_at(pattern: re.Pattern[Any], piece: str, before: str = "") -> int:
    """The length of the text for which a search takes too long beside one of half the length; 0 if none does."""
    last = 0.0
    for size in SIZES:
        text = before + piece * size + "\0"
        began = process_time()
        pattern.search(text)
        took = process_time() - began
        if last and took > TOO_QUICK_S and took / max(last, TOO_QUICK_S / MOST) > MOST:
            return size
        last = took
    return 0


@pytest.mark.slow
def test_no_pattern_takes_exponential_or_cubic_time():
    found = list(compiled())
    assert len(found) >= FEWEST
    for where, pattern in found:
        if isinstance(pattern.pattern, str):
            for piece in pieces(pattern):
                assert not (slow_at(pattern, piece) and slow_at(pattern, piece)), f"{where}: {piece!r} again and again"


@pytest.mark.slow
def test_a_pattern_that_takes_exponential_or_cubic_time_is_noticed():
    for text in (r"(a+)+b", r"(?:a|a)*b", r"a*a*a*b", r"(?:[a-z]+ ?)*:"):
        pattern = re.compile(text)
        assert any(slow_at(pattern, piece) for piece in pieces(pattern)), text
