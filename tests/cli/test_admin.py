import json
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest

from chalicelib.access.api_key import ApiKey
from chalicelib.access.budget import Reservation, Settlement
from chalicelib.access.entitlements import EntitlementService
from chalicelib.access.person import Access, Person
from chalicelib.clock import utc
from chalicelib.conversation.inbox_steps import Charge
from chalicelib.conversation.journal import OpenRound
from chalicelib.conversation.person_list import PersonList
from chalicelib.conversation.summary_ports import Summarised
from chalicelib.conversation.tool import ToolCall, ToolResult
from chalicelib.conversation.turn import Lease, Summary, Turn
from chalicelib.errors import ConversationBusy, StoreError, UnknownPerson
from chalicelib.ids import Channel, ConversationId, KeyId, PersonId
from chalicelib.operations.admin import Admin, Sort
from chalicelib.operations.export import person_as_json
from chalicelib.settings.stage import Settings
from tests.cli.chats import ANNA, BERT, Chats
from tests.contract.stores import fake_store
from tests.fakes.adapters import FakeClock
from tests.fakes.connections import NoLiveConnections

CARA = PersonId("messenger:1:9384")


@pytest.fixture
def chats() -> Chats:
    return Chats(fake_store(), FakeClock(), day="2026-11-20")


@pytest.fixture
def admin(chats: Chats) -> Admin:
    return Admin(
        people=chats.store.people,
        transcript=chats.store.transcript,
        journal=chats.store.journal,
        lists=chats.store.lists,
        entitlements=EntitlementService(chats.store.keys, Settings.from_env({"PARLEY_DAILY_LIMIT": "10"}).limits),
        connections=NoLiveConnections(),
        clock=chats.clock,
    )


@pytest.fixture
def three(chats: Chats) -> None:
    """Three people: Anna came first, asked most and was seen last; then came Bert, then Cara."""
    for person in (ANNA, BERT, CARA, ANNA):
        chats.answer(person)
        chats.clock.tick(minutes=1)


def listed(admin: Admin, sort: Sort, *, reverse: bool = False) -> list[PersonId]:
    return [standing.person.id for standing in admin.list(sort=sort, reverse=reverse)]


def standing(admin: Admin) -> tuple[Access, int | None, int | None]:
    """Return Anna's access, her own limit, and the limit that applies."""
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
def test_the_ids_are_those_of_the_list(admin: Admin):
    assert set(admin.ids()) == {standing.person.id for standing in admin.list()} == {ANNA, BERT, CARA}


@pytest.mark.usefixtures("three")
def test_an_export_has_the_messages_and_is_json(admin: Admin):
    document = admin.export(BERT)
    assert json.loads(json.dumps(document)) == document
    assert (document["person"], document["access"], document["quota"]) == (BERT, "default", {"2026-11-20": 1})
    assert (document["first_seen"], document["last_seen"]) == ("2026-11-20T12:01:00Z", "2026-11-20T12:01:00Z")
    (turn,) = document["turns"]
    assert (turn["text"], turn["answer"], turn["state"]) == ("What is new?", "Nothing.", "done")
    assert turn["time"] == "2026-11-20T12:01:00Z"


def test_an_export_has_what_the_bot_remembers_of_the_person_and_of_no_room(admin: Admin, chats: Chats):
    store, now = chats.store, chats.clock()
    chats.answer(ANNA)
    conversation = ConversationId(ANNA)
    store.facts.switch(ANNA, on=True, asked_at=now)
    store.facts.remember(ANNA, "My dog is called Rex.", source="turn-1", asked_at=now, now=now)
    store.facts.switch(ANNA, on=False, asked_at=now)
    lease = Lease(conversation, owner="", fence=0, arrivals=0, open_turns=0)
    settlement = Settlement(Reservation("2026-11-20", 0, 0), 0)
    made = Summary("Anna has a dog.", upto=now, at=now)
    expires_at = now // 1000 + 1000
    store.summaries.keep(
        Summarised(lease, made, settlement=settlement, channel=Channel.MESSENGER, expires_at=expires_at)
    )
    exported = admin.export(ANNA)
    assert exported["facts"] == [{"number": 1, "time": utc(now), "text": "My dog is called Rex."}]
    assert exported["summaries"] == [{"conversation": None, "time": utc(now), "text": "Anna has a dog."}]
    assert exported["memory_off"] is True
    assert exported["read_by_owner"] == []
    assert "Rex" not in json.dumps(person_as_json(store.people.get(ANNA) or Person(ANNA)))
    admin.forget(ANNA)
    assert store.people.get(ANNA) is None or not (store.people.get(ANNA) or Person(ANNA)).facts
    assert store.transcript.summary(conversation) is None


