import json
from collections.abc import Iterator

import pytest

from chalicelib.access.entitlements import EntitlementService
from chalicelib.access.person import Access, Person
from chalicelib.errors import ConversationBusy, StoreError, UnknownPerson
from chalicelib.ids import ConversationId, PersonId
from chalicelib.operations.admin import Admin, Sort
from chalicelib.settings import Settings
from tests.cli.page import ANNA, BERT, Page
from tests.contract.stores import fake_store
from tests.fakes.adapters import FakeClock

CARA = PersonId("messenger:1:9384")


@pytest.fixture
def page() -> Page:
    return Page(fake_store(), FakeClock(), day="2026-11-20")


@pytest.fixture
def admin(page: Page) -> Admin:
    return Admin(
        people=page.store.people,
        transcript=page.store.transcript,
        entitlements=EntitlementService(page.store.keys, Settings.from_env({"PARLEY_DAILY_LIMIT": "10"}).limits),
        clock=page.clock,
    )


@pytest.fixture
def three(page: Page) -> None:
    """Anna came first and asks most, Bert came second, Cara came last; Anna was seen last."""
    for person in (ANNA, BERT, CARA, ANNA):
        page.answers(person)
        page.clock.tick(minutes=1)


def listed(admin: Admin, sort: Sort, *, reverse: bool = False, access: Access | None = None) -> list[PersonId]:
    return [standing.person.id for standing in admin.list(sort=sort, reverse=reverse, access=access)]


def standing(admin: Admin) -> tuple[Access, int | None, int | None]:
    """Anna's access, her own limit, and the limit that applies."""
    now = admin.show(ANNA).standing
    return now.person.access, now.person.daily_limit, now.limit


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.LAST_SEEN, [ANNA, CARA, BERT]),
        (Sort.FIRST_SEEN, [CARA, BERT, ANNA]),
        (Sort.USED, [ANNA, CARA, BERT]),
        (Sort.ACCESS, [BERT, CARA, ANNA]),
    ],
)
def test_people_are_listed_in_the_order_asked_for(admin: Admin, sort: Sort, expected: list[PersonId]):
    admin.block(BERT)
    admin.limit(ANNA, 0)
    assert listed(admin, sort) == expected
    assert listed(admin, sort, reverse=True) == expected[::-1]


@pytest.mark.usefixtures("three")
def test_the_list_can_be_limited_to_one_kind_of_access(admin: Admin):
    admin.allow(BERT)
    admin.limit(CARA, 5)
    assert listed(admin, Sort.LAST_SEEN, access=Access.UNLIMITED) == [BERT]
    assert listed(admin, Sort.LAST_SEEN, access=Access.DEFAULT) == [ANNA, CARA]
    assert listed(admin, Sort.LAST_SEEN, access=Access.BLOCKED) == []


@pytest.mark.usefixtures("three")
def test_each_decision_replaces_the_one_before(admin: Admin):
    assert standing(admin) == (Access.DEFAULT, None, 10)
    assert admin.limit(ANNA, 3) == admin.show(ANNA).standing
    assert standing(admin) == (Access.DEFAULT, 3, 3)
    assert admin.allow(ANNA) == admin.show(ANNA).standing
    assert standing(admin) == (Access.UNLIMITED, None, None)
    assert admin.limit(ANNA, 0) == admin.show(ANNA).standing
    assert standing(admin) == (Access.DEFAULT, 0, 0)
    assert admin.block(ANNA) == admin.show(ANNA).standing
    assert standing(admin) == (Access.BLOCKED, None, 0)
    assert admin.default(ANNA) == admin.show(ANNA).standing
    assert standing(admin) == (Access.DEFAULT, None, 10)


@pytest.mark.usefixtures("three")
def test_a_user_is_found_by_the_end_of_their_id(admin: Admin):
    assert admin.find("7561029385") == [BERT]
    assert admin.find("nobody") == []


