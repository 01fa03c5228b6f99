import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chalicelib.access.handles import handle_of
from chalicelib.access.person import Access
from chalicelib.ids import Channel, PersonId
from scripts.cli.commands import parley
from tests.cli.chats import ANNA, BERT, PAGE_ID, Chats
from tests.cli.conftest import ENVIRONMENT, Run

WIDTH = 80


def columns(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def values(shown: str) -> list[str]:
    """Return the lines of `people show` before the command that it names."""
    return shown.partition("\n\n")[0].splitlines()


def test_an_empty_list_says_so_in_words(people: Run):
    assert people("list").output == "There are no people yet. They appear here after their first message.\n"


def test_a_list_without_a_match_says_so_in_words(people: Run, chats: Chats):
    chats.receive()
    assert people("list", "--access", "blocked").output == "There are no people with --access blocked.\n"


def test_the_list_shows_who_may_ask_how_much_and_was_seen_when(people: Run, chats: Chats):
    today = datetime.now(UTC)
    chats.clock.tick(hours=-2)
    chats.answer(BERT)
    chats.store.people.decide(BERT, Access.UNLIMITED, daily_limit=None)
    chats.clock.tick(hours=2)
    chats.answer(ANNA)
    chats.store.people.decide(ANNA, Access.DEFAULT, daily_limit=5)
    head, names, anna, bert, _, footer = people("list").output.splitlines()
    assert columns(head) == ["used", "first", "last"]
    assert columns(names) == ["person", "access", "today", "seen", "seen"]
    assert columns(anna) == [ANNA, "limit 5", "1/5", f"{today.day} {today:%b}", "now"]
    two_hours_ago = today - timedelta(hours=2)
    assert columns(bert) == [BERT, "unlimited", "1", f"{two_hours_ago.day} {two_hours_ago:%b}", "2 h ago"]
    assert footer == "page 1 of 1, 2 people"


def test_the_list_fits_80_columns_and_keeps_ids_whole(people: Run, chats: Chats):
    longest = PersonId("messenger:12345678901234567:12345678901234567")
    for person in (ANNA, BERT, longest):
        chats.clock.tick(days=-400)
        chats.answer(person)
        chats.store.people.decide(person, Access.DEFAULT, daily_limit=100_000)
    output = people("list").output
    assert all(person in output for person in (ANNA, BERT, longest))
    assert max(map(len, output.splitlines())) <= WIDTH


@pytest.mark.parametrize("width", [40, 60, 80])
def test_ids_stay_whole_in_a_narrow_terminal(run: Run, chats: Chats, width: int):
    signed_in = PersonId(f"web:oidc:{'0123456789abcdef' * 4}")
    for person in (ANNA, signed_in):
        chats.receive(person)
        chats.store.people.decide(person, Access.DEFAULT, daily_limit=100_000)
    for arguments in (["list"], ["show", ANNA], ["show", signed_in]):
        lines = values(run("people", *arguments, COLUMNS=str(width)).output)
        assert [
            line for line in lines if len(line) > width and not line.split()[-1].startswith((ANNA, signed_in))
        ] == []
        assert any(person in line for line in lines for person in (ANNA, signed_in))
    assert run("people", "list", COLUMNS=str(width)).output.count("limit 100000") == 2


def test_the_list_comes_in_pages(people: Run, chats: Chats):
    for number in range(5):
        chats.clock.tick(seconds=1)
        chats.receive(PersonId(f"messenger:1:{number}"))
    output = people("list", "--page", 3, "--page-size", 2).output
    assert "messenger:1:0" in output
    assert "messenger:1:1" not in output
    assert output.endswith("page 3 of 3, 5 people\n")
    beyond = people("list", "--page", 4, "--page-size", 2)
    assert (beyond.exit_code, beyond.stderr) == (2, "Error: there is no page 4: the last page is 3\n")


def test_a_program_gets_the_list_as_one_document(people: Run, chats: Chats):
    chats.answer()
    seen = f"{datetime.fromtimestamp(chats.clock() / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
    assert json.loads(people("list", "--json").output) == {
        "people": [
            {
                "person": ANNA,
                "handle": handle_of(ANNA),
                "access": "default",
                "daily_limit": None,
                "model": None,
                "quota": {chats.day: 1},
                "told_day": None,
                "told_at": None,
                "announced": False,
                "first_seen": seen,
                "last_seen": seen,
                "rooms": [],
                "memory_off": False,
                "invites": {},
                "by_invite": False,
                "invited_persona": None,
                "limit": 10,
                "used_today": 1,
            }
        ],
        "page": 1,
        "pages": 1,
        "total": 1,
    }


def test_a_program_gets_all_people_unless_it_asks_for_pages(people: Run, chats: Chats):
    for number in range(45):
        chats.receive(PersonId(f"messenger:1:{number}"))

    def found(*options: object) -> tuple[int, ...]:
        document = json.loads(people("list", "--json", *options).output)
        return len(document["people"]), document["page"], document["pages"], document["total"]

    assert found() == (45, 1, 1, 45)
    assert found("--page-size", 10) == (10, 1, 5, 45)
    assert found("--page", 3) == (5, 3, 3, 45)
    assert found("--access", "blocked") == (0, 1, 1, 0)
    assert len(people("list").output.splitlines()) == 24


def test_an_empty_list_is_a_document_too(people: Run):
    assert json.loads(people("list", "--json").output) == {"people": [], "page": 1, "pages": 1, "total": 0}


def test_markup_and_emoji_in_an_id_are_shown_unchanged(people: Run, chats: Chats):
    odd = PersonId("messenger:[bold]:smile:")
    chats.receive(odd)
    assert odd in people("list").output
    assert odd in people("show", odd).output


def test_dates_are_in_the_owners_zone(run: Run, chats: Chats):
    chats.receive()
    assert "(Pacific/Auckland), now" in run("people", "show", ANNA, PARLEY_TIMEZONE="Pacific/Auckland").output


def test_one_person_is_shown_whole(people: Run, chats: Chats):
    chats.answer()
    chats.answer()
    lines = {name: value for name, value, *_ in map(columns, values(people("show", ANNA).output))}
    assert lines["person"] == ANNA
    assert lines["access"] == "default"
    assert lines["used today"] == "2/10"
    assert lines["used on"] == chats.day
    assert lines["stored turns"] == "2"
    assert json.loads(people("show", ANNA, "--json").output)["stored_turns"] == 2


@pytest.mark.parametrize("name", [ANNA, ANNA.rpartition(":")[2], ANNA[-6:], ANNA[-20:]])
def test_a_person_may_be_named_whole_or_by_a_part_of_the_id(people: Run, chats: Chats, name: str):
    chats.receive(ANNA)
    chats.receive(BERT)
    assert people("block", name, "--yes").output == f"{ANNA} is now blocked.\n"


ONE_PERSON: tuple[tuple[str, ...], ...] = (
    ("show",),
    ("allow",),
    ("default",),
    ("block", "--yes"),
    ("forget", "--yes"),
    ("export",),
)


@pytest.mark.parametrize("command", ONE_PERSON, ids=" ".join)
@pytest.mark.parametrize("slip", ["a", "na", "nna", "hans"])
def test_a_slip_that_is_part_of_an_id_acts_on_no_person(people: Run, chats: Chats, command: tuple[str, ...], slip: str):
    hans_anna = PersonId(f"messenger:{PAGE_ID}:hans-anna")
    chats.receive(hans_anna)
    result = people(command[0], slip, *command[1:])
    line = f'Error: "{slip}" is too short: give at least 6 characters of the id. It matches {hans_anna}\n'
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", line)
    assert chats.store.people.get(hans_anna)


@pytest.mark.parametrize("answer", ["n\n", "\n", "no\n"])
def test_blocking_asks_first_and_names_the_person(people: Run, chats: Chats, answer: str):
    chats.receive()
    refused = people("block", ANNA[-6:], answer=answer)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert f"Block {ANNA}? The bot will not answer them. [y/N]: " in refused.stderr
    assert refused.stderr.endswith("Error: the person was not blocked\n")
    assert json.loads(people("show", ANNA, "--json").output)["access"] == "default"
    assert people("block", ANNA[-6:], answer="y\n").stdout == f"{ANNA} is now blocked.\n"


@pytest.mark.parametrize(
    ("command", "nothing"), [("block", "the person was not blocked"), ("forget", "nothing was deleted")]
)
def test_a_script_without_a_terminal_learns_that_it_needs_yes(people: Run, chats: Chats, command: str, nothing: str):
    chats.receive()
    result = people(command, ANNA, answer="")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith(f"\nError: {nothing}, as there is no terminal to ask in: add --yes\n")
    assert people("show", ANNA).exit_code == 0


def test_a_program_must_be_sure_to_block(people: Run, chats: Chats):
    chats.receive()
    refused = people("block", ANNA, "--json")
    assert (refused.exit_code, refused.stderr) == (2, "Error: --json cannot ask for confirmation: add --yes\n")
    assert json.loads(people("block", ANNA, "--json", "--yes").output)["access"] == "blocked"


def test_an_ambiguous_id_lists_the_matches(people: Run, chats: Chats):
    people_of_one_end = [PersonId(f"messenger:{number}:77") for number in range(7)]
    for person in people_of_one_end:
        chats.receive(person)
    result = people("block", "77", "--yes")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith('Error: "77" matches messenger:')
    assert result.stderr.endswith(" and 2 more: give more of the id\n")


@pytest.mark.parametrize(
    ("arguments", "now_so"),
    [
        (["allow", ANNA], "has no daily limit now."),
        (["limit", ANNA, 5], "may now ask 5 questions a day."),
        (["limit", ANNA, 1], "may now ask 1 question a day."),
        (["default", ANNA], "has the default limit now, 10 a day."),
        (["block", ANNA], "is now blocked."),
    ],
)
def test_a_decision_says_what_is_now_so(people: Run, chats: Chats, arguments: list[object], now_so: str):
    arguments += ["--yes"] if "block" in arguments else []
    chats.receive()
    assert people(*arguments).output == f"{ANNA} {now_so}\n"
    document = json.loads(people(*arguments, "--json").output)
    known = chats.store.people.get(ANNA)
    assert known
    assert (document["access"], document["daily_limit"]) == (known.access.value, known.daily_limit)


@pytest.mark.parametrize("number", ["-1", "100001", "five", "1.5", "", "٣", "9" * 5000])
def test_a_limit_that_is_no_whole_number_in_range_is_refused(people: Run, number: str):
    result = people("limit", ANNA, number)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith(" is not a valid limit: give a whole number from 0 to 100000\n")


def test_a_person_may_have_a_model_of_their_own(people: Run, chats: Chats):
    chats.receive()
    refused = people("model", ANNA, "gpt-6-sol")
    assert (refused.exit_code, refused.stderr) == (2, "Error: gpt-6-sol is not in PARLEY_MODELS, which has none\n")
    given = people("model", ANNA, "gpt-6-sol", PARLEY_MODELS="gpt-6-sol,gpt-5.4-mini")
    assert given.output == f"{ANNA} is answered by gpt-6-sol from now on.\n"
    assert "model          gpt-6-sol" in people("show", ANNA).output
    assert json.loads(people("export", ANNA).output)["model"] == "gpt-6-sol"
    assert people("model", ANNA, "default").output == f"{ANNA} is answered by the usual model again.\n"
    assert "gpt-6-sol" not in people("show", ANNA).output


@pytest.mark.parametrize("command", ["default", "show", "export", "forget --yes"])
def test_a_person_who_never_wrote_is_unknown(people: Run, command: str):
    _is_unknown(people(*command.split(), ANNA))


NOT_SEEN = "No message from that id is stored: check that it is right."


def test_a_person_who_never_wrote_can_be_blocked(people: Run):
    asked = people("block", ANNA, answer="n\n")
    assert f"Block {ANNA}? The bot will not answer them. {NOT_SEEN} [y/N]: " in asked.stderr
    assert people("block", ANNA, "--yes").output == f"{ANNA} is now blocked.\n{NOT_SEEN}\n"
    shown = {name: value for name, value, *_ in map(columns, values(people("show", ANNA).output))}
    assert (shown["access"], shown["first seen"], shown["last seen"]) == ("blocked", "never", "never")
    _, _, row, _, _ = people("list", "--access", "blocked").output.splitlines()
    assert columns(row) == [ANNA, "blocked", "0", "never", "never"]
    assert people("default", ANNA[-6:]).exit_code == 0
    assert people("show", ANNA).exit_code == 3


def test_a_person_who_never_wrote_can_be_granted_questions(people: Run):
    assert people("allow", ANNA).output == f"{ANNA} has no daily limit now.\n{NOT_SEEN}\n"
    assert people("limit", ANNA, 3).output == f"{ANNA} may now ask 3 questions a day.\n{NOT_SEEN}\n"
    assert json.loads(people("block", ANNA, "--yes", "--json").output)["first_seen"] is None


@pytest.mark.parametrize("name", ["messenger:1", "web:shopshopsh:nobody", "messenger:1:"])
def test_nobody_is_asked_about_an_id_that_cannot_exist(people: Run, name: str):
    _is_unknown(people("block", name))


@pytest.mark.parametrize("name", ["29384", "", "x", "nobody", ":", "web:shopshopsh:nobody"])
def test_a_part_that_matches_no_id_is_unknown(people: Run, name: str):
    _is_unknown(people("block", name))


def _is_unknown(result: Result) -> None:
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "Error: there is no person with that id: see scripts/parley people list --stage dev\n"


def test_forgetting_asks_first(people: Run, chats: Chats):
    chats.answer()
    refused = people("forget", ANNA, answer="n\n")
    assert refused.exit_code == 1
    assert f"{ANNA}: 1 stored turn.\n" in refused.stderr
    assert refused.stderr.endswith("Error: nothing was deleted\n")
    agreed = people("forget", ANNA, answer="y\n")
    assert (agreed.exit_code, agreed.stdout) == (0, f"Everything stored about {ANNA} is deleted.\n")
    assert people("show", ANNA).exit_code == 3


def test_forgetting_says_which_decision_stays(people: Run, chats: Chats):
    chats.answer()
    people("block", ANNA, "--yes")
    asked = people("forget", ANNA, answer="n\n")
    assert f"To unblock them later: scripts/parley people default {ANNA} --stage dev\n" in asked.stderr
    assert people("forget", ANNA, "--yes").output == f"Everything stored about {ANNA} is deleted; the block stays.\n"
    assert people("default", ANNA).exit_code == 0
    assert people("default", ANNA).exit_code == 3


@pytest.mark.parametrize("decision", [("allow",), ("limit", 7), ("block", "--yes")])
def test_a_decision_about_somebody_who_sent_forget_is_still_seen_and_changed_by_the_last_part_of_the_id(
    people: Run, chats: Chats, decision: tuple[object, ...]
):
    chats.answer()
    command, *more = decision
    people(command, ANNA, *more)
    chats.store.people.forget(ANNA, now=chats.clock())
    last = ANNA.rpartition(":")[2]
    assert ANNA in people("list").output
    assert people("show", last).exit_code == 0
    assert people("limit", last, 3).output == f"{ANNA} may now ask 3 questions a day.\n"
    assert people("default", last).output == f"{ANNA} has the default limit now, 10 a day.\n"
    assert people("list").output.startswith("There are no people yet.")
    assert people("show", last).exit_code == 3


def test_once_a_decision_is_undone_nothing_stays_of_somebody_who_sent_forget(people: Run, chats: Chats):
    chats.answer()
    people("allow", ANNA)
    chats.store.people.forget(ANNA, now=chats.clock())
    people("default", ANNA)
    chats.store.expire(chats.clock() + timedelta(days=4) // timedelta(milliseconds=1))
    assert chats.store.people.get(ANNA) is None


def test_a_program_must_be_sure_to_forget(people: Run, chats: Chats):
    chats.answer()
    refused = people("forget", ANNA, "--json")
    assert (refused.exit_code, refused.stderr) == (2, "Error: --json cannot ask for confirmation: add --yes\n")
    assert json.loads(people("forget", ANNA, "--json", "--yes").output) == {
        "person": ANNA,
        "forgotten": True,
        "deleted_turns": 1,
        "access": "default",
        "daily_limit": None,
    }


def test_a_person_cannot_be_forgotten_during_an_answer(people: Run, chats: Chats):
    chats.begin()
    result = people("forget", ANNA, "--yes")
    assert result.exit_code == 1
    assert result.stderr == "Error: a message of this person is being answered; try again in a minute\n"


def test_an_export_goes_to_standard_output(people: Run, chats: Chats):
    chats.answer(text="Grüße ✨")
    document = json.loads(people("export", ANNA).stdout_bytes.decode())
    assert [turn["text"] for turn in document["turns"]] == ["Grüße ✨"]


def test_json_is_utf_8_whatever_the_terminals_encoding_is(chats: Chats):
    chats.answer(text="Grüße ✨")
    result = CliRunner(charset="latin-1").invoke(parley, ["people", "export", ANNA], env=ENVIRONMENT)
    assert json.loads(result.stdout_bytes.decode())["turns"][0]["text"] == "Grüße ✨"


def test_an_export_may_go_to_a_file_that_only_the_owner_reads(people: Run, chats: Chats, tmp_path: Path):
    chats.answer()
    file = tmp_path / "anna.json"
    assert people("export", ANNA, "--output", file).output == f"Everything stored about {ANNA} is in {file}.\n"
    assert json.loads(file.read_text())["person"] == ANNA
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_exists_is_not_overwritten_unless_asked(people: Run, chats: Chats, tmp_path: Path):
    chats.answer()
    file = tmp_path / "anna.json"
    file.write_text("precious")
    file.chmod(0o644)
    refused = people("export", ANNA, "--output", file)
    line = f"Error: {file} exists already: choose another name, or add --overwrite\n"
    assert (refused.exit_code, refused.stdout, refused.stderr) == (2, "", line)
    assert file.read_text() == "precious"
    assert people("export", ANNA, "--output", file, "--overwrite").exit_code == 0
    assert json.loads(file.read_text())["person"] == ANNA
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["link", "folder", "/dev/null"])
def test_what_is_no_file_is_never_overwritten(people: Run, chats: Chats, tmp_path: Path, name: str):
    chats.answer()
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    (tmp_path / "folder").mkdir()
    assert people("export", ANNA, "--output", tmp_path / name).exit_code == (
        0 if name == "/dev/null" else 2 - (name == "folder")
    )
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_file_is_meant_from_where_the_command_was_called(run: Run, chats: Chats, tmp_path: Path):
    chats.answer()
    run("people", "export", ANNA, "--output", "anna.json", PARLEY_CALLED_FROM=str(tmp_path))
    assert (tmp_path / "anna.json").exists()


def test_a_file_that_cannot_be_written_is_one_line(people: Run, chats: Chats, tmp_path: Path):
    chats.answer()
    result = people("export", ANNA, "--output", tmp_path / "no" / "anna.json")
    assert result.exit_code == 1
    assert result.stderr.endswith("anna.json cannot be written: No such file or directory\n")
    assert len(result.stderr.splitlines()) == 1


def test_every_channel_can_be_named_whole(people: Run):
    assert {people("show", f"{channel}:{PAGE_ID}:1").exit_code for channel in Channel} == {3}


def test_a_person_can_be_named_by_the_handle_that_show_prints(people: Run, chats: Chats):
    chats.receive(ANNA)
    chats.receive(BERT)
    assert f"handle         {handle_of(ANNA)}" in people("show", ANNA).output
    assert people("block", handle_of(ANNA), "--yes").output == f"{ANNA} is now blocked.\n"
    assert chats.store.people.get(ANNA).access is Access.BLOCKED  # type: ignore[union-attr]


def test_a_handle_of_nobody_is_refused(people: Run, chats: Chats):
    chats.receive(ANNA)
    refused = people("block", handle_of(BERT), "--yes")
    assert refused.exit_code == 3