def test_an_export_has_what_tools_did_for_a_message(admin: Admin, chats: Chats):
    chats.receive()
    inbox, until = chats.store.inbox, chats.clock() + 60_000
    lease = inbox.take(ConversationId(ANNA), owner="w", now=chats.clock(), until=until)
    assert lease
    reserved = Reservation(chats.day, 0, 0)
    turn = inbox.load(lease, now=chats.clock()).open[0]
    inbox.charge(lease, Charge(turn, day=chats.day, limit=None, reserve=reserved), now=chats.clock(), until=until)
    asked = OpenRound((ToolCall("1", "bake", '{"what": "bread"}'), ToolCall("2", "taste", "{}")))
    chats.store.journal.begin(lease, replace(turn, model_calls=1), asked, Settlement(reserved, 0), until=until)
    chats.store.journal.end(lease, turn, 0, 0, ToolResult("Baked."), until=until)
    (exported,) = admin.export(ANNA)["turns"]
    assert exported["tools"] == [
        {"tool": "bake", "arguments": '{"what": "bread"}', "result": "Baked."},
        {"tool": "taste", "arguments": "{}", "result": None},
    ]


def test_an_export_has_the_lists_and_forgetting_deletes_them(admin: Admin, chats: Chats):
    for person in (ANNA, BERT):
        chats.answer(person)
        chats.store.lists.put(
            person, PersonList("wishes", (f"a bike for {person}",)), asked_at=chats.clock(), now=chats.clock()
        )
    assert admin.export(ANNA)["lists"] == {"wishes": [f"a bike for {ANNA}"]}
    admin.forget(ANNA)
    assert chats.store.lists.all(ANNA, now=chats.clock()) == []
    assert admin.export(BERT)["lists"] == {"wishes": [f"a bike for {BERT}"]}


def test_a_turn_that_waits_has_no_answer_yet(admin: Admin, chats: Chats):
    chats.receive()
    (turn,) = admin.export(ANNA)["turns"]
    assert (turn["state"], turn["answer"]) == ("queued", None)


@pytest.mark.usefixtures("three")
def test_forgetting_deletes_the_conversation_and_the_person(admin: Admin, chats: Chats):
    assert admin.forget(ANNA).turns == 2
    assert list(chats.store.transcript.turns(ConversationId(ANNA), now=0)) == []
    assert listed(admin, Sort.LAST_SEEN) == [CARA, BERT]
    assert ANNA not in admin.ids()


@pytest.mark.usefixtures("three")
def test_forgetting_is_no_way_round_the_limit(admin: Admin, chats: Chats):
    admin.forget(ANNA)
    chats.receive(ANNA)
    assert admin.show(ANNA).standing.used == 2


@pytest.mark.parametrize("method", ["show", "default", "forget"])
@pytest.mark.parametrize("forgotten", [False, True])
def test_of_who_never_wrote_or_is_forgotten_nothing_can_be_shown_or_undone(
    admin: Admin, chats: Chats, method: str, *, forgotten: bool
):
    if forgotten:
        chats.answer(ANNA)
        admin.forget(ANNA)
    before = chats.store.people.get(ANNA)
    with pytest.raises(UnknownPerson):
        getattr(admin, method)(ANNA)
    assert chats.store.people.get(ANNA) == before


@pytest.mark.parametrize("forgotten", [False, True])
def test_who_never_wrote_or_is_forgotten_can_be_blocked_or_granted_questions(
    admin: Admin, chats: Chats, *, forgotten: bool
):
    if forgotten:
        chats.answer(ANNA)
        admin.forget(ANNA)
    for decide, access, limit in (
        (admin.allow, Access.UNLIMITED, None),
        (lambda person: admin.limit(person, 3), Access.DEFAULT, 3),
        (admin.block, Access.BLOCKED, 0),
    ):
        decided = decide(ANNA)
        assert decided == admin.show(ANNA).standing == admin.standing(ANNA)
        assert (decided.person.access, decided.limit, decided.used) == (access, limit, int(forgotten))
        assert listed(admin, Sort.LAST_SEEN) == admin.ids() == [ANNA]
    assert listed(admin, Sort.LAST_SEEN) == [ANNA]
    admin.default(ANNA)
    assert admin.ids() == []


@pytest.mark.parametrize(
    "slip",
    [
        *("", "messenger", "messenger:1", "messenger:1:", "messenger::1", "messenger:1:2:3", "messenger:1:an na"),
        *("sms:1:2", "web:nosuchkeyx:anna", "room:1:2", "web:oidc", "MESSENGER:1:2", "messenger:1:anna\n"),
    ],
)
def test_nothing_is_decided_about_an_id_that_nobody_can_have(admin: Admin, chats: Chats, slip: str):
    for decide in (admin.allow, admin.block, admin.standing, lambda person: admin.limit(person, 3)):
        with pytest.raises(UnknownPerson):
            decide(PersonId(slip))
    assert list(chats.store.people.list()) == []