@pytest.mark.usefixtures("three")
def test_a_whole_last_part_of_an_id_matches_before_mere_endings(admin: Admin):
    assert set(admin.find("384")) == {ANNA, CARA}
    assert admin.find("9384") == [CARA]


@pytest.mark.usefixtures("three")
def test_an_export_has_the_messages_and_is_json(admin: Admin):
    document = admin.export(BERT)
    assert json.loads(json.dumps(document)) == document
    assert (document["person"], document["access"], document["quota"]) == (BERT, "default", {"2026-11-20": 1})
    assert (document["first_seen"], document["last_seen"]) == ("2026-11-20T12:01:00Z", "2026-11-20T12:01:00Z")
    (turn,) = document["turns"]
    assert (turn["text"], turn["answer"], turn["state"]) == ("What is new?", "Nothing.", "done")
    assert turn["time"] == "2026-11-20T12:01:00Z"


def test_a_turn_that_waits_has_no_answer_yet(admin: Admin, page: Page):
    page.hears()
    (turn,) = admin.export(ANNA)["turns"]
    assert (turn["state"], turn["answer"]) == ("queued", None)


@pytest.mark.usefixtures("three")
def test_forgetting_deletes_the_conversation_and_the_person(admin: Admin, page: Page):
    assert admin.forget(ANNA).turns == 2
    assert list(page.store.transcript.turns(ConversationId(ANNA), now=0)) == []
    assert listed(admin, Sort.LAST_SEEN) == [CARA, BERT]
    assert admin.find(ANNA) == []


@pytest.mark.usefixtures("three")
def test_forgetting_is_no_way_round_the_limit(admin: Admin, page: Page):
    admin.forget(ANNA)
    page.hears(ANNA)
    assert admin.show(ANNA).standing.used == 2


@pytest.mark.parametrize("method", ["show", "allow", "default", "block", "forget", "export"])
@pytest.mark.parametrize("forgotten", [False, True])
def test_nothing_can_be_shown_or_decided_about_an_unknown_or_forgotten_user(
    admin: Admin, page: Page, method: str, *, forgotten: bool
):
    if forgotten:
        page.answers(ANNA)
        admin.forget(ANNA)
    before = page.store.people.get(ANNA)
    with pytest.raises(UnknownPerson):
        getattr(admin, method)(ANNA)
    assert page.store.people.get(ANNA) == before


def test_a_user_who_is_being_answered_cannot_be_forgotten_and_loses_nothing(admin: Admin, page: Page):
    page.begins()
    with pytest.raises(ConversationBusy):
        admin.forget(ANNA)
    assert admin.show(ANNA).turns == 1


def test_a_forgotten_user_is_not_listed_while_the_index_lags(admin: Admin, page: Page):
    page.answers()
    people = page.store.people

    class Lagging:
        """An index that still has all users."""

        get, announce, decide, forget = people.get, people.announce, people.decide, people.forget

        def list(self) -> Iterator[Person]:
            return iter([known for person in (ANNA, BERT) if (known := people.get(person))])

    admin.forget(ANNA)
    page.hears(BERT)
    lagging = Admin(Lagging(), page.store.transcript, admin.entitlements, page.clock)
    assert listed(lagging, Sort.LAST_SEEN) == [BERT]
    assert lagging.find("384") == []


def test_a_user_who_was_forgotten_in_part_can_be_forgotten_again(admin: Admin, page: Page):
    page.answers()
    people, failures = page.store.people, [StoreError("gone")]

    class Faltering:
        get, announce, decide, list = people.get, people.announce, people.decide, people.list

        def forget(self, person: PersonId, *, now: int) -> None:
            if failures:
                raise failures.pop()
            people.forget(person, now=now)

    faltering = Admin(Faltering(), page.store.transcript, admin.entitlements, page.clock)
    with pytest.raises(StoreError):
        faltering.forget(ANNA)
    faltering.forget(ANNA)
    with pytest.raises(UnknownPerson):
        admin.show(ANNA)
