"""What a single write does that meets an ongoing transaction: on AWS it is refused, and on no emulator.

Behind `conflicts.py`, requests of people, workers and Meta meet as they do on AWS. Nobody may notice.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from random import Random
from threading import Event
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from botocore.exceptions import ClientError

from chalicelib.aws.dynamodb.inbox import DynamoInbox
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.writes import Update, delete, put, update
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Record
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import Turn
from chalicelib.ids import ConversationId, PersonId
from tests.contract.conflicts import ConflictProxy, conflict_proxy
from tests.contract.in_process import client_of
from tests.contract.stores import Store, dynamo_ports, dynamo_store
from tests.contract.story import REPLY, Story
from tests.fakes.adapters import FakeClock
from tests.flow.bot import Bot, conversation_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

R = TypeVar("R")
S = TypeVar("S")

PATIENCE_S = 60.0
"""Seconds for what has to happen, on busy cores."""
MEET_S = 0.02
"""Seconds within which two requests begin, so that many of them meet: a transaction takes at least 15 ms here."""
MESSAGES_S = 0.06
"""Seconds between two messages, at most."""
ROUNDS = [10, pytest.param(100, marks=pytest.mark.full)]
KEY, OTHER = {"pk": "a", "sk": "b"}, {"pk": "c", "sk": "d"}
CHANGE = Update(set={"text": "new"})
SINGLE_WRITES = {"put": put({**KEY}), "update": update(KEY, CHANGE), "delete": delete(KEY)}


@pytest.fixture
def met(conflicting: "DynamoDBClient", clock: FakeClock) -> Story:
    """A story over DynamoDB with its conflicts."""
    return Story(dynamo_store(conflicting), clock)


@pytest.fixture
def meeting(proxy: ConflictProxy) -> Iterator[None]:
    """Whatever this test does, requests have to be refused in it."""
    before = proxy.counts.transactions_refused + proxy.counts.writes_refused
    yield
    assert proxy.counts.transactions_refused + proxy.counts.writes_refused > before


def _both(first: Callable[[], R], second: Callable[[], S]) -> tuple[R, S]:
    """Call both at the same time."""
    with ThreadPoolExecutor(2) as pool:
        earlier, later = pool.submit(first), pool.submit(second)
        return earlier.result(), later.result()


def _soon(random: Random, action: Callable[[], R]) -> R:
    """Act within MEET_S."""
    time.sleep(random.random() * MEET_S)
    return action()


# The proxy.


@dataclass
class Held:
    """A proxy whose transactions last as long as a test wants, and a table behind it."""

    proxy: ConflictProxy
    table: Table
    begun: Event
    may_end: Event

    @contextmanager
    def in_a_transaction(self, **writes: Any) -> Iterator[None]:
        """A transaction is under way while the block runs."""
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(lambda: self.table.transact(**writes))
            assert self.begun.wait(PATIENCE_S)
            try:
                yield
            finally:
                self.may_end.set()
            running.result()


@pytest.fixture
def held(emulator: "DynamoDBClient") -> Held:
    store = dynamo_store(emulator)
    assert isinstance(store.inbox, DynamoInbox)
    begun, may_end = Event(), Event()

    def sleep(_: float) -> None:
        begun.set()
        may_end.wait(PATIENCE_S)

    proxy = conflict_proxy(sleep=sleep)
    return Held(proxy, Table(proxy.client, store.inbox.table.name, patience_s=PATIENCE_S), begun, may_end)


def _request(table: Table, write: Any) -> Any:
    operation = {"Put": "put_item", "Update": "update_item", "Delete": "delete_item"}[write.kind]
    return getattr(table.client, operation)(TableName=table.name, **write.request)


@pytest.mark.parametrize("write", SINGLE_WRITES.values(), ids=SINGLE_WRITES)
def test_the_proxy_refuses_a_single_write_of_an_item_in_a_transaction(held: Held, write: Any):
    with held.in_a_transaction(one=update(KEY, CHANGE), two=put({**OTHER})):
        with pytest.raises(ClientError, match="TransactionConflictException"):
            _request(held.table, write)
        _request(held.table, update({**KEY, "sk": "another"}, CHANGE))
        assert held.table.get(KEY) is None, "a read is not refused, and sees what was written before"
    _request(held.table, write)
    assert (held.proxy.counts.writes, held.proxy.counts.writes_refused) == (3, 1)


def test_the_proxy_cancels_a_transaction_with_an_item_of_another_one(held: Held):
    with held.in_a_transaction(one=update(KEY, CHANGE)):
        parts: Any = [{"Update": {"TableName": held.table.name, **update(key, CHANGE).request}} for key in (OTHER, KEY)]
        with pytest.raises(ClientError) as caught:
            held.table.client.transact_write_items(TransactItems=parts)
    reasons = [reason["Code"] for reason in caught.value.response["CancellationReasons"]]
    assert reasons == ["None", "TransactionConflict"]
    assert held.table.get(OTHER) is None
    assert (held.proxy.counts.transactions, held.proxy.counts.transactions_refused) == (2, 1)


def test_a_write_of_the_store_waits_for_the_transaction_that_it_meets(held: Held):
    counts = held.proxy.counts
    with ThreadPoolExecutor(1) as pool:
        with held.in_a_transaction(one=update(KEY, CHANGE)):
            write = pool.submit(lambda: held.table.write(update(KEY, Update(add={"count": 1}))))
            while counts.writes_refused == 0:
                assert not write.done()
                time.sleep(0.005)
        assert write.result()["text"] == "new"
    assert counts.writes_refused == counts.writes - 1 > 0


# Two that meet.


def _rooms(rounds: int) -> Iterator[tuple[PersonId, ConversationId]]:
    """Somebody new in each round."""
    people = (PersonId(f"messenger:1:{number}") for number in range(rounds))
    return ((person, ConversationId(person)) for person in people)


@pytest.mark.usefixtures("meeting")
@pytest.mark.parametrize("rounds", ROUNDS)
def test_a_worker_takes_a_conversation_while_a_second_message_comes(met: Story, rounds: int):
    random = Random(1)
    for person, room in _rooms(rounds):
        met.accept(met.message(person=person))
        take = partial(_soon, random, partial(met.take, room=room))
        lease, accepted = _both(take, partial(met.accept, met.message(person=person)))
        assert lease, "nobody else has the lease"
        assert accepted is Accepted.QUEUED


@pytest.mark.usefixtures("meeting")
@pytest.mark.parametrize("rounds", ROUNDS)
def test_an_echo_comes_while_the_workers_transaction_is_under_way(met: Story, rounds: int):
    random = Random(2)
    for person, room in _rooms(rounds):
        met.accept(met.message(person=person))
        lease = met.hold(room=room)
        [turn] = met.read(lease).open
        echo = partial(_soon, random, partial(met.inbox.receipt, room, turn.id, 0))
        _both(partial(met.inbox.record, lease, Record(turn, REPLY), until=met.until), echo)
        [answered] = met.read(lease).open
        assert (answered.receipts, answered.reply) == (frozenset({0}), REPLY)


MEANWHILE: dict[str, Callable[[Story, Turn], object]] = {
    "a human answers by hand": lambda met, turn: met.inbox.pause(turn.conversation, until=met.until),
    "the message is unsent": lambda met, turn: met.transcript.erase_text(turn.conversation, "first"),
    "the message is edited": lambda met, turn: met.transcript.replace_text(turn.conversation, "first", "new", edit=1),
    "the owner is told of the person": lambda met, turn: met.store.new_people.announce(turn.person, secret="s", now=0),
    "another worker tries to take it": lambda met, turn: met.take("two", turn.conversation),
}


@pytest.mark.parametrize("meanwhile", MEANWHILE.values(), ids=MEANWHILE)
def test_other_events_of_a_conversation_meet_its_messages_and_its_worker(
    met: Story, meanwhile: Callable[[Story, Turn], object]
):
    for person, room in _rooms(5):
        met.accept(met.message("first", person=person))
        lease = met.hold(room=room)
        [turn] = met.read(lease).open
        second = met.message(person=person)
        with ThreadPoolExecutor(3) as pool:
            others = pool.submit(meanwhile, met, turn)
            charged, accepted = pool.submit(met.charge, lease, turn), pool.submit(met.accept, second)
        assert others.exception() is None
        assert (charged.result(), accepted.result()) == (Charged.CHARGED, Accepted.QUEUED)


# The whole bot.


def _over(store: Store, **parts: Any) -> Bot:
    bot = Bot(**parts)
    bot.inbox, bot.people, bot.alerts = store.inbox, store.people, store.alerts
    bot.transcript, bot.spending = store.transcript, store.spending
    return bot


@pytest.fixture
def bot(conflicting: "DynamoDBClient") -> Bot:
    return _over(dynamo_store(conflicting))


def _work_until(bot: Bot, over: Event) -> None:
    """A worker for each wake, one after another, until nothing more comes."""
    while not over.is_set() or bot.wake.woken:
        bot.works()
        time.sleep(0.005)


@pytest.mark.usefixtures("meeting")
@pytest.mark.parametrize("people", [3, pytest.param(30, marks=pytest.mark.full)])
def test_meta_gets_no_error_while_messages_echoes_and_edits_meet_the_workers_writes(bot: Bot, people: int):
    """`webhook.handle` raises StoreError for what would be a 500."""
    random = Random(3)
    for psid in (f"person-{number}" for number in range(people)):
        over = Event()
        with ThreadPoolExecutor(3) as pool:
            worker = pool.submit(_work_until, bot, over)
            messages = [bot.message(psid, f"question {number}", mid=f"{psid}-{number}") for number in range(4)]
            for message in messages:
                time.sleep(random.random() * MESSAGES_S)
                bot.posted(message)
                edited = {"mid": message["message"]["mid"], "text": "an edit", "num_edit": 1}
                echoes = [bot.receipt(turn, 0) for turn in _stored(bot, psid)]
                edit = pool.submit(bot.posted, bot.item(psid, message_edit=edited))
                echo = pool.submit(bot.posted, *echoes)
                edit.result()
                echo.result()
            over.set()
            worker.result()
        bot.run(conversation_of(psid))
        assert [turn.state.value for turn in _stored(bot, psid)] == ["done"] * 4
        assert sum((_known(bot, psid).quota).values()) == 4
    assert bot.log_lines("store") == []


def _stored(bot: Bot, psid: str) -> list[Any]:
    return list(bot.transcript.turns(conversation_of(psid), now=bot.clock()))


def _known(bot: Bot, psid: str) -> Any:
    person = bot.people.get(PersonId(conversation_of(psid)))
    assert person
    return person


class Death(BaseException):
    """The worker's process is gone."""


