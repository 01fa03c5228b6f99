from dataclasses import replace

import pytest

from chalicelib.access import invites
from chalicelib.access.invites import Grant, Invite, InviteState
from chalicelib.access.person import Access, Person
from chalicelib.ids import InviteId, PersonId

NOW = 1_000_000
ANNA = Person(PersonId("messenger:1:anna"))
FREE, TEN, FIVE, NOTHING = Grant(Access.UNLIMITED), Grant(Access.DEFAULT, 10), Grant(Access.DEFAULT, 5), Grant()
FLYER = Invite(InviteId("flyerfly"), "Flyer", "", FREE, uses=2, created_at=0, expires_at=NOW + 1)


def test_a_code_names_its_invite_and_only_its_own_secret_fits():
    code, other = invites.new_code(lambda count: bytes(range(count))), invites.new_code(bytes)
    assert invites.CODE.fullmatch(code.text)
    assert invites.id_in(code.text) == code.id
    made = replace(FLYER, id=code.id, digest=code.digest)
    assert invites.matches(made, code.text)
    assert not invites.matches(made, other.text)
    assert not invites.matches(made, code.id + other.text[8:])
    assert code.text not in repr(code) + repr(made)


@pytest.mark.parametrize("code", ["", "a" * 31, "a" * 33, "A" * 32, "1" * 32, "a" * 31 + "é", "a" * 32 + "\n"])
def test_what_has_not_the_form_of_a_code_names_no_invite(code: str):
    assert invites.id_in(code) is None


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, InviteState.OPEN),
        ({"used": 1}, InviteState.OPEN),
        ({"used": 2}, InviteState.USED_UP),
        ({"expires_at": NOW}, InviteState.EXPIRED),
        ({"revoked_at": 1, "used": 2, "expires_at": NOW}, InviteState.REVOKED),
    ],
)
def test_an_invite_says_why_it_cannot_be_used(changed: dict[str, int], expected: InviteState):
    assert invites.state(replace(FLYER, **changed), now=NOW) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize("grant", [FREE, TEN, NOTHING])
def test_a_new_person_gets_what_the_invite_gives(grant: Grant):
    assert invites.granted(replace(FLYER, grant=grant), ANNA) == grant


@pytest.mark.parametrize("grant", [FREE, TEN, NOTHING])
@pytest.mark.parametrize(
    "decided", [{"access": Access.BLOCKED}, {"access": Access.UNLIMITED}, {"daily_limit": 3}, {"daily_limit": 0}]
)
def test_what_the_owner_decided_about_a_person_stays_whatever_the_invite_gives(
    grant: Grant, decided: dict[str, object]
):
    assert invites.granted(replace(FLYER, grant=grant), replace(ANNA, **decided)) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "grant", "after"),
    [
        (TEN, FREE, FREE),
        (FREE, TEN, FREE),
        (TEN, FIVE, TEN),
        (FIVE, TEN, TEN),
        (TEN, NOTHING, TEN),
        (FREE, NOTHING, FREE),
    ],
)
def test_a_second_invite_gives_more_or_leaves_what_there_is(before: Grant, grant: Grant, after: Grant):
    invited = replace(ANNA, access=before.access, daily_limit=before.daily_limit, by_invite=True)
    assert invites.granted(replace(FLYER, grant=grant), invited) == after
