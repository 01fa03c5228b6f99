"""Tests which people `people list` selects, and that visitors without a name are one row for each API key."""

import json
from collections.abc import Mapping

import pytest

from chalicelib.access import identity
from chalicelib.access.api_key import ApiKey
from chalicelib.access.person import Access
from chalicelib.ids import KeyId
from tests.cli.chats import ANNA, BERT, OTHER_VISITOR, SHOP, VISITOR, Chats, Copies
from tests.cli.conftest import Run

CLUB = ApiKey(KeyId("clubclubcl"), "Chess club", "1" * 64, "web", created_at=0)
MEMBER = identity.visitor(CLUB.id, "site-0123456789abcdef0123456789a")
GUEST = identity.visitor(CLUB.id, "guest-1")
SIGNED_IN = identity.signed_in("carla")
EVERYBODY: set[str] = {ANNA, BERT, VISITOR, OTHER_VISITOR, MEMBER, GUEST, SIGNED_IN}
WIDTH = 80


def meet(chats: Chats) -> None:
    """Two people on Messenger, two visitors of a shop, a customer and a guest of a club, and one who signed in."""
    chats.store.keys.create(SHOP)
    chats.store.keys.create(CLUB)
    for person in (SIGNED_IN, GUEST, MEMBER, OTHER_VISITOR, BERT, VISITOR, ANNA):
        chats.answer(person)
        chats.clock.tick(seconds=1)
    chats.answer(VISITOR)


@pytest.fixture
def crowd(chats: Chats, copies: Copies) -> Chats:
    copies.write(chats, meet)
    return chats


def found(people: Run, *options: str) -> set[str]:
    return {entry["person"] for entry in json.loads(people("list", "--json", *options).output)["people"]}


SELECTED: Mapping[str, set[str]] = {
    "": EVERYBODY,
    "--channel messenger": {ANNA, BERT},
    "--channel web": EVERYBODY - {ANNA, BERT},
    "--key shopshopsh": {VISITOR, OTHER_VISITOR},
    "--key shopsh": {VISITOR, OTHER_VISITOR},
    "--key shop": {VISITOR, OTHER_VISITOR},
    "--key oidc": {SIGNED_IN},
    "--key clubclubcl --channel web": {MEMBER, GUEST},
    "--key clubclubcl --channel messenger": set(),
}


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("options", SELECTED)
def test_people_are_selected_by_channel_and_by_api_key(people: Run, options: str):
    assert found(people, *options.split()) == SELECTED[options]


def test_people_are_selected_by_the_owners_decision(people: Run, crowd: Chats):
    crowd.store.people.decide(ANNA, Access.UNLIMITED, daily_limit=None)
    crowd.store.people.decide(BERT, Access.DEFAULT, daily_limit=0)
    crowd.store.people.decide(MEMBER, Access.BLOCKED, daily_limit=None)
    states = {state: found(people, "--access", state) for state in ("default", "limited", "unlimited", "blocked")}
    assert states == {
        "default": {VISITOR, OTHER_VISITOR, GUEST, SIGNED_IN},
        "limited": {BERT},
        "unlimited": {ANNA},
        "blocked": {MEMBER},
    }


def test_a_decision_about_a_person_who_has_not_written_or_is_forgotten_is_found(people: Run, crowd: Chats):
    crowd.store.people.decide(VISITOR, Access.UNLIMITED, daily_limit=None)
    people("forget", VISITOR, "--yes")
    people("forget", BERT, "--yes")
    new = identity.messenger_person("1", "2345678")
    people("limit", new, 5)
    assert found(people, "--access", "decision-only") == {VISITOR, new}
    assert found(people, "--access", "unlimited") == {VISITOR}
    assert found(people, "--access", "decision-only", "--channel", "messenger") == {new}
    assert VISITOR in people("list").output


