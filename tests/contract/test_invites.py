"""The contract of `access.invites.Invites`."""

from dataclasses import replace

import pytest

from chalicelib.access.invites import Grant, Invite, Redeemed
from chalicelib.access.person import Access
from chalicelib.conversation.ports import Accepted
from chalicelib.ids import InviteId, PersonId
from tests.contract.story import ANNA, BERT, Story
from tests.contract.test_races import at_once

FREE = Grant(Access.UNLIMITED)
TEN = Grant(Access.DEFAULT, 10)
FLYER = InviteId("flyerfly")


def invite(story: Story, **values: object) -> Invite:
    made = Invite(FLYER, "Flyer", "0" * 64, FREE, uses=2, created_at=story.clock(), expires_at=story.clock() + 60_000)
    return replace(made, **values)  # type: ignore[arg-type]


@pytest.fixture
def flyer(story: Story) -> Invite:
    """Anna and Bert have written, and there is an invite for two."""
    story.accept()
    story.accept(story.message(person=BERT))
    made = invite(story)
    assert story.store.invites.create(made)
    return made


def redeem(story: Story, made: Invite, person: PersonId = ANNA, grant: Grant = FREE) -> Redeemed:
    return story.store.invites.redeem(made, story.known(person), grant, now=story.clock())


def stored(story: Story) -> Invite:
    found = story.store.invites.get(FLYER)
    assert found
    return found


@pytest.mark.parametrize("grant", [FREE, TEN, Grant(Access.DEFAULT, 0), Grant()])
@pytest.mark.parametrize("persona", ["", "santa"])
def test_an_invite_is_stored_as_it_was_made(story: Story, grant: Grant, persona: str):
    made = invite(story, grant=grant, persona=persona)
    assert story.store.invites.get(FLYER) is None
    assert story.store.invites.create(made)
    assert (stored(story), list(story.store.invites.list())) == (made, [made])


def test_there_is_one_invite_of_an_id(story: Story, flyer: Invite):
    assert not story.store.invites.create(replace(flyer, name="Other"))
    assert stored(story).name == "Flyer"


def test_invites_are_listed_in_the_order_of_their_ids(story: Story):
    for each in ("c", "a", "b"):
        story.store.invites.create(invite(story, id=InviteId(each * 8)))
    assert [found.id for found in story.store.invites.list()] == ["aaaaaaaa", "bbbbbbbb", "cccccccc"]


def test_who_uses_an_invite_has_what_it_gives_and_it_is_counted(story: Story, flyer: Invite):
    assert redeem(story, replace(flyer, persona="santa")) is Redeemed.NOW
    known = story.known()
    assert (known.access, known.daily_limit, known.by_invite) == (Access.UNLIMITED, None, True)
    assert (known.invites, known.invited_persona) == ({FLYER: story.clock()}, "santa")
    assert stored(story).used == 1


def test_a_limit_is_given_as_a_limit(story: Story, flyer: Invite):
    redeem(story, flyer, grant=TEN)
    assert (story.known().access, story.known().daily_limit) == (Access.DEFAULT, 10)


def test_an_invite_that_only_counts_decides_nothing(story: Story, flyer: Invite):
    redeem(story, flyer, grant=Grant())
    known = story.known()
    assert (known.access, known.daily_limit, known.by_invite, len(known.invites)) == (Access.DEFAULT, None, False, 1)


def test_a_person_uses_an_invite_once(story: Story, flyer: Invite):
    before = story.known()
    assert redeem(story, flyer) is Redeemed.NOW
    assert redeem(story, flyer) is Redeemed.CHANGED
    assert story.store.invites.redeem(flyer, before, FREE, now=story.clock()) is Redeemed.CHANGED
    assert stored(story).used == 1


def test_a_person_may_use_several_invites(story: Story, flyer: Invite):
    other = invite(story, id=InviteId("otheroth"))
    story.store.invites.create(other)
    redeem(story, flyer, grant=TEN)
    assert redeem(story, other) is Redeemed.NOW
    assert (set(story.known().invites), story.known().access) == ({flyer.id, other.id}, Access.UNLIMITED)
    assert story.known().daily_limit is None


