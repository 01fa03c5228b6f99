"""Docstrings are found and measured as the script's docstring says."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from scripts.measure.prose import Measure, docstrings, mannered, openings, opens_well, opens_with_verb, prose

EXAMPLE = '''"""A module with handlers.

The request is read by `whoever` calls it.
"""

LIMIT = 5
"""Requests that somebody may send."""
"""No docstring."""


class Queue:
    """A queue of requests."""

    size: int
    """Number of requests."""

    def push(self):
        """Add a request."""
        x = 1
        """No docstring either."""

    async def told(self):
        """What was told.

        Nobody is
        told twice. The caller stands for the user.
        """
'''


@pytest.fixture
def example(tmp_path: Path) -> Path:
    path = tmp_path / "example.py"
    path.write_text(EXAMPLE)
    return path


def test_docstrings_of_modules_classes_functions_and_attributes_are_read(example: Path):
    found = [(docstring.line, docstring.kind) for docstring in docstrings([example])]
    assert found == [
        (1, "module"),
        (7, "attribute"),
        (12, "class"),
        (15, "attribute"),
        (18, "function"),
        (23, "function"),
    ]


def test_a_folder_is_read_with_all_its_python_files(example: Path):
    (example.parent / "other.txt").write_text("whoever")
    assert docstrings([example.parent]) == docstrings([example])


def test_mannered_words_have_file_line_sentence_and_cure_and_code_has_none(example: Path):
    found = [(fault.line, fault.sentence) for fault in mannered(docstrings([example]))]
    assert found == [
        (7, "Requests that somebody may send."),
        (23, "What was told."),
        (25, "Nobody is told twice."),
        (26, "Nobody is told twice."),
    ]
    [first, *_] = mannered(docstrings([example]))
    assert str(first) == (
        f"{example}:7: Requests that somebody may send.\n"
        '    mannered word "somebody": name the person or program: user, client, caller, owner, worker'
    )


def test_figures_are_per_thousand_words_and_percent_of_functions(example: Path):
    measure = Measure(docstrings([example]))
    assert measure.words == 11 + 5 + 4 + 3 + 3 + 13
    assert measure.mannered == pytest.approx(1000 * 4 / 39)
    assert measure.field_terms == pytest.approx(1000 * (2 + 1 + 2 + 1 + 1 + 2) / 39)
    assert measure.without_verb == measure.bad_openings == pytest.approx(50)


def test_nothing_measures_nothing():
    nothing = Measure([])
    assert (nothing.words, nothing.mannered, nothing.field_terms, nothing.bad_openings) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "text", ["Return the key.", "Returns the key.", "Retries once.", "Only read the item.", "Push one.", "\n  Send it."]
)
def test_verbs_open_in_the_infinitive_and_with_an_s(text: str):
    assert opens_with_verb(text)
    assert opens_well(text)


@pytest.mark.parametrize(
    "text",
    [
        "The key of a person.",
        "The frames that wait are sent first.",
        "An API key's item.",
        "All open requests, oldest first.",
        "Whether the token is valid.",
        "How many are left.",
        "Number of rooms.",
        "True if the key is valid.",
        "The `seq` of the last frame.",
    ],
)
def test_the_thing_itself_may_open_too(text: str):
    assert not opens_with_verb(text)
    assert opens_well(text)


@pytest.mark.parametrize(
    "text",
    [
        "What became of it.",
        "Whoever comes.",
        "The key is revoked.",
        "The person writes there already.",
        "A day's budget can bear the call.",
        "Of the bot's own pages.",
        "When.",
        "`send` the item.",
        "",
    ],
)
def test_sentences_and_riddles_open_badly(text: str):
    assert not opens_well(text)


def test_bad_openings_are_listed_with_file_and_line(example: Path):
    assert [(fault.line, fault.sentence) for fault in openings(docstrings([example]))] == [(23, "What was told.")]


def test_the_command_prints_a_table_or_lists_and_ends_well(example: Path):
    table = CliRunner().invoke(prose, [str(example)])
    assert table.exit_code == 0
    assert table.output.splitlines()[-1].split()[1:] == ["39", "102.6", "230.8", "2", "50%", "50%"]
    listed = CliRunner().invoke(prose, ["--list", "openings", str(example)])
    assert (listed.exit_code, listed.output.splitlines()[0]) == (0, f"{example}:23: What was told.")


@pytest.mark.parametrize(("most", "code"), [("102.5", 1), ("102.6", 0)])
def test_the_command_fails_beyond_the_most_that_is_allowed(example: Path, most: str, code: int):
    assert CliRunner().invoke(prose, ["--most-mannered", most, str(example)]).exit_code == code