@pytest.mark.usefixtures("crowd")
def test_an_unknown_key_is_an_error_that_names_the_list_of_keys(people: Run):
    unknown = people("list", "--key", "nothing-of-that")
    assert (unknown.exit_code, unknown.stdout) == (3, "")
    assert unknown.stderr == "Error: there is no key with that id: see scripts/parley keys list --stage dev\n"
    short = people("list", "--key", "shops")
    assert (short.exit_code, short.stdout) == (2, "")


def test_people_of_a_key_that_is_no_longer_stored_are_still_found(people: Run, chats: Chats):
    chats.answer(VISITOR)
    assert found(people, "--key", SHOP.id) == {VISITOR}


def test_visitors_without_a_name_are_one_row_where_the_first_of_them_would_be(people: Run, crowd: Chats):
    crowd.store.keys.create(ApiKey(KeyId("barebarebr"), "Bare", "2" * 64, "web", created_at=0))
    lines = people("list").output.splitlines()
    rows = [line.split("  ")[0] for line in lines[2:8]]
    assert rows == ["shopshopsh: 2 visitors", ANNA, BERT, MEMBER, GUEST, SIGNED_IN]
    assert lines[2].split()[3:5] == ["default", "3"]
    assert lines[-3:] == [
        "Visitors without a name are summed up for each key; --key shows each of them.",
        "",
        "page 1 of 1, 7 people",
    ]
    assert max(map(len, lines)) <= WIDTH


@pytest.mark.usefixtures("crowd")
def test_each_visitor_is_a_row_for_a_program_and_where_the_key_is_given(people: Run):
    listed = people("list", "--key", "shop").output
    assert VISITOR in listed
    assert OTHER_VISITOR in listed
    assert "summed up" not in listed


def test_a_visitor_with_a_decision_keeps_a_row(people: Run, crowd: Chats):
    third = identity.visitor(SHOP.id, "visitor-7295")
    crowd.answer(third)
    crowd.store.people.decide(third, Access.BLOCKED, daily_limit=None)
    listed = people("list").output
    assert third in listed
    assert "shopshopsh: 2 visitors" in listed
    assert "8 people" in listed


def test_a_visitor_with_a_model_of_their_own_keeps_a_row(people: Run, crowd: Chats):
    crowd.store.people.give_model(VISITOR, "gpt-6-sol")
    crowd.answer(identity.visitor(SHOP.id, "visitor-7295"))
    listed = people("list").output
    assert VISITOR in listed
    assert "shopshopsh: 2 visitors" in listed


def test_many_visitors_take_one_place_of_a_page_and_each_is_counted(people: Run, chats: Chats):
    chats.store.keys.create(SHOP)
    for number in range(4):
        chats.answer(identity.visitor(SHOP.id, f"visitor-{number}"))
    chats.clock.tick(seconds=1)
    chats.receive(ANNA)
    output = people("list", "--page-size", 2).output
    assert ANNA in output
    assert "shopshopsh: 4 visitors" in output
    assert output.endswith("page 1 of 1, 5 people\n")


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_sum_fits_a_narrow_terminal(run: Run, crowd: Chats, width: int):
    crowd.store.people.decide(ANNA, Access.DEFAULT, daily_limit=100_000)
    lines = run("people", "list", COLUMNS=str(width)).output.splitlines()
    assert any(line.startswith("shopshopsh: 2 visitors") for line in lines)
    assert [line for line in lines if len(line) > width and not line.startswith(tuple(EVERYBODY))] == []


def test_a_decision_without_a_default_limit_says_so(people: Run, crowd: Chats):
    crowd.store.people.decide(GUEST, Access.BLOCKED, daily_limit=None)
    assert people("default", GUEST).output == f"{GUEST} has the default limit now, no limit of their own.\n"


def test_a_limit_of_none_a_day_is_not_shown_as_no_limit(people: Run, crowd: Chats):
    crowd.store.people.decide(ANNA, Access.DEFAULT, daily_limit=0)
    shown = people("show", ANNA).output
    assert "limit 0" in shown
    assert "1/0" in shown