def test_an_invite_has_as_many_uses_as_it_was_made_for(story: Story, flyer: Invite):
    carl = PersonId("messenger:1:carl")
    story.accept(story.message(person=carl))
    assert [redeem(story, flyer, person) for person in (ANNA, BERT)] == [Redeemed.NOW] * 2
    assert redeem(story, flyer, carl) is Redeemed.NOT_VALID
    assert (story.known(carl).access, story.known(carl).invites) == (Access.DEFAULT, {})
    assert stored(story).used == 2


def test_an_invite_that_has_expired_or_is_revoked_gives_nothing(story: Story, flyer: Invite):
    story.clock.tick(minutes=1)
    assert redeem(story, flyer) is Redeemed.NOT_VALID
    story.clock.tick(minutes=-1)
    assert story.store.invites.revoke(FLYER, now=story.clock())
    assert redeem(story, flyer) is Redeemed.NOT_VALID
    assert (story.known().access, stored(story).used) == (Access.DEFAULT, 0)


def test_a_revoked_invite_keeps_its_time_and_is_listed(story: Story, flyer: Invite):
    at = story.clock()
    assert story.store.invites.revoke(FLYER, now=at)
    assert story.store.invites.revoke(FLYER, now=at + 1)
    assert stored(story).revoked_at == at
    assert not story.store.invites.revoke(InviteId("nosuchin"), now=at)


def test_an_invite_stays_when_it_has_expired_so_that_its_people_can_be_counted(story: Story, flyer: Invite):
    story.clock.tick(days=400)
    story.store.expire(story.clock())
    assert stored(story) == flyer


@pytest.mark.parametrize(("access", "limit"), [(Access.BLOCKED, None), (Access.UNLIMITED, None), (Access.DEFAULT, 3)])
def test_what_the_owner_decides_meanwhile_stays(story: Story, flyer: Invite, access: Access, limit: int | None):
    before = story.known()
    story.store.people.decide(ANNA, access, daily_limit=limit)
    assert story.store.invites.redeem(flyer, before, FREE, now=story.clock()) is Redeemed.CHANGED
    assert (story.known().access, story.known().daily_limit, stored(story).used) == (access, limit, 0)


def test_a_decision_of_the_owner_replaces_what_an_invite_gave(story: Story, flyer: Invite):
    redeem(story, flyer)
    story.store.people.decide(ANNA, Access.DEFAULT, daily_limit=3)
    assert (story.known().daily_limit, story.known().by_invite, len(story.known().invites)) == (3, False, 1)
    redeem(story, flyer, BERT)
    story.store.people.decide(BERT, Access.DEFAULT, daily_limit=None)
    assert (story.known(BERT).access, story.known(BERT).by_invite) == (Access.DEFAULT, False)


def test_forgetting_deletes_which_invite_it_was(story: Story, flyer: Invite):
    redeem(story, replace(flyer, persona="santa"))
    story.store.people.forget(ANNA, now=story.clock())
    known = story.known()
    assert (known.invites, known.invited_persona, known.access) == ({}, "", Access.UNLIMITED)


def test_what_an_invite_gave_outlives_the_counts(story: Story, flyer: Invite):
    redeem(story, flyer)
    story.clock.tick(days=400)
    story.store.expire(story.clock())
    assert story.accept() is Accepted.QUEUED
    assert story.known().access is Access.UNLIMITED


def test_of_many_who_come_at_once_no_more_get_in_than_may(story: Story, flyer: Invite):
    people = [PersonId(f"messenger:1:guest-{number}") for number in range(8)]
    for person in people:
        story.accept(story.message(person=person))
    results = at_once(len(people), lambda index: redeem(story, flyer, people[index]))
    assert sorted(result.value for result in results) == ["not_valid"] * 6 + ["now"] * 2
    assert stored(story).used == 2
    assert sum(story.known(person).access is Access.UNLIMITED for person in people) == 2


def test_the_same_link_opened_twice_at_once_counts_once(story: Story, flyer: Invite):
    before = story.known()
    results = at_once(4, lambda _: story.store.invites.redeem(flyer, before, FREE, now=story.clock()))
    assert sorted(result.value for result in results) == ["changed"] * 3 + ["now"]
    assert stored(story).used == 1


def test_no_secret_is_in_a_repr(story: Story):
    assert "0" * 64 not in repr(invite(story))
