import pytest

from chalicelib.access import handles, identity
from chalicelib.ids import PersonId

ANNA, BERT = PersonId("messenger:4711:anna"), PersonId("messenger:4711:bert")


def test_a_handle_is_short_always_the_same_and_shows_nothing_of_the_id():
    handle = handles.handle_of(ANNA)
    assert handle == handles.handle_of(ANNA) == identity.pseudonym(ANNA)
    assert len(handle) == 8
    assert "anna" not in handle


def test_the_beginning_of_a_handle_names_its_person():
    whole = handles.handle_of(ANNA)
    assert handles.matching(whole, [BERT, ANNA]) == handles.matching(whole[:4], [BERT, ANNA]) == [ANNA]


def test_everybody_whose_handle_begins_so_is_found_in_the_given_order():
    many = [PersonId(f"messenger:4711:{number}") for number in range(20_000)]
    found = handles.matching(handles.handle_of(many[0])[:4], many)
    assert many[0] == found[0]
    assert all(handles.handle_of(person).startswith(handles.handle_of(many[0])[:4]) for person in found)


@pytest.mark.parametrize("text", ["", "abc", "ABCD", "xyzw", "abcd1234e", "٣٣٣٣", "messenger:4711:anna"])
def test_other_texts_name_nobody(text: str):
    assert not handles.is_handle(text)
    assert handles.matching(text, [ANNA, BERT]) == []
