"""A day that is shared out: it takes and refuses exactly what a day in a single item does, which the fake is."""

import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pytest

from chalicelib.access import identity
from chalicelib.access.budget import MonthCap, Reservation, Settlement, Usage
from chalicelib.access.shards import Shard
from chalicelib.aws.dynamodb import keys, refusals, spend
from chalicelib.aws.dynamodb.keys import Key
from chalicelib.aws.dynamodb.shared_day import set_aside
from chalicelib.aws.dynamodb.spend import DynamoSpending
from chalicelib.aws.dynamodb.table import Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Write, put
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.turn import Lease, Turn, TurnState
from chalicelib.errors import StoreError
from chalicelib.ids import ConversationId, KeyId, PersonId, TurnId
from scripts.simulator.table import create_table
from tests.contract.in_process import client_of
from tests.contract.stores import Store
from tests.contract.story import DAY, Story
from tests.fakes import spend as fake
from tests.fakes.adapters import FakeClock
from tests.fakes.memory import Memory

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TODAY: Final = date.fromisoformat(DAY)
TOMORROW: Final = date(2026, 11, 21)
PEOPLE: Final = (PersonId("messenger:1:anna"), identity.visitor(KeyId("shopshopsh"), "cleo"))
CAPS: Final = (2000, 1000, 4000)
ALL_OF_THEM: Final = 100
STEPS: Final = 60
OWN_AND_MINE: Final = 2


class Crash(BaseException):
    """The worker dies."""


@dataclass
class Crashes:
    """Stands at a client's exit, and kills the worker before or after one of its next calls."""

    client: "DynamoDBClient"
    calls: int = 0
    before: int = 0
    """Before which call from now; 0 for none."""
    after: int = 0

    def __post_init__(self) -> None:
        self.client.meta.events.register("before-call.dynamodb", self._called)
        self.client.meta.events.register("after-call.dynamodb", self._answered)

    def _called(self, **_: Any) -> None:
        self.calls += 1
        if self.before and self.calls == self.before:
            raise Crash

    def _answered(self, **_: Any) -> None:
        if self.after and self.calls == self.after:
            raise Crash

    def arm(self, *, before: int = 0, after: int = 0) -> None:
        self.calls, self.before, self.after = 0, before, after


@dataclass
class Two:
    """The same day twice: shared out in DynamoDB, and in a single item."""

    table: Table
    crashes: Crashes
    memory: Memory = field(default_factory=Memory)
    open: list[tuple[Turn | None, Reservation]] = field(default_factory=list)
    """What is set aside and not settled."""
    passed: int = 0
    """The highest cap up to which a call was made."""
    extra: int = 0
    """The most calls that one charge has made beside its own."""

    def charge(self, turn: Turn, reserve: Reservation, *, up_to_all: Reservation | None = None) -> Charged:
        """Both take it, or both refuse it for the same reason.

        A level of the budget that was passed limits no call of a worker that has not noticed it.
        """
        self.crashes.arm()
        expected = fake.refusal(self.memory, reserve, turn) or Charged.CHARGED
        charged = self._set_aside(turn, reserve)
        if up_to_all and charged is not expected and reserve.cap < self.passed and expected is not Charged.DAY_OVER:
            expected = fake.refusal(self.memory, up_to_all, turn) or Charged.CHARGED
        assert charged is expected
        if charged is Charged.CHARGED:
            self._taken(turn, reserve)
            self.extra = max(self.extra, self.crashes.calls - 1)
        return charged

    def charge_all(self, calls: Sequence[Reservation]) -> None:
        for reserve in calls:
            self.charge(ANNA, reserve)
            self.assert_same()
            self.assert_within_what_was_granted()

    def charge_and_die(
        self, turn: Turn, reserve: Reservation, chance: random.Random, *, up_to_all: Reservation
    ) -> None:
        """The worker dies somewhere in the middle; what it set aside stays, and nothing else."""
        at = chance.randrange(1, 6)
        calls = self.day().calls
        self.crashes.arm(**{chance.choice(["before", "after"]): at})
        with suppress(Crash, TransactionRefused):
            set_aside(self.table, spend.reserve_for(turn, reserve, asks=True))
        self.crashes.arm()
        if self.day().calls > calls:
            most = up_to_all if reserve.cap < self.passed else reserve
            assert fake.refusal(self.memory, most, turn) is None
            self._taken(turn, reserve)

    def check(self, reserve: Reservation) -> bool:
        """A call of no turn."""
        self.crashes.arm()
        taken = DynamoSpending(self.table).reserve(reserve)
        assert taken == fake.FakeSpending(self.memory).reserve(reserve)
        return taken

    def settle(self, number: int, cost: int) -> None:
        turn, reserve = self.open.pop(number)
        assert turn
        bill = Settlement(reserve, cost, Usage(input=3, output=1))
        self.table.transact(spend=spend.settle_for(turn, bill))
        fake.settle(self.memory, bill, turn)

    def close(self) -> int:
        used = DynamoSpending(self.table).used_before(TOMORROW)
        assert used == fake.FakeSpending(self.memory).used_before(TOMORROW)
        return used

    def day(self) -> Any:
        [found] = DynamoSpending(self.table).days(TODAY, TODAY)
        return found

    def assert_same(self) -> None:
        found, expected = self.day(), fake.of(self.memory, DAY)
        for each in fields(expected):
            one, other = getattr(found, each.name), getattr(expected, each.name)
            if isinstance(other, dict):
                one, other = ({name: number for name, number in some.items() if number} for some in (one, other))
            assert one == other, each.name

    def assert_within_what_was_granted(self) -> None:
        items = [item for item in self.items() if item["sk"] == "SPEND"]
        [own] = [item for item in items if item["pk"] == keys.spend_key(DAY)["pk"]]
        room = sum(int(item.get("room", 0)) for item in items)
        assert int(own.get("committed", 0)) == self.day().committed + room
        assert all(int(item.get("room", 0)) >= 0 for item in items)

    def items(self) -> list[Any]:
        found = self.table.client.scan(TableName=self.table.name)["Items"]
        return self.table.get_many([{"pk": item["pk"]["S"], "sk": item["sk"]["S"]} for item in found])

    def _set_aside(self, turn: Turn, reserve: Reservation) -> Charged:
        try:
            set_aside(self.table, spend.reserve_for(turn, reserve, asks=True))
        except TransactionRefused as exc:
            return refusals.why_no_money(exc, reserve)
        return Charged.CHARGED

    def _taken(self, turn: Turn, reserve: Reservation) -> None:
        fake.reserve(self.memory, reserve, turn, asks=True)
        self.passed = max(self.passed, reserve.cap)
        self.open.append((turn, reserve))


