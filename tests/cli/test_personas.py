"""Tests `parley personas`: the owner's texts of personas, without a deployment."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from click.testing import Result
from rich.cells import cell_len

from chalicelib.content import persona
from chalicelib.settings.stage import Settings
from scripts.cli.personas_check import Checked, cost_in_words
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
        ('name = "Baker\n', ", line 1: a text is not closed: it needs double quotes at both ends"),
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


# -- files that a persona knows -----------------------------------------------------------------------------------


KNOWING = BAKER + 'knows = ["hours.md"]\n'


def test_the_files_beside_a_text_are_stored_with_it_and_printed(personas: Run, chats: Chats, file: Path):
    file.write_text(KNOWING)
    file.with_name("hours.md").write_text("Open at 5\r\n")
    result = personas("put", "web", file)
    assert result.stdout.splitlines()[1] == "It knows hours.md, 6 tokens."
    assert chats.store.personas.current()["web"].files == {"hours.md": "Open at 5"}
    assert personas("show", "web").stdout == KNOWING
    assert personas("show", "web", "--file", "hours.md").stdout == "Open at 5\n"
    assert json.loads(personas("show", "web", "--json").stdout)["files"] == {"hours.md": "Open at 5"}
    assert refused(personas("show", "web", "--file", "faq.md")) == "web knows hours.md, and not faq.md"
    assert refused(personas("show", "santa", "--file", "faq.md")) == "santa knows no files, and not faq.md"


def test_a_file_that_is_not_beside_the_text_stays_as_it_is(personas: Run, chats: Chats, file: Path):
    file.write_text(KNOWING)
    file.with_name("hours.md").write_text("Open at 5")
    personas("put", "web", file)
    file.with_name("hours.md").unlink()
    file.write_text(KNOWING + "temperature = 1\n")
    assert personas("put", "web", file).stdout.splitlines()[1] == "It knows hours.md, 6 tokens, as it was."
    assert chats.store.personas.current()["web"].files == {"hours.md": "Open at 5"}


def test_a_file_that_cannot_be_known_is_refused_and_nothing_is_stored(personas: Run, chats: Chats, file: Path):
    file.write_text(KNOWING)
    assert refused(personas("put", "web", file)) == (
        f"{file}, line 4: hours.md cannot be read: No such file or directory"
    )
    file.with_name("hours.md").write_bytes(b"%PDF-1.7\0")
    assert "hours.md must be text that is saved as UTF-8" in refused(personas("put", "web", file))
    file.with_name("hours.md").unlink()
    file.with_name("hours.md").mkdir()
    assert "hours.md cannot be read: Is a directory" in refused(personas("put", "web", file))
    assert dict(chats.store.personas.current()) == {}


def test_files_count_for_what_all_texts_may_have_together(personas: Run, file: Path):
    file.write_text(BAKER + 'knows = ["hours.md"]\n# ' + "x" * 280_000)
    file.with_name("hours.md").write_text("y" * 20_000)
    assert "your texts of all personas would have more than 300000 bytes" in refused(personas("put", "web", file))


# -- check --------------------------------------------------------------------------------------------------------


def test_every_persona_that_ships_is_checked_with_its_tokens_and_its_cost(personas: Run):
    result = personas("check")
    assert result.exit_code == 0
    heads = [line.split()[0] for line in result.stdout.splitlines() if line and line[0] != " "]
    assert heads == list(persona.names())
    assert max(len(line) for line in result.stdout.splitlines()) <= 80


def test_a_check_shows_each_file_and_what_a_question_costs(personas: Run, file: Path):
    file.write_text(KNOWING)
    file.with_name("hours.md").write_text("xxxx" * 996)
    checked = json.loads(personas("check", file, "--json").stdout)
    [one] = checked["personas"]
    assert {part["part"]: part["tokens"] for part in one["parts"]}["hours.md"] == 1000
    assert one["tokens"] == sum(part["tokens"] for part in one["parts"])
    assert one["usd"] == pytest.approx(one["tokens"] * 0.10 / 1e6, abs=1e-6)
    assert one["usd_cached"] == pytest.approx(one["tokens"] * 0.01 / 1e6, abs=1e-6)
    assert (one["usd_longest_answer"], one["notes"], checked["faults"]) == (0.00015, [], [])
    shown = personas("check", file).stdout
    assert "  hours.md" in shown
    assert "With gpt-6-luna they cost 0.0001" in shown


def test_a_check_names_what_is_wrong_and_still_checks_the_others(personas: Run, file: Path):
    file.write_text(KNOWING)
    result = personas("check", file, "santa", "baker")
    assert result.exit_code == 1
    assert result.stdout.startswith("santa  Santa Claus\n")
    assert result.stderr == (
        f"Error: {file}, line 4: hours.md cannot be read: No such file or directory\n"
        f'the persona is "baker"; it must be one of {", ".join(persona.names())}\n'
    )


def test_a_check_says_what_is_left_out_of_a_file_and_what_the_model_does_not_take(personas: Run, file: Path):
    file.write_text(KNOWING + "temperature = 0.5\n")
    file.with_name("hours.md").write_bytes("Open\u202e at\u200b 5".encode())
    shown = " ".join(personas("check", file, PARLEY_MODEL="gpt-5-mini", PARLEY_REASONING_EFFORT="low").stdout.split())
    assert "hours.md: 2 characters that no reader sees are left out." in shown
    assert "temperature 0.5 is not sent: gpt-5-mini takes none with its effort." in shown
    assert "gpt-5-mini may think first, and thoughts count in max_output_tokens" in shown


@pytest.mark.parametrize(
    ("model", "temperature", "said"),
    [
        ("eu.anthropic.claude-sonnet-5", 0.5, "temperature 0.5 is not sent: eu.anthropic.claude-sonnet-5 takes none"),
        (
            "eu.amazon.nova-lite-v1:0",
            1.4,
            "temperature 1.4 is sent as 1: eu.amazon.nova-lite-v1:0 takes no higher one.",
        ),
        ("eu.amazon.nova-lite-v1:0", 0.5, ""),
    ],
)
def test_a_check_says_what_a_model_of_bedrock_does_not_take(
    personas: Run, file: Path, model: str, temperature: float, said: str
):
    file.write_text(KNOWING + f"temperature = {temperature}\n")
    file.with_name("hours.md").write_text("Open at 5.")
    shown = " ".join(personas("check", file, PARLEY_MODEL=f"bedrock:{model}").stdout.split())
    assert said in shown
    assert ("temperature" in shown) is bool(said)
    assert f"With {model} they cost" in shown


def test_a_check_says_which_model_answers_if_the_one_that_is_named_is_not_listed(personas: Run, file: Path):
    file.write_text(KNOWING + 'model = "gpt-6-sol"\n')
    file.with_name("hours.md").write_text("Open at 5.")
    shown = " ".join(personas("check", file).stdout.split())
    assert "gpt-6-sol is not in PARLEY_MODELS: gpt-6-luna answers." in shown
    assert "With gpt-6-luna they cost" in shown
    assert "With gpt-6-sol they cost" in " ".join(personas("check", file, PARLEY_MODELS="gpt-6-sol").stdout.split())


@pytest.mark.parametrize(
    ("moderation", "variables", "said"),
    [
        ("block", {}, False),
        ("block", {"PARLEY_MODEL": "bedrock:us.amazon.nova-lite-v1:0"}, True),
        ("score", {"PARLEY_MODEL": "bedrock:us.amazon.nova-lite-v1:0"}, True),
        ("off", {"PARLEY_MODEL": "bedrock:us.amazon.nova-lite-v1:0"}, False),
        ("block", {"PARLEY_MODEL": "bedrock:us.amazon.nova-lite-v1:0", "PARLEY_MODELS": "gpt-6-luna"}, False),
    ],
)
def test_a_check_says_that_questions_may_stay_unchecked_where_no_server_is_known_to_check_them(
    personas: Run, file: Path, moderation: str, variables: dict[str, str], *, said: bool
):
    file.write_text(f'{BAKER}moderation = "{moderation}"\n')
    shown = " ".join(personas("check", file, **variables).stdout.split())
    assert ("may have no moderation endpoint: what it does not check is answered unchecked." in shown) is said


def test_a_model_on_the_owners_own_server_costs_nothing():
    own = Settings.from_env({"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1", "PARLEY_MODEL": "llama3"}).model
    checked = Checked("santa", persona.load("santa"), own)
    assert cost_in_words(checked) == "llama3 at 127.0.0.1 costs nothing."


def test_a_check_counts_the_tools_and_names_those_that_do_not_exist(personas: Run, file: Path):
    without = json.loads(personas("check", file, "--json").stdout)["personas"][0]["tokens"]
    source = file.read_text("utf-8")
    file.write_text(f'tools = ["now", "fly"]\n{source}', "utf-8")
    [one] = json.loads(personas("check", file, "--json").stdout)["personas"]
    [of_tools] = [part["tokens"] for part in one["parts"] if part["part"] == "tools"]
    assert (one["tokens"], of_tools > 50) == (without + of_tools, True)
    [note] = one["notes"]
    assert note.startswith("tools: there is no fly; there are now, add_to_list,")
    assert "PARLEY_MCP_SERVERS" not in note


def test_a_check_names_the_setting_that_a_tool_of_an_mcp_server_needs(personas: Run, file: Path):
    file.write_text(f'tools = ["ideas__search"]\n{file.read_text("utf-8")}', "utf-8")
    [one] = json.loads(personas("check", file, "--json").stdout)["personas"]
    [note] = one["notes"]
    assert note.startswith("tools: there is no ideas__search; there are now,")
    assert "; for a tool of an MCP server, PARLEY_MCP_SERVERS must name the server ideas." in note
    listed = personas("check", file, "--json", PARLEY_MCP_SERVERS="ideas=https://mcp.example.org/mcp").stdout
    assert json.loads(listed)["personas"][0]["notes"] == []


def test_a_check_says_that_no_page_can_be_looked_up_without_a_host(personas: Run, file: Path):
    file.write_text(f'tools = ["look_up"]\n{file.read_text("utf-8")}', "utf-8")
    [one] = json.loads(personas("check", file, "--json").stdout)["personas"]
    assert one["notes"] == ["tools: look_up can read no page, because PARLEY_LOOK_UP_HOSTS has no host."]
    allowed = personas("check", file, "--json", PARLEY_LOOK_UP_HOSTS="ideas.example.org").stdout
    assert json.loads(allowed)["personas"][0]["notes"] == []