def test_visitors_of_a_key_and_who_signed_in_can_be_blocked_before_they_come(admin: Admin, chats: Chats):
    chats.store.keys.create(ApiKey(KeyId("shopshopsh"), "Shop", "digest", "web", created_at=0))
    for person in ("web:shopshopsh:visitor-1", "web:oidc:0123456789abcdef0123456789abcdef"):
        assert admin.block(PersonId(person)).person.access is Access.BLOCKED


def test_forget_during_an_answer_fails_and_deletes_nothing(admin: Admin, chats: Chats):
    chats.begin()
    with pytest.raises(ConversationBusy):
        admin.forget(ANNA)
    assert admin.show(ANNA).turns == 1


def test_a_person_just_forgotten_is_not_listed(admin: Admin, chats: Chats):
    chats.answer()
    people = chats.store.people

    class Lagging:
        """An index that still lists all people."""

        get, decide, forget = people.get, people.decide, people.forget
        leave, choose, give_model, speak = people.leave, people.choose, people.give_model, people.speak
        begin_to_forget, note_look = people.begin_to_forget, people.note_look

        def list(self) -> Iterator[Person]:
            return iter([known for person in (ANNA, BERT) if (known := people.get(person))])

    admin.forget(ANNA)
    chats.receive(BERT)
    lagging = replace(admin, people=Lagging())
    assert listed(lagging, Sort.LAST_SEEN) == [BERT]
    assert lagging.ids() == [BERT]


def test_an_interrupted_forget_can_be_repeated(admin: Admin, chats: Chats):
    chats.answer()
    people, failures = chats.store.people, [StoreError("gone")]

    class Faltering:
        get, decide, list = people.get, people.decide, people.list
        leave, choose, give_model, speak = people.leave, people.choose, people.give_model, people.speak
        begin_to_forget, note_look = people.begin_to_forget, people.note_look

        def forget(self, person: PersonId, **more: Any) -> bool:
            if failures:
                raise failures.pop()
            return people.forget(person, **more)

    faltering = replace(admin, people=Faltering())
    with pytest.raises(StoreError):
        faltering.forget(ANNA)
    faltering.forget(ANNA)
    with pytest.raises(UnknownPerson):
        admin.show(ANNA)


def test_that_an_owner_read_a_conversation_is_in_the_persons_export(admin: Admin, chats: Chats):
    chats.answer(ANNA)
    [turn] = admin.read(ANNA, by="")
    assert turn.text == "What is new?"
    assert admin.export(ANNA)["read_by_owner"] == [utc(chats.clock())]


def test_words_of_a_person_who_is_not_stored_cannot_be_read(admin: Admin):
    with pytest.raises(UnknownPerson):
        admin.read(ANNA, by="")


# Exports.


EXPORTED_PERSON = {
    "id": "person", "notified_day": "told_day", "notified_at": "told_at", "forgotten_at": "forgotten",
    "tap": None, "tapped_in": None, "looks": "read_by_owner",
}  # fmt: skip
"""Fields with another name in the document; None for marks by which the bot recognises a repetition."""
EXPORTED_TURN = {
    "conversation": "room", "at": "time", "reply": "answer", "rounds": "tools",
    "person": None, "place": None, "calls_before": None, "before": None,
    "hides_before": None, "drops_summary": None,
}  # fmt: skip


def test_every_field_of_a_person_and_of_a_turn_is_in_it(admin: Admin, chats: Chats):
    chats.answer(ANNA)
    document = json.loads(json.dumps(admin.export(ANNA)))
    for kind, named, found in ((Person, EXPORTED_PERSON, document), (Turn, EXPORTED_TURN, document["turns"][0])):
        names = (named.get(field.name, field.name) for field in fields(kind))
        assert [name for name in names if name and name not in found] == []
    assert document["schema"] == 1
    assert document["exported_at"].endswith("Z")
    assert document["forgotten"] is None


def test_after_forgetting_it_has_no_word_and_says_what_is_left(admin: Admin, chats: Chats):
    chats.answer(ANNA)
    admin.forget(ANNA)
    document = admin.export(ANNA)
    assert (document["turns"], document["facts"], document["lists"], document["summaries"]) == ([], [], {}, [])
    assert document["first_seen"] is None
    assert document["forgotten"]["until"]
    assert any("3 days" in kept for kept in document["forgotten"]["kept"])


def test_of_who_never_wrote_nothing_can_be_exported(admin: Admin):
    with pytest.raises(UnknownPerson):
        admin.export(ANNA)
