"""The parts of a day's bill have its sum after crashes, refunds, tool rounds, fallbacks and calls of no turn."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.access import identity
from chalicelib.access.api_key import ApiKey
from chalicelib.access.budget import Reservation, Settlement, Usage
from chalicelib.access.ledger import MonthUse, Tally, month_of
from chalicelib.access.person import Person
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Charge, Finish, Record
from chalicelib.conversation.journal import OpenRound
from chalicelib.conversation.tool import ToolCall
from chalicelib.conversation.turn import IncomingMessage, Lease, Reply, Turn, TurnState
from chalicelib.ids import ConversationId, KeyId, PersonId
from tests.contract.conftest import MINISTACK
from tests.contract.stores import Store, dynamo_store, fake_store
from tests.contract.story import Story
from tests.fakes.adapters import NOON, FakeClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY: Final = KeyId("shopshopsh")
PEOPLE: Final = (PersonId("messenger:1:anna"), PersonId("messenger:1:bert"), identity.visitor(KEY, "cleo"))
MODELS: Final = ("gpt-6.1-luna", "bedrock/eu.nova:0", "")
DAYS: Final = ("2026-11-29", "2026-11-30", "2026-12-01")
END: Final = Reply("The end.")


@dataclass(frozen=True)
class Question:
    """What becomes of one question."""

    person: PersonId
    day: str
    hour: int
    model: str
    persona: str
    most: int
    rounds: list[int]
    """What each call cost that asked for tools."""
    lost: int
    """Calls whose workers died."""
    end: str
    cost: int
    answered_by: str
    is_limited: bool
    """Whether a refund counts as one of a few."""


QUESTIONS: Final = st.builds(
    Question,
    person=st.sampled_from(PEOPLE),
    day=st.sampled_from(DAYS),
    hour=st.integers(0, 23),
    model=st.sampled_from(MODELS),
    persona=st.sampled_from(("assistant", "my.own%", "")),
    most=st.integers(0, 900),
    rounds=st.lists(st.integers(0, 900), max_size=2),
    lost=st.integers(0, 2),
    end=st.sampled_from(("answered", "failed", "refunded", "undelivered", "died", "summary", "check", "opening")),
    cost=st.integers(0, 1200),
    answered_by=st.sampled_from(("", "other.model")),
    is_limited=st.booleans(),
)


@dataclass
class Books:
    """An account of its own, kept by what the provider wants of whom, to compare the ledger with."""

    committed: Counter[str] = field(default_factory=Counter)
    parts: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)
    questions: Counter[tuple[str, int]] = field(default_factory=Counter)
    refunds: Counter[tuple[str, str]] = field(default_factory=Counter)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, reserve: Reservation, amount: int, *, model: str, person: str, channel: str) -> None:
        self.committed[reserve.day] += amount
        names = {"model": model, "persona": reserve.persona, "person": person, "channel": channel}
        for part, name in names.items():
            self.parts.setdefault(part, Counter())[reserve.day, name] += amount

    def of(self, part: str, day: str) -> dict[str, int]:
        found = self.parts.get(part, Counter())
        return {name: amount for (when, name), amount in found.items() if when == day and amount}


@dataclass
class Play:
    """Plays questions on a store, and keeps the books."""

    story: Story
    books: Books = field(default_factory=Books)

    def play(self, question: Question) -> None:
        reserve = Reservation(
            question.day, question.most, 10**9, model=question.model, persona=question.persona, hour=question.hour
        )
        if question.end == "check":
            assert self.story.store.spending.reserve(reserve)
            self.books.add(reserve, question.most, model=question.model, person="", channel="")
            return
        opens = question.end == "opening"
        lease, turn = self._begin(question, opens=opens)
        person, channel = "" if opens else turn.person, identity.channel_of(turn.person).value
        step = Charge(turn, day=question.day, limit=None, reserve=reserve)
        inbox, until = self.story.inbox, self.story.until
        assert inbox.charge(lease, step, now=self.story.clock(), until=until) is Charged.CHARGED
        turn = replace(turn, charged_day=None if opens else question.day, model_calls=1)
        if not opens:
            self.books.questions[question.day, question.hour] += 1
            self.books.asked[month_of(question.day), turn.person] += 1

        def paid(cost: int, model: str = "") -> None:
            self.books.add(reserve, cost, model=model or question.model, person=person, channel=channel)

        for number, cost in enumerate(question.rounds):
            asked, bill = OpenRound((ToolCall("1", "now", "{}"),)), Settlement(reserve, cost, Usage(3, 0, 1))
            self.story.store.journal.begin(lease, replace(turn, rounds=number), asked, bill, until=until)
            paid(cost)
            assert inbox.call_again(lease, turn, reserve=reserve, until=until) is Charged.CHARGED
        for _ in range(question.lost):
            paid(question.most)
            assert inbox.call_again(lease, turn, reserve=reserve, until=until) is Charged.CHARGED
        self._end(question, lease, turn, reserve, paid)

    def _begin(self, question: Question, *, opens: bool) -> tuple[Lease, Turn]:
        """Each question in a room of its own, so that every turn is the only one."""
        person = PEOPLE[2] if opens else question.person
        self.story.clock.tick(minutes=10)
        room = ConversationId(f"room {self.story.written}")
        message: IncomingMessage = self.story.message(person=person, room=room, text="" if opens else "Hello?")
        self.story.accept(replace(message, channel=identity.channel_of(person), opens=opens))
        lease = self.story.hold(room=room)
        [turn] = self.story.read(lease).open
        return lease, turn

    def _end(
        self, question: Question, lease: Lease, turn: Turn, reserve: Reservation, paid: Callable[..., None]
    ) -> None:
        inbox, until, day = self.story.inbox, self.story.until, question.day
        bill = Settlement(reserve, question.cost, Usage(5, 1, 2, model=question.answered_by))
        most = 3 if question.is_limited else None
        refunds = self.story.known(turn.person).refunds.get(day, 0) if turn.charged_day else 0
        may_refund = bool(turn.charged_day) and (most is None or refunds < most)
        match question.end:
            case "failed" | "refunded":
                refund = question.end == "refunded" and may_refund
                tally = Tally(day, failed=True)
                ended = Record(turn, END, settlement=bill, refund=refund, most_refunds=most, tally=tally)
                assert inbox.record(lease, ended, until=until)
                paid(question.cost, question.answered_by)
                self._refunded(turn, day, refund=refund)
            case "died":
                paid(question.most)
                assert inbox.record(lease, Record(turn, END, tally=Tally(day, failed=True)), until=until)
            case _:
                ended = Record(turn, END, settlement=bill, tally=Tally(day, answer_ms=question.cost))
                assert inbox.record(lease, ended, until=until)
                paid(question.cost, question.answered_by)
        lost = question.end == "undelivered" and bool(turn.charged_day)
        unanswered = Tally(day, unanswered=True) if lost else None
        state = TurnState.DROPPED if lost else TurnState.DONE
        finish = Finish(turn, state, release=True, refund=lost, most_refunds=most, tally=unanswered)
        assert inbox.finish(lease, finish) is None
        self._refunded(turn, day, refund=lost and may_refund)
        if question.end == "summary":
            self._summarise(lease, turn, reserve, question)

    def _refunded(self, turn: Turn, day: str, *, refund: bool) -> None:
        if refund:
            self.books.refunds[day, turn.person] += 1

    def _summarise(self, lease: Lease, turn: Turn, reserve: Reservation, question: Question) -> None:
        channel, plain = identity.channel_of(turn.person), replace(reserve, persona="")
        assert self.story.store.summaries.begin(lease, plain, channel, newest=turn.at)
        self.story.store.summaries.settle(Settlement(plain, question.cost), channel)
        self.books.add(plain, question.cost, model=question.model, person="", channel=channel.value)


def _nonzero(parts: object) -> dict[object, int]:
    assert isinstance(parts, dict)
    return {name: amount for name, amount in parts.items() if amount}


def _check(story: Story, books: Books) -> None:
    people = [known for person in PEOPLE if (known := story.store.people.get(person))]
    for day in DAYS:
        spent = story.spent(day)
        assert spent.committed == books.committed[day]
        assert _nonzero(spent.models) == books.of("model", day)
        assert _nonzero(spent.personas) == books.of("persona", day)
        channels = {channel.value: amount for channel, amount in spent.channels.items() if amount}
        of_channels = books.of("channel", day)
        assert channels == {name: amount for name, amount in of_channels.items() if name}
        assert sum(channels.values()) + of_channels.get("", 0) == spent.committed
        of_people: dict[str, int] = {known.id: known.spent[day] for known in people if known.spent.get(day)}
        of_nobody = {"": spent.of_no_person} if spent.of_no_person else {}
        assert {**of_people, **of_nobody} == books.of("person", day)
        assert sum(of_people.values()) + spent.of_no_person == spent.committed
        assert _nonzero(spent.hours) == {hour: n for (when, hour), n in books.questions.items() if when == day}
        assert sum(spent.hours.values()) == spent.questions
        assert spent.refunded == sum(n for (when, _), n in books.refunds.items() if when == day)
    _check_months(people, books)


def _check_months(people: list[Person], books: Books) -> None:
    for known in people:
        expected: dict[str, MonthUse] = {}
        for month in {month_of(day) for day in DAYS}:
            days = [day for day in DAYS if month_of(day) == month]
            cost = sum(books.of("person", day).get(known.id, 0) for day in days)
            refunded = sum(books.refunds[day, known.id] for day in days)
            use = MonthUse(books.asked[month, known.id], cost, refunded)
            if use != MonthUse():
                expected[month] = use
        assert {month: use for month, use in known.months.items() if use != MonthUse()} == expected


@pytest.fixture(params=["fake", MINISTACK])
def new_store(request: pytest.FixtureRequest) -> Callable[[], Store]:
    if request.param == "fake":
        return fake_store
    client: DynamoDBClient = request.getfixturevalue("emulator")
    return lambda: dynamo_store(client)


@settings(max_examples=settings().max_examples // 4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(questions=st.lists(QUESTIONS, min_size=1, max_size=12))
def test_every_part_of_a_days_bill_has_its_sum_to_the_micro_dollar(
    new_store: Callable[[], Store], questions: list[Question]
):
    story = Story(new_store(), FakeClock())
    story.store.keys.create(ApiKey(KEY, "Shop", "0" * 64, "web", created_at=NOON))
    play = Play(story)
    for question in questions:
        play.play(question)
    _check(story, play.books)