@pytest.fixture
def own_emulator() -> "DynamoDBClient":
    """Of this test alone: it may die in a request."""
    return client_of()


@pytest.fixture
def two(own_emulator: "DynamoDBClient", request: pytest.FixtureRequest) -> Two:
    table = Table(own_emulator, f"shared-{abs(hash(request.node.name))}")
    create_table(own_emulator, table.name)
    return Two(table, Crashes(own_emulator))


def turn_of(person: PersonId, *, opens: bool = False) -> Turn:
    return Turn(TurnId("t"), ConversationId(person), person, 0, TurnState.QUEUED, "?", opens=opens)


ANNA, CLEO = (turn_of(person, opens=True) for person in PEOPLE)


def call(
    amount: int, number: int | None = 0, *, cap: int = 1000, of: int = 4, percent: int = ALL_OF_THEM
) -> Reservation:
    """A call in the shard of that number; up to a level of the budget, of which a channel has three quarters."""
    shard = None if number is None else Shard(number, of)
    part, limits = cap * 3 // 4 * percent // ALL_OF_THEM, f"{cap}/{cap * 3 // 4}/None"
    return Reservation(DAY, amount, cap * percent // ALL_OF_THEM, channel_cap=part, shard=shard, limits=limits)


def up_to_all(reserve: Reservation) -> Reservation:
    """The same call without the level of the budget up to which it was made."""
    cap, part = (int(number) for number in reserve.limits.split("/")[:2])
    return replace(reserve, cap=cap, channel_cap=part)


def whole(reserve: Reservation) -> Reservation:
    return replace(reserve, channel_cap=reserve.cap)


def test_the_last_cent_is_found_in_whatever_shard_it_is(two: Two):
    charged = [two.charge(ANNA, whole(call(100, number % 4))) for number in range(11)]
    assert charged == [Charged.CHARGED] * 10 + [Charged.OVER_BUDGET]


def test_what_several_shards_have_left_is_put_together_for_one_call(two: Two):
    for number in range(10):
        two.charge(ANNA, whole(call(100, number % 4)))
    for _ in range(10):
        two.settle(0, 60)
    assert two.charge(ANNA, whole(call(401, 3))) is Charged.OVER_BUDGET
    assert two.charge(ANNA, whole(call(400, 3))) is Charged.CHARGED
    assert two.day().committed == 1000


def test_a_channel_leaves_the_other_its_part(two: Two):
    charged = [two.charge(CLEO, call(50, number % 4)) for number in range(16)]
    assert charged == [Charged.CHARGED] * 15 + [Charged.CHANNEL_SPENT]
    assert [two.charge(ANNA, call(50, number)) for number in range(6)] == [Charged.CHARGED] * 5 + [Charged.OVER_BUDGET]


def test_a_call_of_no_turn_uses_what_shards_have_left(two: Two):
    two.charge(ANNA, call(100))
    assert two.check(call(900, None))
    assert not two.check(call(1, None))
    assert two.charge(ANNA, call(1)) is Charged.OVER_BUDGET
    two.settle(0, 7)
    assert two.charge(ANNA, call(93, 2)) is Charged.CHARGED


def test_what_the_day_had_cost_before_it_was_shared_out_counts(two: Two):
    assert two.charge(ANNA, replace(whole(call(700, None)), limits="")) is Charged.CHARGED
    assert [two.charge(ANNA, whole(call(100, number))) for number in range(4)] == [Charged.CHARGED] * 3 + [
        Charged.OVER_BUDGET
    ]
    two.settle(0, 600)
    assert two.charge(ANNA, whole(call(100, 3))) is Charged.CHARGED
    two.assert_same()


@pytest.mark.parametrize("caps", [(1000, 2000, 1000), (2000, 1000, 2000), (2000, 1000, 2000, 1000)])
def test_a_cap_that_is_changed_on_the_day_holds_whatever_was_granted_before(two: Two, caps: tuple[int, ...]):
    for cap in caps:
        for number in range(4):
            while two.charge(ANNA, whole(call(90, number, cap=cap))) is Charged.CHARGED:
                two.assert_same()
            two.assert_within_what_was_granted()
        for _ in range(3):
            two.settle(0, 5)


def test_money_that_comes_back_after_the_cap_was_lowered_is_not_spent_again(two: Two):
    for number in range(20):
        two.charge(ANNA, whole(call(100, number % 4, cap=2000)))
    assert two.charge(ANNA, whole(call(10, 0))) is Charged.OVER_BUDGET
    for _ in range(9):
        two.settle(0, 0)
    assert two.charge(ANNA, whole(call(10, 0))) is Charged.OVER_BUDGET
    two.settle(0, 95)
    two.settle(0, 0)
    assert two.charge(ANNA, whole(call(6, 0))) is Charged.OVER_BUDGET
    assert two.charge(ANNA, whole(call(5, 0))) is Charged.CHARGED


def test_what_a_call_costs_beyond_what_was_set_aside_is_not_spent_a_second_time_by_others(two: Two):
    two.charge(ANNA, whole(call(100)))
    two.settle(0, 400)
    charged = [two.charge(ANNA, whole(call(20, 1 + number % 3))) for number in range(31)]
    assert charged == [Charged.CHARGED] * 30 + [Charged.OVER_BUDGET]
    two.assert_same()
    two.assert_within_what_was_granted()


def test_a_closed_day_takes_no_money_in_any_shard(two: Two):
    month = MonthCap(10_000, 0)
    for number in range(3):
        assert two.charge(ANNA, replace(call(10, number), month=month)) is Charged.CHARGED
    assert two.close() == 30
    assert [two.charge(ANNA, replace(call(10, number), month=month)) for number in range(4)] == [Charged.DAY_OVER] * 4
    two.settle(0, 4)
    assert two.close() == 24


def test_the_usual_charge_is_one_call_and_the_day_is_read_with_two(two: Two):
    for number in range(4):
        two.charge(ANNA, call(1, number, cap=100_000))
    two.extra = 0
    for number in range(4):
        for _ in range(10):
            two.charge(ANNA, call(1, number, cap=100_000))
    assert two.extra == 0
    two.crashes.arm()
    two.day()
    assert two.crashes.calls == 2


def test_a_months_earlier_days_are_read_a_hundred_shards_with_one_call_and_closed_once(two: Two):
    names = {f"{channel}.{number}" for channel in ("messenger", "web") for number in range(40)}
    for day in ("2026-11-18", "2026-11-19", DAY):
        granted = {f"granted_{channel}": 40 for channel in ("messenger", "web")}
        two.table.write(put({**keys.spend_key(day), "shards": names, "committed": 80, **granted}))
        for name in names:
            two.table.write(put({**keys.spend_shard_key(day, name), "committed": 1, "room": 0}))
    calls = []
    for _ in range(2):
        two.crashes.arm()
        assert DynamoSpending(two.table).used_before(TOMORROW) == 240
        calls.append(two.crashes.calls)
    reading = 1 + 1 + 1 + 3  # the day before and its shards, all days, and their 240 shards
    assert calls == [reading + len(names), reading]


@dataclass
class Chance:
    """A story made of chance."""

    two: Two
    chance: random.Random
    cap: int = CAPS[0]
    month: MonthCap | None = None

    def step(self) -> None:
        chance, two = self.chance, self.two
        turn, reserve = chance.choice((ANNA, CLEO)), self._reserve()
        match chance.choices(range(7), (50, 30, 8, 4, 4, 3, 1))[0]:
            case 0:
                two.charge(turn, reserve, up_to_all=up_to_all(reserve))
            case 1 if two.open:
                number = chance.randrange(len(two.open))
                two.settle(number, chance.choice((0, two.open[number][1].amount, two.open[number][1].amount // 3)))
            case 2:
                two.charge_and_die(turn, reserve, chance, up_to_all=up_to_all(reserve))
            case 3:
                two.check(replace(reserve, shard=None, channel_cap=None))
            case 4:
                two.charge(turn, replace(reserve, shard=None), up_to_all=up_to_all(reserve))
            case 5:
                self.cap, self.month = chance.choice(CAPS), chance.choice((None, MonthCap(3000, 500)))
            case 6:
                two.close()
        two.assert_same()

    def _reserve(self) -> Reservation:
        amount = self.chance.choice((0, 1, 20, 20, 150, 400))
        percent = self.chance.choice((50, 80, ALL_OF_THEM, ALL_OF_THEM))
        made = call(amount, self.chance.randrange(4), cap=self.cap, of=self.chance.choice((4, 40)), percent=percent)
        limits = f"{self.cap}/{self.cap * 3 // 4}/{self.month and self.month.cap}"
        return replace(made, month=self.month, limits=limits)


@dataclass(frozen=True)
class WalksNoOtherShard(Table):
    """Reads nothing but the day's own item and the call's shard."""

    def get_many(self, keys: Sequence[Key]) -> list[Any]:
        return [item for item in super().get_many(keys) if len(keys) == OWN_AND_MINE]


@dataclass(frozen=True)
class ForgetsWhatWasGranted(Table):
    """Grants without counting it on the day's own item."""

    def transact(self, **writes: Write | None) -> None:
        super().transact(**{name: write for name, write in writes.items() if name != "day"})


@dataclass(frozen=True)
class LeavesOthersTheirs(Table):
    """Moves money out of a shard that keeps it."""

    def transact(self, **writes: Write | None) -> None:
        super().transact(**{name: write for name, write in writes.items() if not name.startswith("of ")})


@pytest.mark.parametrize("mutant", [WalksNoOtherShard, ForgetsWhatWasGranted, LeavesOthersTheirs])
def test_a_day_without_this_safeguard_takes_too_much_or_too_little(two: Two, mutant: type[Table]):
    lame = Two(mutant(two.table.client, two.table.name), two.crashes)
    with pytest.raises((AssertionError, StoreError)):
        lame.charge_all([whole(call(amount, number)) for amount in (100, 550, 40) for number in range(4)])


def test_what_was_granted_by_other_settings_would_be_spent_if_the_shards_did_not_know_them(two: Two):
    calls = [whole(call(amount, number, cap=cap)) for cap, amount in ((2000, 400), (1000, 1)) for number in range(4)]
    with pytest.raises(AssertionError):
        two.charge_all([replace(each, limits="always the same") for each in calls])


def test_many_at_once_in_many_shards_take_all_the_money_and_no_more(busy_store: Store):
    story = Story(busy_store, FakeClock())
    begun = [_in_a_room(story, number) for number in range(50)]

    def ask(number: int) -> Charged:
        lease, turn = begun[number]
        return story.charge(lease, turn, reserve=whole(call(100, number % 4, cap=3000)))

    with ThreadPoolExecutor(20) as pool:
        charged = Counter(pool.map(ask, range(len(begun))))
    assert charged == {Charged.CHARGED: 30, Charged.OVER_BUDGET: 20}
    assert story.spent().committed == 3000


def _in_a_room(story: Story, number: int) -> tuple[Lease, Turn]:
    person = PersonId(f"messenger:1:{number}")
    story.accept(story.message(person=person))
    lease = story.hold(room=ConversationId(person))
    return lease, story.read(lease).open[0]


SEEDS = [pytest.param(range(4)), pytest.param(range(4, 200), marks=pytest.mark.full)]


@pytest.mark.parametrize("seeds", SEEDS, ids=str)
def test_by_chance_a_shared_day_takes_and_refuses_what_a_single_item_does(own_emulator: "DynamoDBClient", seeds: range):
    crashes = Crashes(own_emulator)
    for seed in seeds:
        table = Table(own_emulator, f"chance-{seed}")
        create_table(own_emulator, table.name)
        story = Chance(Two(table, crashes), random.Random(seed))
        for number in range(STEPS):
            try:
                story.step()
            except AssertionError as exc:
                raise AssertionError(f"seed {seed}, step {number}") from exc
        crashes.arm()
