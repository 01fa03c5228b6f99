"""Tests that the owner's decisions apply to visitors of the web chat as to people on Messenger."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from click.testing import Result

from chalicelib.access import identity
from chalicelib.access.entitlements import EntitlementService
from chalicelib.access.person import Access
from chalicelib.errors import ConversationBusy
from chalicelib.ids import ConversationId, PersonId
from chalicelib.operations.admin import Admin
from chalicelib.settings.stage import Settings
from tests.cli.chats import ANNA, KITCHEN, OTHER_VISITOR, SHOP, VISITOR, Chats
from tests.contract.stores import Store, fake_store
from tests.fakes.adapters import FakeClock
from tests.fakes.connections import NoLiveConnections

Run = Callable[..., Result]


@pytest.fixture
def shop(chats: Chats) -> Chats:
    """Store chats of a person on Messenger, and of two visitors who write alone and in a room."""
    chats.store.keys.create(SHOP)
    chats.answer(ANNA)
    for visitor in (VISITOR, OTHER_VISITOR):
        chats.clock.tick(minutes=1)
        chats.answer(visitor, f"I am {visitor}")
        chats.clock.tick(seconds=1)
        chats.answer(visitor, f"I am {visitor} in the kitchen", room=KITCHEN)
    return chats


def kept(chats: Chats, person: PersonId, place: ConversationId) -> list[str]:
    turns = chats.store.transcript.turns(place, now=chats.clock())
    return [turn.text for turn in turns if turn.person == person]


def new_chats(store: Store) -> tuple[Chats, Admin]:
    chats = Chats(store, FakeClock(), day="2026-11-20")
    entitlements = EntitlementService(store.keys, Settings.from_env({"PARLEY_DAILY_LIMIT": "10"}).limits)
    return chats, Admin(
        store.people, store.transcript, store.journal, store.lists, entitlements, NoLiveConnections(), chats.clock
    )


@pytest.mark.usefixtures("shop")
def test_visitors_are_listed_with_the_limit_of_their_key(people: Run):
    listed = json.loads(people("list", "--json").output)["people"]
    limits = {entry["person"]: (entry["used_today"], entry["limit"]) for entry in listed}
    assert limits == {ANNA: (1, 10), VISITOR: (2, 3), OTHER_VISITOR: (2, 3)}


@pytest.mark.usefixtures("shop")
def test_a_visitor_is_shown_with_the_rooms_they_wrote_in(people: Run):
    shown = people("show", "r-7293").output
    assert VISITOR in shown
    assert "2/3" in shown
    assert "kitchen" in shown


@pytest.mark.usefixtures("shop")
def test_a_person_without_rooms_is_shown_without_rooms(people: Run):
    assert "rooms" not in people("show", ANNA).output


@pytest.mark.usefixtures("shop")
def test_everything_a_visitor_wrote_is_in_the_export_and_nothing_of_others(people: Run):
    document = json.loads(people("export", "r-7293").output)
    assert document["rooms"] == ["kitchen"]
    assert [(turn["room"], turn["text"]) for turn in document["turns"]] == [
        (None, f"I am {VISITOR}"),
        ("kitchen", f"I am {VISITOR} in the kitchen"),
    ]


def test_a_visitor_who_is_blocked_is_not_heard_any_more(people: Run, shop: Chats):
    assert people("block", VISITOR, "--yes").exit_code == 0
    known = shop.store.people.get(VISITOR)
    assert known
    assert known.access is Access.BLOCKED


def test_forgetting_a_visitor_deletes_what_they_wrote_in_rooms_and_leaves_the_others_words(people: Run, shop: Chats):
    assert people("forget", "r-7293", "--yes").exit_code == 0
    assert kept(shop, VISITOR, ConversationId(VISITOR)) == kept(shop, VISITOR, KITCHEN) == []
    assert kept(shop, OTHER_VISITOR, KITCHEN) == [f"I am {OTHER_VISITOR} in the kitchen"]
    assert people("show", VISITOR).exit_code == 3


def test_a_visitor_whose_message_waits_in_a_room_is_not_forgotten_and_loses_nothing():
    chats, admin = new_chats(fake_store())
    chats.answer(VISITOR)
    chats.receive(VISITOR, room=KITCHEN)
    with pytest.raises(ConversationBusy):
        admin.forget(VISITOR)
    assert admin.show(VISITOR).turns == 2


def test_an_answer_to_another_person_in_the_room_does_not_matter():
    chats, admin = new_chats(fake_store())
    chats.answer(VISITOR, room=KITCHEN)
    chats.receive(OTHER_VISITOR, room=KITCHEN)
    assert chats.store.inbox.take(KITCHEN, owner="w", now=chats.clock(), until=chats.clock() + 60_000)
    assert admin.forget(VISITOR).turns == 1
    assert kept(chats, VISITOR, KITCHEN) == []


def test_a_forgotten_person_who_writes_in_a_room_again_is_stored_with_it():
    chats, admin = new_chats(fake_store())
    chats.answer(VISITOR, room=KITCHEN)
    admin.forget(VISITOR)
    chats.receive(VISITOR, room=identity.room(VISITOR, "garden"))
    assert admin.export(VISITOR)["rooms"] == ["garden"]


def test_the_terms_of_a_key_are_read_once_for_all_its_visitors():
    chats, admin = new_chats(fake_store())
    chats.store.keys.create(SHOP)
    for number in range(20):
        chats.answer(identity.visitor(SHOP.id, f"visitor-{number}"))
    reads: list[str] = []

    class Counting:
        create, list, revoke = (
            chats.store.keys.create,
            chats.store.keys.list,
            chats.store.keys.revoke,
        )

        def get(self, key: str) -> object:
            reads.append(key)
            return chats.store.keys.get(SHOP.id)

    counting = EntitlementService(Counting(), admin.entitlements.limits)  # type: ignore[arg-type]
    listed = replace(admin, entitlements=counting).list()
    assert [standing.limit for standing in listed] == [3] * 20
    assert reads == [SHOP.id]


def test_a_blocked_visitors_message_leaves_no_room_behind():
    chats, admin = new_chats(fake_store())
    chats.answer(VISITOR)
    admin.block(VISITOR)
    chats.receive(VISITOR, room=KITCHEN)
    known = chats.store.people.get(VISITOR)
    assert known
    assert known.rooms == frozenset()
