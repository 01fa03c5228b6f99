import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.access import identity
from chalicelib.ids import Channel, ConversationId, KeyId, PersonId

SHOP, BLOG = KeyId("shopshopsh"), KeyId("blogblogbl")
ANNA = identity.visitor(SHOP, "anna")
names = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)
keys = st.from_regex(r"[a-z0-9]{10}", fullmatch=True).map(KeyId)


@pytest.mark.parametrize("name", ["a", "Anna.M_1-2", "0" * 64, "...", "-"])
def test_visitors_and_rooms_are_called_by_plain_names(name: str):
    assert identity.is_name(name)


@pytest.mark.parametrize("name", ["", "a" * 65, "a b", "a:b", "a#b", "zoë", "a\n", "\n", "٣", "a/b", "\u017f", "\x00"])
def test_nothing_else_is_a_name(name: str):
    assert not identity.is_name(name)


@given(st.text(st.characters()))
def test_every_text_is_a_name_or_is_refused(text: str):
    assert identity.is_name(text) == bool(re.fullmatch(r"[A-Za-z0-9._-]{1,64}", text))


def test_people_are_named_by_where_they_write_and_who_vouches_for_them():
    assert identity.messenger_person("4711", "anna") == "messenger:4711:anna"
    assert ANNA == "web:shopshopsh:anna"


@given(keys, names)
def test_a_visitors_name_tells_channel_and_key(key: KeyId, name: str):
    person = identity.visitor(key, name)
    assert (identity.channel_of(person), identity.key_of(person)) == (Channel.WEB, key)


@pytest.mark.parametrize("psid", ["anna", "a:b", "web:shopshopsh:x", ""])
def test_no_messenger_user_has_a_key(psid: str):
    person = identity.messenger_person("shopshopsh", psid)
    assert (identity.channel_of(person), identity.key_of(person)) == (Channel.MESSENGER, None)


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_subject_always_has_the_same_id_and_no_other_subject_has_it(subject: str, other: str):
    person = identity.signed_in(subject)
    assert person == identity.signed_in(subject)
    assert (person == identity.signed_in(other)) == (subject == other)
    assert (identity.channel_of(person), identity.key_of(person)) == (Channel.WEB, None)


issuers = st.sampled_from(["https://a.example", "https://a.example/", "https://b.example"])


@given(st.tuples(issuers, st.text(min_size=1)), st.tuples(issuers, st.text(min_size=1)))
def test_a_subject_is_one_person_at_each_issuer(one: tuple[str, str], other: tuple[str, str]):
    people = [identity.signed_in(subject, issuer=issuer) for issuer, subject in (one, other)]
    assert (people[0] == people[1]) == (one == other)
    assert identity.signed_in(one[1]) not in people


def test_the_id_of_a_person_who_signed_in_before_is_as_it_was():
    assert identity.signed_in("anna") == "web:oidc:55579b557896d0ce1764c47fed644f9b"


def test_the_id_of_a_signed_in_person_does_not_reveal_their_subject():
    assert re.fullmatch("web:oidc:[0-9a-f]{32}", identity.signed_in("anna@example.org"))


@given(keys, names)
def test_no_visitor_of_a_key_is_taken_for_a_user_who_signed_in(key: KeyId, name: str):
    assert identity.visitor(key, name) != identity.signed_in(name)
    assert identity.key_of(identity.visitor(key, name)) is not None


def test_alone_with_the_bot_a_person_is_in_no_room():
    assert identity.conversation_of(ANNA) == ConversationId(ANNA)
    assert identity.room_of(identity.conversation_of(ANNA)) is None
    assert identity.room_of(ConversationId(identity.messenger_person("room", "x"))) is None


@given(names)
def test_a_rooms_name_tells_its_name(name: str):
    assert identity.room_of(identity.room(ANNA, name)) == name


@given(keys, names, names)
def test_a_room_is_shared_by_all_users_of_a_key_and_no_others(key: KeyId, name: str, visitor: str):
    here = identity.room(ANNA, name)
    assert here == identity.room(identity.visitor(SHOP, visitor), name)
    assert (here == identity.room(identity.visitor(key, visitor), name)) == (key == SHOP)
    assert here != identity.room(identity.signed_in(visitor), name)


def test_those_who_signed_in_share_rooms():
    assert identity.room(identity.signed_in("anna"), "r") == identity.room(identity.signed_in("bert"), "r")


@given(keys, names, names)
def test_no_room_is_a_conversation_of_a_single_user(key: KeyId, visitor: str, name: str):
    person = identity.visitor(key, visitor)
    assert identity.room(person, name) != identity.conversation_of(person)


@given(names, names)
def test_a_pseudonym_tells_people_apart_and_nothing_else(one: str, other: str):
    shown = identity.pseudonym(identity.visitor(SHOP, one))
    assert re.fullmatch("[0-9a-f]{8}", shown)
    assert (shown == identity.pseudonym(identity.visitor(SHOP, other))) == (one == other)
    assert shown != identity.pseudonym(PersonId(identity.visitor(BLOG, one)))
