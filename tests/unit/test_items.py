from dataclasses import replace
from datetime import UTC, datetime

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.access.person import Access, Person
from chalicelib.aws.dynamodb import items, keys, person_items
from chalicelib.conversation.turn import (
    Choice,
    IncomingMessage,
    Lease,
    Received,
    Reply,
    Turn,
    TurnState,
    message_digest,
    turn_id,
)
from chalicelib.ids import Channel, ConnectionId, ConversationId, KeyId, PersonId

NOW = 1_795_176_000_000
MESSAGE = IncomingMessage(
    id="m_1",
    channel=Channel.MESSENGER,
    conversation=ConversationId("messenger:1:2"),
    person=PersonId("messenger:1:2"),
    at=NOW,
    text="Hello?",
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
times = st.integers(0, 10**13 - 1)
messages = st.builds(
    IncomingMessage,
    id=texts,
    channel=st.just(Channel.MESSENGER),
    conversation=texts.map(lambda text: ConversationId(f"messenger:1:{text}")),
    person=texts.map(lambda text: PersonId(f"messenger:1:{text}")),
    at=times,
    text=texts,
    attachments=st.lists(texts, max_size=3).map(tuple),
    place=st.integers(0, 2**80 - 1),
    received=st.none()
    | st.builds(Received, times, texts.map(ConnectionId), st.none() | st.integers(1, 10**6), st.booleans()),
)
replies = st.builds(
    Reply, text=texts, footer=texts, choices=st.lists(st.builds(Choice, texts, texts), max_size=2).map(tuple)
)


def _stored(item: items.Item) -> items.Item:
    """What DynamoDB gives back."""
    to, back = TypeSerializer().serialize, TypeDeserializer().deserialize
    return {name: back(to(value)) for name, value in item.items()}


@given(messages)
def test_a_message_comes_back_from_the_table_as_a_queued_turn(message: IncomingMessage):
    turn = items.turn(_stored(items.queued_item(message, now=NOW)))
    assert turn == Turn(
        id=turn_id(message),
        conversation=message.conversation,
        person=message.person,
        at=message.at,
        state=TurnState.QUEUED,
        text=message.text,
        attachments=message.attachments,
        place=message.place,
        received=message.received,
    )


def test_a_turn_of_a_former_version_comes_back_without_place_and_attempts():
    item = items.queued_item(MESSAGE, now=NOW)
    del item["place"]
    found = items.turn(_stored(item))
    assert (found.place, found.deliveries) == (0, 0)


@given(message=messages, reply=replies)
def test_an_answer_comes_back_from_the_table_whole(message: IncomingMessage, reply: Reply):
    item = {**items.queued_item(message, now=NOW), **items.answered_values(reply)}
    found = items.turn(_stored(item))
    assert (found.reply, found.state, found.deliveries) == (reply, TurnState.ANSWERED, 1)


@given(message=messages)
def test_a_turn_that_stands_for_lost_messages_keeps_no_words(message: IncomingMessage):
    item = _stored(items.overflow_item(message, now=NOW))
    assert items.turn(item) == replace(
        items.turn(items.queued_item(message, now=NOW)), text="", attachments=(), overflow=True
    )


@given(earlier=times, later=times, ids=st.tuples(texts, texts))
def test_turns_sort_by_the_time_they_were_sent(earlier: int, later: int, ids: tuple[str, str]):
    earlier, later = sorted((earlier, later))
    first, second = (
        keys.turn_key(MESSAGE.conversation, turn_id(replace(MESSAGE, at=at, id=mid)))["sk"]
        for at, mid in zip((earlier, later), ids, strict=True)
    )
    assert earlier == later or first < second


@given(message=messages)
def test_every_delivery_of_a_message_has_the_same_id_and_another_message_another(message: IncomingMessage):
    again = replace(message, text="Something else", attachments=("image",), place=message.place + 1)
    assert turn_id(message) == turn_id(again)
    assert turn_id(message) != turn_id(replace(message, id=message.id + "x"))
    assert turn_id(message) != turn_id(replace(message, at=message.at + 1))


@given(messages)
def test_a_message_id_is_kept_as_a_digest_only(message: IncomingMessage):
    ids = (turn_id(message), keys.seen_key(message)["sk"])
    assert all(one.endswith(message_digest(message.id)) for one in ids)
    assert len(message_digest(message.id)) == 64


@given(texts)
def test_a_conversation_is_found_again_from_its_key(name: str):
    conversation = ConversationId(name)
    assert keys.conversation_of(keys.conversation_key(conversation)["pk"]) == conversation


def test_different_things_have_different_keys():
    turn = turn_id(MESSAGE)
    all_keys = [
        keys.person_key(MESSAGE.person),
        keys.conversation_key(MESSAGE.conversation),
        keys.turn_key(MESSAGE.conversation, turn),
        keys.seen_key(MESSAGE),
        keys.alert_key("model"),
        keys.alert_key("channel"),
        keys.deletion_key("a"),
        keys.deletion_key("b"),
        keys.spend_key("2026-11-20"),
        keys.spend_key("2026-11-21"),
        keys.api_key_key(KeyId("a")),
        keys.api_key_key(KeyId("b")),
        keys.tickets_key(KeyId("a"), "b", hour="2026-11-20T12"),
        keys.tickets_key(KeyId("a"), "b", hour="2026-11-20T13"),
    ]
    assert len({(key["pk"], key["sk"]) for key in all_keys}) == len(all_keys)


def test_a_turn_is_kept_for_thirty_days():
    assert items.queued_item(MESSAGE, now=NOW)["expires_at"] == NOW // 1000 + 30 * 24 * 60 * 60


def test_a_days_costs_are_kept_for_four_hundred_days():
    midnight = datetime(2026, 11, 20, tzinfo=UTC).timestamp()
    assert items.spend_expires_at("2026-11-20") == midnight + 400 * 24 * 60 * 60


def test_a_person_of_whom_nothing_is_noted_is_like_everybody():
    key = keys.person_key(MESSAGE.person)
    assert person_items.person({**key}) == Person(MESSAGE.person)


def test_all_that_is_noted_of_a_person_comes_back():
    noted = {
        "access": "unlimited",
        "daily_limit": 0,
        "quota": {"2026-11-20": 3},
        "told_day": "2026-11-20",
        "told_at": NOW,
        "announced": True,
        "first_seen": NOW,
        "last_seen": NOW + 1,
        "rooms": {"room:shopshopsh:kitchen"},
    }
    found = person_items.person(_stored({**keys.person_key(MESSAGE.person), **noted}))
    assert found == Person(
        MESSAGE.person,
        access=Access.UNLIMITED,
        daily_limit=0,
        quota={"2026-11-20": 3},
        notified_day="2026-11-20",
        notified_at=NOW,
        announced=True,
        first_seen=NOW,
        last_seen=NOW + 1,
        rooms=frozenset({ConversationId("room:shopshopsh:kitchen")}),
    )


def test_a_lease_comes_back_as_plain_numbers():
    item = {
        **keys.conversation_key(MESSAGE.conversation),
        "arrivals": 4,
        "open_turns": 2,
        "history_from": 5,
        "paused_until": 6,
        "due_at": 7,
    }
    found = items.lease(_stored(item), owner="one", fence=3)
    assert found == Lease(
        MESSAGE.conversation, "one", fence=3, arrivals=4, open_turns=2, history_from=5, paused_until=6, due_at=7
    )
    assert type(found.arrivals) is int
