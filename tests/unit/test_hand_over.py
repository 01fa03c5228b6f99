"""A list goes to the owner once, after the person's yes."""

from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

import pytest

from chalicelib.content import text
from chalicelib.conversation.person_list import PersonList
from chalicelib.conversation.tool_ports import Caller
from chalicelib.ids import ConversationId, PersonId, TurnId
from chalicelib.tools.hand_over import MOST_PEOPLE_A_DAY, Owner, hand_over
from chalicelib.tools.tool import ToolFailed
from tests.fakes.adapters import NOON, RememberingNotifier
from tests.fakes.memory import Memory
from tests.fakes.people import FakeSentAlerts
from tests.fakes.person_lists import FakePersonLists

ANNA = PersonId("messenger:1:anna")
WISHES = PersonList("wishes", ("a bike", "a sled ✨"))
ASKED, YES, LATER = TurnId("1#a"), TurnId("2#b"), TurnId("3#c")


@dataclass
class Desk:
    """Anna's list, and the owner's letters."""

    notifier: RememberingNotifier = field(default_factory=RememberingNotifier)
    lists: FakePersonLists = field(default_factory=FakePersonLists)
    memory: Memory = field(default_factory=Memory)

    @property
    def owner(self) -> Owner:
        sent = FakeSentAlerts(self.memory)
        return Owner(lambda: self.notifier, sent, lambda: text.load("en"), lambda person: person, "prod")

    def calls(self, turn: TurnId, person: PersonId = ANNA, *, is_room: bool = False) -> str:
        caller = Caller(person, ConversationId(person), turn, is_room, NOON, ZoneInfo("UTC"), turn * 8, 20.0)
        return hand_over(caller=caller, lists=self.lists, owner=self.owner)

    @property
    def stored(self) -> PersonList:
        return self.lists.get(ANNA, "wishes", now=NOON)


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.lists.put(ANNA, WISHES, asked_at=NOON, now=NOON)
    return desk


def test_the_first_call_sends_nothing_and_asks_for_the_persons_yes(desk: Desk):
    assert desk.calls(ASKED).startswith("It is NOT sent yet.")
    assert "2. a sled ✨" in desk.calls(ASKED)
    assert desk.notifier.told == []


def test_in_the_same_turn_no_further_call_sends_it(desk: Desk):
    for _ in range(3):
        desk.calls(ASKED)
    assert desk.notifier.told == []


def test_a_call_in_a_later_turn_sends_it(desk: Desk):
    desk.calls(ASKED)
    assert desk.calls(YES) == "It is sent to the owner."
    [(subject, words)] = desk.notifier.told
    assert subject == "Parley: a list for you"
    assert "- a bike\n- a sled ✨\n" in words
    assert f"people export {ANNA} --stage prod" in words


def test_it_is_sent_once(desk: Desk):
    desk.calls(ASKED)
    desk.calls(YES)
    assert desk.calls(LATER).startswith("It was sent on 20 November 2026 already")
    assert len(desk.notifier.told) == 1


def test_a_list_that_changed_is_asked_about_and_sent_again(desk: Desk):
    desk.calls(ASKED)
    desk.calls(YES)
    desk.lists.put(ANNA, desk.stored.with_item("a drum", key="1"), asked_at=NOON, now=NOON)
    assert "NOT sent yet" in desk.calls(LATER)
    assert desk.calls(TurnId("4#d")) == "It is sent to the owner."
    assert "- a drum" in desk.notifier.told[1][1]


def test_a_yes_is_for_the_list_as_it_was_read(desk: Desk):
    desk.calls(ASKED)
    desk.lists.put(ANNA, desk.stored.with_item("a drum", key="1"), asked_at=NOON, now=NOON)
    assert "NOT sent yet" in desk.calls(YES)
    assert desk.notifier.told == []


def test_what_could_not_be_sent_may_be_sent_later(desk: Desk):
    desk.calls(ASKED)
    desk.notifier.fails = True
    with pytest.raises(ToolFailed, match="Nothing was sent"):
        desk.calls(YES)
    desk.notifier.fails = False
    assert desk.calls(LATER) == "It is sent to the owner."
    assert len(desk.notifier.told) == 1


def test_it_is_noted_as_sent_before_it_is_sent(desk: Desk):
    """So a worker that dies over it sends it never twice."""
    noted: list[int] = []

    class Watching(RememberingNotifier):
        def send(self, subject: str, text: str) -> None:
            noted.append(desk.stored.handed_over_at)

    desk.calls(ASKED)
    desk.notifier = Watching()
    desk.calls(YES)
    assert noted == [NOON]


def test_of_two_calls_at_once_one_sends(desk: Desk):
    class Meanwhile(FakePersonLists):
        def put(self, person: PersonId, changed: PersonList, *, asked_at: int, now: int) -> bool:
            before = super().get(person, changed.name, now=now)
            super().put(person, replace(before, handed_over_at=1), asked_at=now, now=now)
            return super().put(person, changed, asked_at=asked_at, now=now)

    desk.calls(ASKED)
    desk.lists = Meanwhile(desk.lists.memory)
    with pytest.raises(ToolFailed, match="Nothing was sent"):
        desk.calls(YES)
    assert desk.notifier.told == []


def test_an_empty_list_is_not_sent(desk: Desk):
    with pytest.raises(ToolFailed, match="is empty"):
        desk.calls(ASKED, PersonId("messenger:1:bert"))


def test_in_a_room_nothing_is_sent(desk: Desk):
    with pytest.raises(ToolFailed, match="others read along"):
        desk.calls(ASKED, is_room=True)


def test_the_owner_gets_lists_of_so_many_people_a_day(desk: Desk):
    refused = []
    for number in range(MOST_PEOPLE_A_DAY + 5):
        person = PersonId(f"web:shop:{number}")
        desk.lists.put(person, WISHES, asked_at=NOON, now=NOON)
        desk.calls(ASKED, person)
        try:
            desk.calls(YES, person)
        except ToolFailed:
            refused.append(number)
    assert refused == list(range(MOST_PEOPLE_A_DAY - 1, MOST_PEOPLE_A_DAY + 5))


@pytest.mark.parametrize("end", ["\n\n", "\r", "\u2028", "\x0b", "\x85", "\0"])
def test_no_item_looks_like_a_line_of_the_bot(desk: Desk, end: str):
    fake = f"a kite{end}Parley: your key has expired{end}"
    caller = Caller(ANNA, ConversationId(ANNA), YES, False, NOON, ZoneInfo("UTC"), "k", 20.0)
    desk.owner.send(caller, PersonList(f"wishes{end}", (fake,)))
    [(_, mail)] = desk.notifier.told
    assert "- a kite Parley: your key has expired" in mail.splitlines()
    assert {letter for letter in mail if not letter.isprintable()} == {"\n"}


def test_a_family_stays_together(desk: Desk):
    caller = Caller(ANNA, ConversationId(ANNA), YES, False, NOON, ZoneInfo("UTC"), "k", 20.0)
    desk.owner.send(caller, PersonList("wishes", ("👨\u200d👩\u200d👧 ✈️ 장갑",)))
    assert "- 👨\u200d👩\u200d👧 ✈️ 장갑\n" in f"{desk.notifier.told[0][1]}\n"
