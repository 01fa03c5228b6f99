"""`parley people pause` and `resume`."""

import json

from chalicelib.access.handles import handle_of
from chalicelib.access.pauses import UNTIL_RESUMED
from tests.cli.chats import ANNA, BERT, Chats
from tests.cli.conftest import Run


def test_a_person_is_paused_by_their_handle_and_resumed(people: Run, chats: Chats):
    chats.answer(ANNA)
    shown = people("pause", handle_of(ANNA), "--hours", 2)
    assert shown.output.startswith(f"{ANNA} is not answered until 20")
    assert f"\nTo end it: scripts/parley people resume {ANNA} --stage dev\n" in shown.output
    assert people("resume", ANNA).output.split() == f"{ANNA} is answered again, from the next message on.".split()
    assert people("resume", ANNA).output == f"{ANNA} is not paused.\n"


def test_all_are_paused_until_the_owner_resumes(people: Run, chats: Chats):
    assert people("pause", "all").output.startswith("The bot answers no questions. Functions that are running already")
    assert chats.store.pauses.until() == UNTIL_RESUMED
    assert people("resume", "all").output.startswith("The bot answers questions again.")
    assert people("resume", "all").output == "There is no pause of all.\n"


def test_programs_get_when_a_pause_ends(people: Run, chats: Chats):
    chats.answer(ANNA)
    assert json.loads(people("pause", ANNA, "--json").output)["paused_until"].endswith("Z")
    assert json.loads(people("pause", "all", "--json").output) == {"person": "all", "paused_until": None}
    assert json.loads(people("resume", "all", "--json").output) == {"person": "all", "resumed": True}


def test_nobody_is_paused_who_has_not_written(people: Run, chats: Chats):
    chats.answer(ANNA)
    refused = people("pause", BERT)
    assert (refused.exit_code, "there is no person with that id" in refused.output) == (3, True)


def test_hours_are_bounded(people: Run, chats: Chats):
    assert people("pause", "all", "--hours", 721).exit_code == 2
