"""Measures the prose of docstrings: `python -m scripts.measure.prose [--list mannered|openings] [PATH ...]`.

What is read: docstrings of modules, classes and functions, and of attributes (a string after an assignment in a module
or class). Code in backticks is left out. The word lists are in `scripts/measure/words.py`.

Openings are those of functions. A docstring opens with a verb if its first word is in VERBS, as an infinitive or with
an `s`, perhaps after one of ADVERBS. It opens with the thing itself if it begins with one of QUESTIONS, or is a noun
phrase: one of DETERMINERS, then no finite verb before the first mark or word of CLAUSE_WORDS. `The key of a person.` is
a noun phrase; `The key is revoked.` and `The person writes there.` are sentences and count as neither.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

import click

from scripts.measure.source import ROOT, read, walked
from scripts.measure.words import (
    ADVERBS,
    CLAUSE_WORDS,
    DETERMINERS,
    FIELD_TERMS,
    FINITE_VERBS,
    MANNERED,
    NOUNS_TOO,
    QUESTIONS,
    VERBS,
)

Kind = Literal["module", "class", "function", "attribute"]

_WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019][a-z]+)?")
_CODE: Final = re.compile(r"^```.*?^```|`[^`]*`", re.MULTILINE | re.DOTALL)
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+|\n\s*\n|\n(?=[|#*-])|(?<=\")\n")
_MARK: Final = re.compile(r"[^\w\s'\u2019-]")
_MANNERED: Final = {re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE): cure for pattern, cure in MANNERED.items()}
_THOUSAND: Final = 1000


@dataclass(frozen=True)
class Docstring:
    """A docstring and its place."""

    path: str
    line: int
    kind: Kind
    text: str

    @property
    def prose(self) -> str:
        """The text without code."""
        return _without_code(self.text)


@dataclass(frozen=True)
class Fault:
    """A place in a text that breaks a rule."""

    path: str
    line: int
    sentence: str
    """The whole sentence in one line."""
    cure: str
    """The words that break the rule, and what to write instead."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.sentence}\n    {self.cure}"


@dataclass(frozen=True)
class Measure:
    """The figures of some docstrings."""

    docstrings: Sequence[Docstring]

    @cached_property
    def words(self) -> int:
        """The number of words outside code."""
        return sum(len(_WORD.findall(docstring.prose)) for docstring in self.docstrings)

    @cached_property
    def mannered(self) -> float:
        """Mannered words per 1,000 words."""
        return self._per_thousand(sum(1 for _ in mannered(self.docstrings)))

    @cached_property
    def field_terms(self) -> float:
        """Terms of the field per 1,000 words."""
        words = (word.lower() for docstring in self.docstrings for word in _WORD.findall(docstring.prose))
        return self._per_thousand(sum(word in _FIELD_FORMS for word in words))

    @cached_property
    def without_verb(self) -> float:
        """The percentage of function docstrings that do not open with a verb."""
        return self._percent_of_functions(opens_with_verb)

    @cached_property
    def bad_openings(self) -> float:
        """The percentage of function docstrings that open neither with a verb nor with the thing itself."""
        return self._percent_of_functions(opens_well)

    def _percent_of_functions(self, is_good: Callable[[str], bool]) -> float:
        texts = [docstring.text for docstring in self.docstrings if docstring.kind == "function"]
        return 100 * sum(not is_good(text) for text in texts) / max(1, len(texts))

    def _per_thousand(self, count: int) -> float:
        return _THOUSAND * count / max(1, self.words)


def docstrings(paths: Iterable[Path]) -> list[Docstring]:
    """Read the docstrings of these Python files and of all Python files below these folders, in order of paths.

    Paths are shown relative to the project's root where they are inside it.
    """
    files = [file for path in paths for file in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    return [found for file in files for found in _of_file(file)]


def _of_file(path: Path) -> list[Docstring]:
    shown = _shown(path)
    _, tree = read(path)
    found = (_of_node(node, shown) for node in walked(tree))
    return sorted((docstring for of_node in found for docstring in of_node), key=lambda docstring: docstring.line)


def _shown(path: Path) -> str:
    resolved = path.resolve()
    return str(resolved.relative_to(ROOT) if resolved.is_relative_to(ROOT) else path)


def _of_node(node: ast.AST, path: str) -> Iterator[Docstring]:
    match node:
        case ast.Module(body=body):
            yield from _first(body, path, "module")
            yield from _attributes(body, path)
        case ast.ClassDef(body=body):
            yield from _first(body, path, "class")
            yield from _attributes(body, path)
        case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body):
            yield from _first(body, path, "function")


def _first(body: list[ast.stmt], path: str, kind: Kind) -> Iterator[Docstring]:
    for statement in body[:1]:
        yield from _string(statement, path, kind)


def _attributes(body: list[ast.stmt], path: str) -> Iterator[Docstring]:
    for before, statement in pairwise(body):
        if isinstance(before, ast.Assign | ast.AnnAssign):
            yield from _string(statement, path, "attribute")


def _string(statement: ast.stmt, path: str, kind: Kind) -> Iterator[Docstring]:
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            yield Docstring(path, statement.lineno, kind, text)


