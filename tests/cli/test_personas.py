"""Tests `parley personas`: the owner's texts of personas, without a deployment."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from click.testing import Result
from rich.cells import cell_len

from chalicelib.content import persona
from tests.cli.chats import Chats
from tests.cli.conftest import Run

BAKER = 'name = "Anna\'s Bakery"\nmax_output_tokens = 300\ninstructions = "You answer for a bakery."\n'
Personas = Callable[..., Result]


@pytest.fixture
def personas(run: Run) -> Run:
    return partial(run, "personas")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "baker.toml"
    file.write_text(BAKER)
    return file


def refused(result: Result, *, code: int = 1) -> str:
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.count("\n") == 1
    return result.stderr.removeprefix("Error: ").removesuffix("\n")


@pytest.mark.parametrize("width", [40, 60, 80])
def test_the_list_says_of_each_persona_what_it_is_and_whose_text_counts(run: Run, width: int):
    lines = run("personas", "list", COLUMNS=str(width)).stdout.splitlines()
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == list(persona.names())
    listed = " ".join(" ".join(lines).split())
    for name in persona.names():
        known = persona.load(name)
        assert f"{name} {known.name}; the shipped file {known.about}".rstrip() in listed
    assert max(map(cell_len, lines)) <= width


def test_a_text_of_the_owners_without_that_line_is_listed_without_it(personas: Run, file: Path):
    personas("put", "web", file)
    assert persona.load("web").about not in personas("list").stdout
    file.write_text(f'{BAKER}about = "Sells bread."\n')
    personas("put", "web", file)
    assert "Sells bread." in personas("list").stdout
    assert {"Sells bread."} < {one["about"] for one in json.loads(personas("list", "--json").stdout)["personas"]}


def test_a_text_that_is_put_counts_and_is_shown_and_journalled(personas: Run, chats: Chats, file: Path):
    result = personas("put", "web", file)
    assert result.exit_code == 0
    assert result.stdout == (
        "web answers with your text within a minute, as Anna's Bakery.\n"
        "Back to the shipped file: scripts/parley personas remove web --stage dev\n"
    )
    assert chats.store.personas.current()["web"].source == BAKER
    assert personas("show", "web").stdout == BAKER
    listed = personas("list").stdout
    assert "Anna's Bakery; yours, since 20" in listed
    assert "\nYour latest changes:\n" in listed
    assert listed.splitlines()[-1].split()[2:] == ["put", "web"]
    assert max(map(len, listed.splitlines())) <= 80


def test_what_is_printed_can_be_put_back(personas: Run, file: Path):
    for name in persona.names():
        shown = personas("show", name).stdout
        assert shown.rstrip("\n") == persona.shipped(name).rstrip("\n")
        file.write_text(shown)
        assert personas("put", name, file).exit_code == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BAKER + "temperature = 3\n", ", line 4: temperature must be a number from 0 to 2"),
        (BAKER + "temprature = 1\n", ', line 4: unknown key "temprature"'),
        ('name = "Baker"\nmax_output_tokens = 5\n', ", line 1: instructions is missing"),
        ('name = "Baker\n', ": Illegal character '\\n' (at line 1, column 14)"),
        ("\n\nname = 5\n", ", line 3: name must be text of 1 to 30 characters"),
        ("", ", line 1: name is missing"),
    ],
)
def test_a_malformed_file_is_refused_with_file_line_and_reason_and_nothing_is_stored(
    personas: Run, chats: Chats, file: Path, text: str, reason: str
):
    file.write_text(text)
    assert refused(personas("put", "web", file)).startswith(f"{file}{reason}")
    assert (dict(chats.store.personas.current()), list(chats.store.personas.changes())) == ({}, [])


def test_a_file_that_cannot_be_read_is_one_line(personas: Run, file: Path):
    file.write_bytes(BAKER.replace("Anna", "Änna").encode("latin-1"))
    assert refused(personas("put", "web", file)) == f"{file}: it must be saved as UTF-8"
    file.unlink()
    assert refused(personas("put", "web", file)) == f"{file} cannot be read: No such file or directory"


def test_a_file_is_meant_from_where_the_command_was_called(personas: Run, file: Path):
    assert personas("put", "web", file.name, PARLEY_CALLED_FROM=str(file.parent)).exit_code == 0


def test_texts_that_are_too_long_together_are_refused(personas: Run, file: Path):
    file.write_text(BAKER + "# " + "x" * 200_000)
    assert personas("put", "web", file).exit_code == 0
    assert personas("put", "web", file).exit_code == 0
    assert "your texts of all personas would have more than 300000 bytes" in refused(personas("put", "santa", file))


def test_a_persona_that_does_not_ship_is_refused_with_those_that_do(personas: Run, file: Path):
    for command in (("show", "baker"), ("put", "baker", file), ("remove", "baker", "--yes")):
        result = personas(*command)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "'baker' is not one of 'assistant', " in result.stderr


def test_removing_asks_and_then_the_shipped_file_counts_again(personas: Run, chats: Chats, file: Path):
    personas("put", "web", file)
    assert personas("remove", "web", answer="n\n").exit_code == 1
    assert "web" in chats.store.personas.current()
    result = personas("remove", "web", answer="y\n")
    assert result.stdout == "web answers with the shipped file within a minute.\n"
    assert [one.is_put for one in chats.store.personas.changes()] == [False, True]
    assert personas("show", "web").stdout == persona.shipped("web").rstrip("\n") + "\n"
    assert refused(personas("remove", "web", "--yes")) == (
        "there is no text of yours for web: the shipped file counts already"
    )


def test_a_text_that_a_new_version_cannot_use_any_more_is_shown_as_such(personas: Run, chats: Chats):
    chats.store.personas.put("web", BAKER + "old_key = 1\n", now=chats.clock())
    assert "the shipped file: your text, line 4: unknown key" in " ".join(personas("list").stdout.split())
    shown = personas("show", "web")
    assert "old_key" in shown.stdout
    assert shown.stderr.startswith("This text is not used, but the shipped file: your text, line 4: ")


def test_json_is_for_programs(personas: Run, file: Path):
    put = json.loads(personas("put", "web", file, "--json").stdout)
    assert (put["persona"], put["name"], put["fault"]) == ("web", "Anna's Bakery", None)
    listed = json.loads(personas("list", "--json").stdout)
    assert [one["persona"] for one in listed["personas"]] == list(persona.names())
    assert [(one["persona"], one["act"]) for one in listed["changes"]] == [("web", "put")]
    assert json.loads(personas("show", "web", "--json").stdout)["text"] == BAKER
    assert json.loads(personas("remove", "web", "--json", "--yes").stdout)["put_at"] is None