@pytest.fixture
def mortal(proxy: ConflictProxy) -> "DynamoDBClient":
    """A connection of a process that may die."""
    return client_of(proxy.answer)


@pytest.mark.parametrize("when", ["before-call", "after-call"])
@pytest.mark.parametrize("dies_at", range(1, 7))
def test_a_worker_that_dies_at_any_request_while_a_message_comes_leaves_nothing_undone(
    conflicting: "DynamoDBClient", mortal: "DynamoDBClient", dies_at: int, when: str
):
    store = dynamo_store(conflicting)
    assert isinstance(store.inbox, DynamoInbox)
    door = _over(store)
    worker = _over(dynamo_ports(Table(mortal, store.inbox.table.name)), clock=door.clock, outbox=door.outbox)
    door.accepts("anna", "a first question")
    second, requests = door.message("anna", "a second question"), count(1)

    def die(**_: Any) -> None:
        if next(requests) == dies_at:
            raise Death

    mortal.meta.events.register(f"{when}.dynamodb", die)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(door.posted, second)
        with pytest.raises(Death):
            worker.run(conversation_of("anna"))
        coming.result()
    door.clock.tick(minutes=3)
    while door.beats().swept:
        door.works()
        door.clock.tick(minutes=3)
    assert [turn.state.value for turn in _stored(door, "anna")] == ["done", "done"]
    assert sum(_known(door, "anna").quota.values()) == 2
    assert 2 <= len(door.sent_to("anna")) <= 3, "one answer may be repeated, when its worker dies over its delivery"
