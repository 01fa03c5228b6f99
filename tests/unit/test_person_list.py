"""How a list changes, and what the tools say of it."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from chalicelib.conversation.person_list import MAX_ITEMS, MAX_LISTS, ListFull, NotOnList, PersonList
from chalicelib.conversation.tool_ports import Caller
from chalicelib.ids import ConversationId, PersonId, TurnId
from chalicelib.tools.person_list import add_to_list, remove_from_list, show_list
from chalicelib.tools.tool import Tool, ToolFailed, WrongArguments
from tests.fakes.adapters import NOON
from tests.fakes.person_lists import FakePersonLists

ANNA = PersonId("messenger:1:anna")
BERT = PersonId("messenger:1:bert")
KEY = "a" * 64


def caller(person: PersonId = ANNA, key: str = KEY, *, is_room: bool = False) -> Caller:
    return Caller(person, ConversationId(person), TurnId("1#a"), is_room, NOON, ZoneInfo("UTC"), key, 20.0)


@pytest.fixture
def lists() -> FakePersonLists:
    return FakePersonLists()


def items(lists: FakePersonLists, person: PersonId = ANNA, name: str = "wishes") -> tuple[str, ...]:
    return lists.get(person, name, now=NOON).items


def test_items_are_added_at_the_end_and_removed_whatever_their_case():
    found = PersonList("wishes").with_item("a bike", key="1").with_item("a sled", key="2")
    assert found.items == ("a bike", "a sled")
    assert found.without_item(" A BIKE", key="3").items == ("a sled",)


def test_an_item_is_on_the_list_once():
    found = PersonList("wishes").with_item("a bike", key="1")
    assert found.with_item("A bike", key="2") == found


def test_a_change_is_made_once_for_its_key_even_after_others():
    added = PersonList("wishes").with_item("a bike", key=KEY)
    removed = added.without_item("a bike", key="b" * 64)
    assert removed.with_item("a bike", key=KEY) == removed
    again = removed.with_item("a bike", key="c" * 64)
    assert again.items == ("a bike",)
    assert again.without_item("a bike", key="b" * 64) == again


def test_what_is_not_on_the_list_cannot_be_removed():
    with pytest.raises(NotOnList):
        PersonList("wishes", ("a bike",)).without_item("a sled", key="1")


def test_a_full_list_takes_no_more():
    full = PersonList("wishes", tuple(str(number) for number in range(MAX_ITEMS)))
    with pytest.raises(ListFull):
        full.with_item("one more", key="1")
    assert full.with_item("7", key="1") == full


def test_the_keys_that_are_remembered_are_bounded():
    found = PersonList("wishes")
    for number in range(500):
        found = found.with_item("a", key=f"{number:016}").without_item("a", key=f"x{number:015}")
    assert len(found.done) == 100


def test_a_change_makes_a_list_that_was_handed_over_new():
    handed = replace(PersonList("wishes", ("a bike",)), offered_in="1#a", handed_over_at=7)
    changed = handed.with_item("a sled", key="1")
    assert (changed.offered_in, changed.handed_over_at) == ("", 0)
    assert handed.with_item("a bike", key="1") == handed


def test_a_person_adds_and_the_model_reads_the_whole_list(lists: FakePersonLists):
    assert add_to_list("a bike", caller=caller(), lists=lists) == 'The list "wishes":\n1. a bike'
    assert add_to_list("a sled", caller=caller(key="b" * 64), lists=lists).endswith("2. a sled")
    assert show_list(caller=caller(), lists=lists) == 'The list "wishes":\n1. a bike\n2. a sled'
    assert remove_from_list("a bike", caller=caller(key="c" * 64), lists=lists) == 'The list "wishes":\n1. a sled'


def test_a_call_that_is_repeated_changes_nothing_and_says_the_same(lists: FakePersonLists):
    first = [add_to_list("a bike", caller=caller(), lists=lists) for _ in range(2)]
    assert first[0] == first[1]
    assert items(lists) == ("a bike",)
    removed = [remove_from_list("a bike", caller=caller(key="b" * 64), lists=lists) for _ in range(2)]
    assert removed == ['The list "wishes" is empty.'] * 2


def test_lists_of_other_names_are_named(lists: FakePersonLists):
    add_to_list("milk", "shopping", caller=caller(), lists=lists)
    assert show_list(caller=caller(), lists=lists) == 'The list "wishes" is empty.\nOther lists of the person: shopping'


def test_nobody_reaches_the_list_of_somebody_else(lists: FakePersonLists):
    add_to_list("a bike", caller=caller(), lists=lists)
    assert show_list(caller=caller(BERT), lists=lists) == 'The list "wishes" is empty.'
    for name in (f"wishes#{ANNA}", f"../{ANNA}/wishes", ANNA):
        assert "a bike" not in show_list(name[:40], caller=caller(BERT), lists=lists)
    with pytest.raises(ToolFailed):
        remove_from_list("a bike", caller=caller(BERT), lists=lists)
    assert items(lists) == ("a bike",)


@pytest.mark.parametrize(("call", "chosen"), [(show_list, ()), (add_to_list, ("x",)), (remove_from_list, ("x",))])
def test_in_a_room_lists_stay_private(lists: FakePersonLists, call: Tool, chosen: tuple[str, ...]):
    add_to_list("a bike", caller=caller(), lists=lists)
    with pytest.raises(ToolFailed, match="others read along"):
        call(*chosen, caller=caller(is_room=True), lists=lists)


def test_a_full_list_and_too_many_lists_are_said(lists: FakePersonLists):
    lists.put(ANNA, PersonList("wishes", tuple(str(number) for number in range(MAX_ITEMS))), asked_at=NOON, now=NOON)
    with pytest.raises(ToolFailed, match="50 items"):
        add_to_list("one more", caller=caller(), lists=lists)
    for number in range(MAX_LISTS - 1):
        add_to_list("x", f"list {number}", caller=caller(key=f"{number:064}"), lists=lists)
    with pytest.raises(ToolFailed, match="10 lists already"):
        add_to_list("x", "one more", caller=caller(), lists=lists)


def test_what_is_not_on_the_list_is_said_with_the_list(lists: FakePersonLists):
    add_to_list("a bike", caller=caller(), lists=lists)
    with pytest.raises(ToolFailed, match=r"(?s)not on the list.*a bike"):
        remove_from_list("a sled", caller=caller(key="b" * 64), lists=lists)


def test_two_calls_at_once_both_count(lists: FakePersonLists):
    class Meanwhile(FakePersonLists):
        def get(self, person: PersonId, name: str, *, now: int) -> PersonList:
            found = super().get(person, name, now=now)
            if not found.items:
                lists.put(person, found.with_item("a sled", key="other"), asked_at=now, now=now)
            return found

    add_to_list("a bike", caller=caller(), lists=Meanwhile(lists.memory))
    assert items(lists) == ("a sled", "a bike")


def test_a_list_that_is_always_changed_elsewhere_is_given_up(lists: FakePersonLists):
    class Busy(FakePersonLists):
        def put(self, person: PersonId, changed: PersonList, *, asked_at: int, now: int) -> bool:
            return False

    with pytest.raises(ToolFailed, match="Nothing was done"):
        add_to_list("a bike", caller=caller(), lists=Busy())


@pytest.mark.parametrize("item", ["", "   ", "x" * 201])
def test_an_item_has_1_to_200_characters(item: str):
    with pytest.raises(WrongArguments):
        add_to_list.parse(f'{{"item": "{item}"}}')


def test_the_model_chooses_the_item_and_the_name_and_nothing_else():
    schema = add_to_list.spec.parameters
    assert list(schema["properties"]) == ["item", "name"]
    assert (schema["required"], schema["additionalProperties"]) == (["item"], False)
    with pytest.raises(WrongArguments, match="caller"):
        add_to_list.parse('{"item": "x", "caller": {"person": "messenger:1:bert"}}')
