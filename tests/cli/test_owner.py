import json
import re
from functools import partial

import pytest

from chalicelib.access.handles import handle_of
from chalicelib.access.pairing import CODE_LIFE_MS
from chalicelib.access.retention import COUNTS_KEPT_S
from chalicelib.ids import PersonId
from tests.cli.chats import ANNA, BERT, Chats
from tests.cli.conftest import BOT, Run

WIDTH = 80


@pytest.fixture
def owner(run: Run) -> Run:
    return partial(run, "owner")


def pair(chats: Chats, owner: Run, person: PersonId = ANNA) -> None:
    typed = json.loads(owner("pair", "--json").stdout)["text"]
    pairing = chats.store.owners.try_code(now=chats.clock())
    assert pairing
    assert pairing.fits(typed.removeprefix("/owner "))
    assert chats.store.owners.pair(person, pairing, now=chats.clock())


def test_pair_prints_what_to_send_and_stores_no_code(owner: Run, chats: Chats):
    shown = owner("pair")
    [code] = re.findall(r"/owner ([2-9A-Z]{4}-[2-9A-Z]{4})\n", shown.output)
    pairing = chats.store.owners.try_code(now=chats.clock())
    assert pairing
    assert pairing.fits(code)
    assert "within 10 minutes" in shown.output
    assert abs(pairing.expires_at - chats.clock() - CODE_LIFE_MS) < 60_000
    assert max(map(len, shown.output.splitlines())) <= WIDTH


def test_a_second_code_takes_the_place_of_the_first(owner: Run, chats: Chats):
    first, second = (json.loads(owner("pair", "--json").stdout)["text"] for _ in range(2))
    pairing = chats.store.owners.try_code(now=chats.clock())
    assert pairing
    assert [pairing.fits(each.removeprefix("/owner ")) for each in (first, second)] == [False, True]


@pytest.mark.usefixtures("deployed")
def test_a_page_of_the_web_chat_is_made_for_an_owner(owner: Run, chats: Chats):
    shown = owner("pair", "--web")
    [key] = chats.store.keys.list()
    assert f"  {BOT}/chat?config={key.id}\n" in shown.output
    assert (key.for_owner, key.daily_messages, key.is_open, key.origins) == (True, None, False, ())
    assert key.digest not in shown.output


def test_before_a_deployment_there_is_no_page_and_no_key_is_made(owner: Run, chats: Chats):
    refused = owner("pair", "--web")
    assert (refused.exit_code, list(chats.store.keys.list())) == (1, [])
    assert "scripts/parley deploy --stage dev" in refused.output


def test_a_stage_without_messenger_says_what_to_do_instead(owner: Run):
    refused = owner("pair", PARLEY_CHANNELS="web")
    assert refused.exit_code == 1
    assert "scripts/parley owner pair --web --stage dev" in refused.output


def test_a_stage_without_a_web_chat_has_no_page(owner: Run):
    assert owner("pair", "--web", PARLEY_CHANNELS="messenger").exit_code == 1


def test_without_owners_the_list_says_how_to_become_one(owner: Run):
    assert "scripts/parley owner pair --stage dev" in owner("list").output
    assert json.loads(owner("list", "--json").stdout) == {"owners": []}


def test_owners_are_listed_by_their_handles(owner: Run, chats: Chats):
    pair(chats, owner, BERT)
    pair(chats, owner, ANNA)
    listed = owner("list").output
    assert all(f"{handle_of(each)}  Messenger, since " in listed for each in (ANNA, BERT))
    assert listed.endswith("\n2 owners\n")
    assert {each["person"] for each in json.loads(owner("list", "--json").stdout)["owners"]} == {ANNA, BERT}


def test_an_owner_is_removed_by_the_handle(owner: Run, chats: Chats):
    pair(chats, owner)
    removed = owner("remove", handle_of(ANNA), "--yes")
    assert removed.stdout == f"{handle_of(ANNA)} is no owner any more.\n"
    assert "The others could not be notified" in removed.stderr  # there is no function here
    assert chats.store.owners.list() == []
    assert not chats.store.people.get(ANNA).is_owner  # type: ignore[union-attr]


def test_what_is_left_of_an_owner_who_was_forgotten_expires_once_they_are_removed(owner: Run, chats: Chats):
    pair(chats, owner)
    chats.answer(ANNA)
    chats.store.people.forget(ANNA, now=chats.clock())
    assert owner("remove", handle_of(ANNA), "--yes").exit_code == 0
    assert list(chats.store.people.list()) == []
    chats.store.expire(chats.clock() + (COUNTS_KEPT_S + 60) * 1000)
    assert chats.store.people.get(ANNA) is None


def test_an_owner_is_not_blocked_but_removed(owner: Run, run: Run, chats: Chats):
    pair(chats, owner)
    refused = run("people", "block", handle_of(ANNA), "--yes")
    assert refused.exit_code == 2
    assert f"scripts/parley owner remove {handle_of(ANNA)} --stage dev" in refused.stderr
    owner("remove", handle_of(ANNA), "--yes")
    assert run("people", "block", ANNA, "--yes").exit_code == 0


def test_removing_asks_first(owner: Run, chats: Chats):
    pair(chats, owner)
    assert owner("remove", handle_of(ANNA), answer="n\n").exit_code == 1
    assert owner("remove", handle_of(ANNA), "--json").exit_code == 2
    assert len(chats.store.owners.list()) == 1
    assert owner("remove", handle_of(ANNA), answer="y\n").exit_code == 0


@pytest.mark.parametrize("person", ["deadbeef", BERT, "4711"])
def test_who_is_no_owner_cannot_be_removed(owner: Run, chats: Chats, person: str):
    pair(chats, owner)
    refused = owner("remove", person, "--yes")
    assert refused.exit_code == 3
    assert "owner list --stage dev" in refused.stderr
    assert len(chats.store.owners.list()) == 1


def test_an_owner_is_among_the_people_even_before_they_write(run: Run, owner: Run, chats: Chats):
    pair(chats, owner)
    assert handle_of(ANNA) in run("people", "show", ANNA).output


def test_the_list_of_people_and_one_person_say_who_is_an_owner(owner: Run, run: Run, chats: Chats):
    chats.receive(ANNA)
    pair(chats, owner)
    assert f"{ANNA}  owner" in run("people", "list").output
    assert re.search(r"^access +owner$", run("people", "show", ANNA).output, re.MULTILINE)
