"""The prose of docstrings, documents, commands, findings and texts is plain by the lists in `scripts/measure/words.py`.

`python -m scripts.measure.prose --list mannered` and `--list openings` name each place in the docstrings.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import pytest

from scripts.cli.commands import parley
from scripts.measure.prose import Fault, Measure, docstrings, mannered_in
from scripts.measure.source import ROOT

MOST_MANNERED: Final = 1.0
FEWEST_FIELD_TERMS: Final = 25.0
MOST_BAD_OPENINGS: Final = 25.0

DOCUMENTS: Final = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
TEXTS: Final = sorted(path for folder in ("texts", "locales") for path in ROOT.glob(f"chalicelib/**/{folder}/en*.toml"))
"""The texts in English; words of other languages may look like the mannered ones."""
PAGES: Final = [*sorted(ROOT.glob("chalicelib/content/templates/*.html")), ROOT / "scripts" / "cli" / "review.txt"]
RESOURCES: Final = ROOT / ".chalice" / "resources.yaml"
SCRIPTS: Final = sorted(
    path
    for folder in ("chalicelib/content/static", "scripts/simulator/page")
    for path in (ROOT / folder).rglob("*.js")
    if "vendor" not in path.parts
)
_ALARM_TEXT: Final = re.compile(r"AlarmDescription: (.*)")
_JS_COMMENT: Final = re.compile(r"/\*.*?\*/|(?<!:)//[^\n]*", re.DOTALL)


@pytest.fixture(scope="module")
def measure() -> Measure:
    return Measure(docstrings([ROOT / "app.py", ROOT / "chalicelib", ROOT / "scripts"]))


def test_docstrings_have_hardly_a_mannered_word(measure: Measure):
    assert measure.mannered <= MOST_MANNERED, (
        f"{measure.mannered:.1f} mannered words per 1,000 words of docstrings; at most {MOST_MANNERED}: "
        "`python -m scripts.measure.prose --list mannered` lists each with what to write instead"
    )


def test_docstrings_use_the_terms_of_the_field(measure: Measure):
    assert measure.field_terms >= FEWEST_FIELD_TERMS, (
        f"{measure.field_terms:.1f} terms of the field per 1,000 words of docstrings; at least {FEWEST_FIELD_TERMS}: "
        "write handler, request, client, user, caller, connection … (FIELD_TERMS in scripts/measure/words.py)"
    )


def test_functions_docstrings_open_with_a_verb_or_the_thing_itself(measure: Measure):
    assert measure.bad_openings <= MOST_BAD_OPENINGS, (
        f"{measure.bad_openings:.0f} % of functions' docstrings open with neither; at most {MOST_BAD_OPENINGS:.0f} %: "
        "`python -m scripts.measure.prose --list openings` lists them"
    )


def test_documents_have_no_mannered_word():
    assert_plain(fault for path in DOCUMENTS if path.exists() for fault in in_file(path))


def test_commands_describe_themselves_without_a_mannered_word():
    assert_plain(in_command(parley))


def test_texts_for_users_have_no_mannered_word():
    assert TEXTS
    assert_plain(fault for path in TEXTS for fault in in_file(path))


def test_pages_and_texts_for_the_app_review_have_no_mannered_word():
    assert_plain(fault for path in PAGES for fault in in_file(path))


def test_findings_have_no_mannered_word():
    modules = [path for folder in ("chalicelib", "scripts") for path in (ROOT / folder).rglob("*.py")]
    found = [fault for path in modules for fault in in_findings(path.read_text(), shown(path))]
    assert_plain(iter(found))


def test_alarms_have_no_mannered_word():
    assert _ALARM_TEXT.search(RESOURCES.read_text())
    assert_plain(in_matches(_ALARM_TEXT, RESOURCES))


def test_comments_in_scripts_of_pages_have_no_mannered_word():
    assert SCRIPTS
    assert_plain(fault for path in SCRIPTS for fault in in_matches(_JS_COMMENT, path))


def assert_plain(faults: Iterator[Fault]) -> None:
    """Fails with each place, its sentence, the rule and what to write instead."""
    found = [str(fault) for fault in faults]
    assert not found, f"{len(found)} mannered words (MANNERED in scripts/measure/words.py):\n" + "\n".join(found)


def in_file(path: Path) -> Iterator[Fault]:
    return mannered_in(path.read_text(), shown(path))


def in_matches(pattern: re.Pattern[str], path: Path) -> Iterator[Fault]:
    """The mannered words in the parts of a file that match the pattern."""
    text = path.read_text()
    for match in pattern.finditer(text):
        yield from mannered_in(match[0], shown(path), text.count("\n", 0, match.start()) + 1)


def in_findings(source: str, path: str) -> Iterator[Fault]:
    """The mannered words in all strings of a module that builds findings, because their parts may be in variables."""
    if "Finding" not in source:
        return
    tree = ast.parse(source)
    if any(isinstance(node, ast.Call) and ast.unparse(node.func).startswith("Finding") for node in ast.walk(tree)):
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from mannered_in(node.value, path, node.lineno)


def in_command(command: click.Command) -> Iterator[Fault]:
    """The mannered words in the help of a command, of its options, and of its subcommands."""
    path, line = defined_at(command)
    for text in filter(None, (command.help, command.short_help, command.epilog)):
        yield from mannered_in(text, f"{path}:{line}: {command.name}", 1)
    for option in (option for option in command.params if isinstance(option, click.Option)):
        yield from mannered_in(option.help or "", f"{path}:{line}: {command.name} {option.opts[0]}", 1)
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from in_command(command.commands[name])


def defined_at(command: click.Command) -> tuple[str, int]:
    """The file of a command's function, and its first line."""
    function: Any = inspect.unwrap(command.callback) if command.callback else in_command
    return shown(Path(function.__code__.co_filename)), function.__code__.co_firstlineno


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def test_code_in_documents_is_not_prose(tmp_path: Path):
    path = tmp_path / "guide.md"
    path.write_text("Run `whoever`.\n\n```sh\necho told\n```\n\nA request\nis told twice.\n")
    [fault] = in_file(path)
    assert (fault.line, fault.sentence) == (8, "A request is told twice.")


def test_commands_options_and_subcommands_are_read():
    group = click.Group("keys", help="API keys of everybody.")
    group.add_command(click.Command("show", help="Show a key.", params=[click.Option(["--all"], help="Of anybody.")]))
    found = [(fault.path.rpartition(": ")[2], fault.sentence) for fault in in_command(group)]
    assert found == [("keys", "API keys of everybody."), ("show --all", "Of anybody.")]


def test_strings_of_a_module_that_builds_findings_are_read():
    source = 'why = "nobody is told"\nFinding.broken("x", f"{1} whom", why, "")\n'
    assert [fault.line for fault in in_findings(source, "x.py")] == [1, 1, 2]
    assert list(in_findings('why = "nobody"\n', "x.py")) == []


def test_comments_are_read_and_code_and_addresses_are_not(tmp_path: Path):
    path = tmp_path / "x.js"
    path.write_text('/** Told\n * nobody. */\nconst told = "https://whoever"; // whom\n')
    assert [fault.line for fault in in_matches(_JS_COMMENT, path)] == [1, 2, 3]


def test_a_failure_names_file_line_rule_and_remedy():
    with pytest.raises(AssertionError) as failure:
        assert_plain(mannered_in("Fine.\nNobody came.", "docs/x.md"))
    for part in ("docs/x.md:2: Nobody came.", 'mannered word "Nobody"', "say what is the case", "MANNERED in scripts"):
        assert part in str(failure.value)