def mannered_in(text: str, path: str, first_line: int = 1) -> Iterator[Fault]:
    """Yield a fault for each mannered word of a text outside code, in order.

    Code is text in backticks and fenced blocks of Markdown; `first_line` is the text's own line in its file.
    """
    plain = _without_code(text)
    found = sorted(
        (match.start(), match[0], cure) for rule, cure in _MANNERED.items() for match in rule.finditer(plain)
    )
    for place, word, cure in found:
        line = first_line + text.count("\n", 0, place)
        yield Fault(path, line, _sentence_at(text, place), f'mannered word "{word}": {cure}')


def _without_code(text: str) -> str:
    """Blank code out, so that the places of all other words stay the same."""
    return _CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), text)


def _sentence_at(text: str, place: int) -> str:
    ends = list(_SENTENCE_END.finditer(text))
    start = max((end.end() for end in ends if end.end() <= place), default=0)
    stop = min((end.start() for end in ends if end.start() >= place), default=len(text))
    return " ".join(text[start:stop].split())


def mannered(read: Iterable[Docstring]) -> Iterator[Fault]:
    """Yield a fault for each mannered word of the docstrings."""
    for docstring in read:
        yield from mannered_in(docstring.text, docstring.path, docstring.line)


def openings(read: Iterable[Docstring]) -> Iterator[Fault]:
    """Yield a fault for each function's docstring that opens neither with a verb nor with the thing itself."""
    cure = "open with a verb (Return, Send, Check …) or with the thing (The number of …, Whether …)"
    for docstring in read:
        if docstring.kind == "function" and not opens_well(docstring.text):
            yield Fault(docstring.path, docstring.line, _sentence_at(docstring.text, 0), cure)


def opens_well(text: str) -> bool:
    """Whether a docstring opens with a verb or with the thing itself."""
    return opens_with_verb(text) or text.strip().lower().startswith(QUESTIONS) or _is_noun_phrase(text)


def opens_with_verb(text: str) -> bool:
    """Whether the first word, or the one after an adverb, is a verb of the list."""
    words = [word.lower() for word in _WORD.findall(text)[:2]]
    if words and words[0] in ADVERBS:
        del words[0]
    return bool(words) and words[0] in _OPENING_VERBS and text.strip()[:1].isalpha()


def _is_noun_phrase(text: str) -> bool:
    first, *rest = re.findall(rf"{_WORD.pattern}|{_MARK.pattern}", text.replace("`", "")) or [""]
    if first.lower() not in DETERMINERS:
        return False
    for number, word in enumerate(rest):
        if number and (word.lower() in CLAUSE_WORDS or _MARK.match(word)):
            return True
        if number and word.lower() in _FINITE:
            return False
    return True


def _third_person(verb: str) -> str:
    if re.search(r"[^aeiou]y$", verb):
        return f"{verb[:-1]}ies"
    return f"{verb}es" if re.search(r"(?:s|sh|ch|x|z|o)$", verb) else f"{verb}s"


def _forms(term: str) -> set[str]:
    stem = term.removesuffix("e")
    past = f"{term[:-1]}ied" if re.search(r"[^aeiou]y$", term) else f"{stem}ed"
    return {term, _third_person(term), past, f"{stem}ing"}


_THIRD_PERSON: Final = {_third_person(verb) for verb in VERBS - {"have", "do"}} | {"has", "does"}
_FINITE: Final = (_THIRD_PERSON - NOUNS_TOO) | FINITE_VERBS
_OPENING_VERBS: Final = VERBS | _THIRD_PERSON
_FIELD_FORMS: Final = {form for term in FIELD_TERMS for form in _forms(term)}


def report(paths: Sequence[Path]) -> Iterator[str]:
    """Yield a table with a row for each path, and one for all together if there are several."""
    rows = [(_shown(path), Measure(docstrings([path]))) for path in paths]
    if len(paths) > 1:
        rows.append(("together", Measure(docstrings(paths))))
    width = max(len(name) for name, _ in rows)
    yield f"{'':{width}}          per 1,000 words      functions that open with"
    yield f"{'':{width}}    words mannered   terms   functions   no verb  nor the thing"
    for name, measure in rows:
        functions = sum(docstring.kind == "function" for docstring in measure.docstrings)
        yield (
            f"{name:{width}} {measure.words:8,} {measure.mannered:8.1f} {measure.field_terms:7.1f} {functions:11,}"
            f" {measure.without_verb:8.0f}% {measure.bad_openings:13.0f}%"
        )


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--list", "listed", type=click.Choice(["mannered", "openings"]), help="List each place and what to write instead."
)
@click.option("--most-mannered", type=float, metavar="N", help="Exit with 1 if there are more than N per 1,000 words.")
def prose(paths: tuple[Path, ...], listed: str | None, most_mannered: float | None) -> None:
    """Count words, mannered words, terms of the field and openings in the docstrings of PATHS.

    Without PATHS: app.py, chalicelib and scripts.
    """
    chosen = paths or tuple(ROOT / name for name in ("app.py", "chalicelib", "scripts"))
    measure = Measure(docstrings(chosen))
    if listed:
        for fault in (mannered if listed == "mannered" else openings)(measure.docstrings):
            click.echo(fault)
    else:
        for line in report(chosen):
            click.echo(line)
    if most_mannered is not None and measure.mannered > most_mannered:
        raise click.ClickException(f"{measure.mannered:.1f} mannered words per 1,000; at most {most_mannered:g}")


if __name__ == "__main__":
    prose(prog_name="python -m scripts.measure.prose")
