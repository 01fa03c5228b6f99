"""What the gate to DynamoDB makes of all that DynamoDB, or the way to it, has been seen to do.

The deployed client sends a request a second time by itself when it has no response or a 5xx (`QUICK`). So a request may
have had its effect before the response that is seen. Public reports of each trouble are named beside it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from chalicelib.aws.dynamodb.calls import PATIENCE_S
from chalicelib.aws.dynamodb.conditions import EXISTS, NOT_EXISTS
from chalicelib.aws.dynamodb.keys import turns_of
from chalicelib.aws.dynamodb.table import ConditionFailed, Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, delete, put, update
from chalicelib.conversation.ports import Accepted
from chalicelib.errors import StoreError
from chalicelib.ids import ConversationId
from scripts.simulator.table import create_table
from tests.contract.conflicts import ConflictProxy
from tests.contract.in_process import ATTEMPTS, in_process, ministack, plainly
from tests.contract.stores import dynamo_ports
from tests.contract.story import ANNA, ROOM, Story
from tests.contract.troubles import (
    Request,
    Trouble,
    Troubled,
    cancelled,
    closes,
    each_second,
    empty_page,
    fails,
    first,
    index_as_it_was,
    is_unavailable,
    late,
    leaves_out_all_keys,
    leaves_out_all_keys_and_says_no_more,
    names_no_last_key,
    reads_one_key,
    refused,
    short_page,
    times_out,
)
from tests.fakes.adapters import FakeClock

KEY, OTHER = {"pk": "a", "sk": "b"}, {"pk": "c", "sk": "d"}
ONE_MORE: Final = Update(add={"count": 1})
MOST_REQUESTS: Final = 1000
"""Far more than a table sends in its patience; DynamoDB stays as it is for as long."""

PASSING: Final[dict[str, Trouble]] = {
    # pynamodb/PynamoDB#1264, guregu/dynamo#203: not repeated by the library, and repeated by hand
    "a conflict": cancelled("None", "TransactionConflict"),
    # aws/aws-sdk-js#2464: the reasons in the order of the items
    "throttled for one item": cancelled("ThrottlingError"),
    "throttled for capacity": cancelled("None", "ProvisionedThroughputExceeded"),
    # antiwork/gumroad#7454: several reasons at once
    "a conflict and throttling": cancelled("TransactionConflict", "ThrottlingError"),
    # aws/aws-sdk-java-v2#2518, pynamodb/PynamoDB#808
    "in progress": refused("TransactionInProgressException"),
    "throttled as a whole": refused("ThrottlingException"),
    "over the table's capacity": refused("ProvisionedThroughputExceededException"),
    "over the account's limit": refused("RequestLimitExceeded"),
}
UNCLEAR: Final[dict[str, Trouble]] = {
    # aws/aws-sdk-java#1881, aws/aws-sdk-js#3891
    "an internal error": fails,
    # scylladb/scylladb#15066: "the operation may have succeeded or failed"
    "an internal error after the effect": late(fails),
    # boto/botocore#789: the server has closed an idle connection
    "a closed connection": closes,
    "a connection that is closed after the effect": late(closes),
    # aws/aws-sdk-java#2667, erlcloud/erlcloud#508: timed out, and written all the same
    "no response": times_out,
    "no response after the effect": late(times_out),
    # HENNGE/aiodynamo#121
    "a gateway's page": is_unavailable,
    "a gateway's page after the effect": late(is_unavailable),
}


@dataclass
class Waited:
    """Passes only while a table waits."""

    seconds: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def waited() -> Waited:
    return Waited()


_NUMBERS = count()


@pytest.fixture
def table(waited: Waited) -> Iterator[Table]:
    """A table with one item of each key, which answers properly until a test says otherwise."""
    server = in_process()
    server.answer = plainly
    made = Table(server.client, f"troubled-{next(_NUMBERS)}", sleep=waited)
    create_table(made.client, made.name)
    for key in (KEY, OTHER):
        made.write(put({**key, "count": 0}))
    yield made
    server.answer = plainly


def meet(chooses: Callable[[Request], Trouble | None]) -> Troubled:
    """What the next requests meet."""
    server = in_process()
    server.answer = troubled = Troubled(plainly, chooses)
    return troubled


def always(trouble: Trouble, of: str) -> Callable[[Request], Trouble | None]:
    left = iter(range(MOST_REQUESTS))

    def choose(request: Request) -> Trouble | None:
        assert next(left, None) is not None, "it never gives up"
        return trouble if request.operation == of else None

    return choose


def counted(table: Table) -> list[int]:
    in_process().answer = plainly
    return [int((table.get(key) or {})["count"]) for key in (KEY, OTHER)]


def add_to_both(table: Table) -> None:
    table.transact(one=update(KEY, ONE_MORE, when=EXISTS), other=update(OTHER, ONE_MORE))


# Transactions: whatever happens, all of it is written once, or nothing is.


@pytest.mark.parametrize("trouble", (PASSING | UNCLEAR).values(), ids=PASSING | UNCLEAR)
def test_a_transaction_that_meets_it_is_carried_out_once(table: Table, trouble: Trouble):
    meet(first(trouble, of="TransactWriteItems"))
    add_to_both(table)
    assert counted(table) == [1, 1]


@pytest.mark.parametrize("then", PASSING.values(), ids=PASSING)
@pytest.mark.parametrize("trouble", UNCLEAR.values(), ids=UNCLEAR)
def test_a_transaction_without_a_response_that_is_refused_the_second_time_is_carried_out_once(
    table: Table, trouble: Trouble, then: Trouble
):
    """botocore's own repetition is the one that is refused; the gate sends it again with the same token."""
    meet(first(trouble, then, then, of="TransactWriteItems"))
    add_to_both(table)
    assert counted(table) == [1, 1]


def test_a_condition_is_not_met_by_the_transactions_own_effect(table: Table):
    new = {"pk": "e", "sk": "f"}
    meet(first(late(times_out), refused("TransactionInProgressException"), of="TransactWriteItems"))
    table.transact(new=put(new, when=NOT_EXISTS), other=update(OTHER, ONE_MORE))
    assert counted(table) == [0, 1]


@pytest.mark.parametrize("trouble", PASSING.values(), ids=PASSING)
def test_a_condition_that_fails_after_it_is_reported_with_its_item(table: Table, trouble: Trouble):
    meet(first(trouble, of="TransactWriteItems"))
    with pytest.raises(TransactionRefused) as caught:
        table.transact(one=update(KEY, ONE_MORE), other=put({**OTHER}, when=NOT_EXISTS))
    assert caught.value.failed == {"other": {**OTHER, "count": 0}}
    assert counted(table) == [0, 0]


@pytest.mark.parametrize("code", ["ValidationError", "ItemCollectionSizeLimitExceeded", "AccessDenied"])
def test_a_reason_that_does_not_pass_ends_the_transaction_beside_one_that_passes(table: Table, code: str):
    troubled = meet(always(cancelled("TransactionConflict", code), of="TransactWriteItems"))
    with pytest.raises(StoreError):
        add_to_both(table)
    assert troubled.requests == ["TransactWriteItems"]
    assert counted(table) == [0, 0]


def test_a_transaction_whose_reasons_are_missing_is_not_sent_again(table: Table):
    troubled = meet(always(refused("TransactionCanceledException"), of="TransactWriteItems"))
    with pytest.raises(StoreError):
        add_to_both(table)
    assert troubled.requests == ["TransactWriteItems"]


def test_a_token_that_is_taken_for_another_request_ends_the_transaction(table: Table):
    """aws/aws-sdk#413."""
    troubled = meet(always(refused("IdempotentParameterMismatchException"), of="TransactWriteItems"))
    with pytest.raises(StoreError):
        add_to_both(table)
    assert troubled.requests == ["TransactWriteItems"]


def test_two_transactions_with_the_same_writes_are_both_carried_out(table: Table):
    add_to_both(table)
    add_to_both(table)
    assert counted(table) == [2, 2]


def test_the_conflict_proxy_refuses_a_transaction_that_is_under_way_already(table: Table):
    part: Any = {"Update": {"TableName": table.name, **update(KEY, ONE_MORE).request}}
    met: list[str] = []

    def send() -> None:
        table.client.transact_write_items(TransactItems=[part], ClientRequestToken="token")

    def meanwhile(_: float) -> None:
        if not met:
            met.append("sent again")
            with pytest.raises(ClientError) as caught:
                send()
            met.append(caught.value.response["Error"]["Code"])

    proxy = ConflictProxy(ministack, transaction_s=0, reluctant=False, sleep=meanwhile)
    in_process().answer = proxy.answer
    send()
    assert (met[1], proxy.counts.transactions_in_progress) == ("TransactionInProgressException", ATTEMPTS)
    send()
    assert counted(table) == [1, 0], "the last one has the token of the first, and gets its outcome"


# Single writes: a condition may meet the write's own effect, which the callers know.

REFUSED: Final = {
    # scalar-labs/scalardb#407, xoeye/xoto3#13
    "a conflict": refused("TransactionConflictException"),
    "throttled as a whole": refused("ThrottlingException"),
    "over the table's capacity": refused("ProvisionedThroughputExceededException"),
    "over the account's limit": refused("RequestLimitExceeded"),
}
BEFORE: Final = {
    name: UNCLEAR[name] for name in ("an internal error", "a closed connection", "no response", "a gateway's page")
}
SINGLE: Final[dict[str, tuple[str, Any]]] = {
    "PutItem": ("put", put({**KEY, "count": 7}, when=EXISTS)),
    "UpdateItem": ("update", update(KEY, Update(add={"count": 7}), when=EXISTS)),
    "DeleteItem": ("delete", delete(KEY, when=EXISTS)),
}


@pytest.mark.parametrize("trouble", (REFUSED | BEFORE).values(), ids=REFUSED | BEFORE)
@pytest.mark.parametrize("operation", SINGLE)
def test_a_single_write_that_meets_it_before_its_effect_is_made_once(table: Table, operation: str, trouble: Trouble):
    meet(first(trouble, of=operation))
    table.write(SINGLE[operation][1])
    in_process().answer = plainly
    stored = table.get(KEY)
    assert stored is None if operation == "DeleteItem" else int((stored or {})["count"]) == 7


def test_a_condition_that_fails_after_a_conflict_is_reported_with_its_item(table: Table):
    meet(first(refused("TransactionConflictException"), of="PutItem"))
    with pytest.raises(ConditionFailed) as caught:
        table.write(put({**KEY}, when=NOT_EXISTS))
    assert caught.value.item == {**KEY, "count": 0}


# Reads.

READS: Final[dict[str, Callable[[Table], Any]]] = {
    "GetItem": lambda table: table.get(KEY),
    "BatchGetItem": lambda table: table.get_many([KEY, OTHER]),
    "Query": lambda table: list(table.pages(turns_of(ConversationId("none")))),
}
ONLY_READ: Final = {name: trouble for name, trouble in REFUSED.items() if name != "a conflict"} | UNCLEAR


@pytest.mark.parametrize("trouble", ONLY_READ.values(), ids=ONLY_READ)
@pytest.mark.parametrize("operation", READS)
def test_a_read_that_meets_it_is_made_again(table: Table, operation: str, trouble: Trouble):
    expected = READS[operation](table)
    meet(first(trouble, of=operation))
    assert READS[operation](table) == expected


@pytest.mark.parametrize(
    "troubles",
    [
        # boto/boto#893, boto/boto#2214, hussein-awala/async-batcher#44
        [leaves_out_all_keys],
        # boto/boto#2809: an empty part, though keys are waiting
        [leaves_out_all_keys, leaves_out_all_keys, reads_one_key],
        # zio/zio-dynamodb#900: what was read before is kept
        [reads_one_key, refused("ThrottlingException"), reads_one_key],
        [leaves_out_all_keys_and_says_no_more, reads_one_key],
        [reads_one_key, late(closes)],
    ],
)
def test_keys_that_were_left_out_are_read_later_and_each_once(table: Table, troubles: Sequence[Trouble]):
    meet(first(*troubles, of="BatchGetItem"))
    found = table.get_many([KEY, OTHER, {"pk": "no", "sk": "item"}])
    assert sorted(item["pk"] for item in found) == ["a", "c"]


def filled(table: Table, number: int) -> list[str]:
    """So many turns of a conversation, by their sort keys."""
    names = [f"TURN#{each}" for each in range(number)]
    for name in names:
        table.write(put({"pk": "CONV#room", "sk": name}))
    return names


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize(
    "chooses",
    [
        # brendanhay/amazonka#340, supersoniko/dynamodb-paginator#6: an empty page is not the last
        lambda: each_second(short_page, empty_page, of=frozenset({"Query"})),
        # floci-io/floci#2389: fewer items than the limit
        lambda: always(short_page, of="Query"),
        # pynamodb/PynamoDB#1307: an empty last key ends it
        lambda: always(names_no_last_key, of="Query"),
        # aws/aws-sdk-js#1981: a last key after the last item
        lambda: None,
        lambda: each_second(refused("ThrottlingException"), late(closes), of=frozenset({"Query"})),
    ],
)
@pytest.mark.parametrize("number", [0, 1, 5, 6])
def test_pages_yield_every_item_once_and_in_order(
    table: Table, number: int, chooses: Callable[[], Any], *, newest_first: bool
):
    names = filled(table, number)
    meet(chooses() or (lambda _: None))
    pages = table.pages(turns_of(ConversationId("room")), newest_first=newest_first, size=3)
    found = [item["sk"] for page in pages for item in page]
    assert found == (names[::-1] if newest_first else names)


# An index lags behind (guardian/grid#3641, Clever/workflow-manager#91), and no other read does.


@pytest.fixture
def story(table: Table) -> Story:
    return Story(dynamo_ports(table), FakeClock())


def the_index_stays_as_it_is(story: Story) -> None:
    asked: list[Request] = []
    meet(asked.append)
    story.overdue()
    meet(index_as_it_was(asked))


def test_a_conversation_that_the_index_still_shows_is_not_taken_and_nothing_is_charged(story: Story):
    story.accept()
    the_index_stays_as_it_is(story)
    story.finish_all()
    assert story.overdue() == [ROOM]
    assert story.take() is None
    assert story.inbox.may_wake_again(ROOM, now=story.clock()) is False
    assert story.used() == 0


def test_a_conversation_that_the_index_does_not_show_yet_is_found_later(story: Story):
    the_index_stays_as_it_is(story)
    assert story.accept() is Accepted.QUEUED
    assert story.overdue() == []
    in_process().answer = plainly
    assert story.overdue() == [ROOM]


def test_every_read_of_a_turn_is_strongly_consistent_but_that_of_an_index(story: Story):
    reads: dict[str, list[bool]] = {}

    def watch(request: Request) -> None:
        content = request.content
        if request.operation in READS and "IndexName" not in content:
            parts = content.get("RequestItems", {"": content}).values()
            reads.setdefault(request.operation, []).extend(part.get("ConsistentRead") is True for part in parts)

    meet(watch)
    lease, _ = story.begin_charged()
    story.read(lease)
    for _ in range(2):  # the first brings the owner's texts of personas along
        story.store.people.get(ANNA)
    story.spent()
    list(story.transcript.turns(ROOM, now=story.clock()))
    assert reads.keys() == READS.keys()
    assert all(all(each) for each in reads.values())


# What does not pass: one kind of error, in a bounded time.


def requests_of(table: Table) -> dict[str, Callable[[], Any]]:
    single = {operation: lambda write=write: table.write(write) for operation, (_, write) in SINGLE.items()}
    reads = {operation: lambda read=read: read(table) for operation, read in READS.items()}
    return {**single, **reads, "TransactWriteItems": lambda: add_to_both(table)}


OPERATIONS: Final = (*SINGLE, *READS, "TransactWriteItems")


@pytest.mark.parametrize("trouble", ONLY_READ.values(), ids=ONLY_READ)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_does_not_pass_is_one_kind_of_error_in_a_bounded_time(
    table: Table, waited: Waited, operation: str, trouble: Trouble
):
    troubled = meet(always(trouble, of=operation))
    with pytest.raises(StoreError):
        requests_of(table)[operation]()
    assert sum(waited.seconds) <= PATIENCE_S
    assert len(troubled.requests) <= ATTEMPTS or trouble in PASSING.values() or trouble in REFUSED.values()


@pytest.mark.parametrize("trouble", [leaves_out_all_keys, leaves_out_all_keys_and_says_no_more])
def test_keys_that_are_left_out_for_good_are_an_error_in_a_bounded_time(table: Table, waited: Waited, trouble: Trouble):
    meet(always(trouble, of="BatchGetItem"))
    with pytest.raises(StoreError):
        table.get_many([KEY, OTHER])
    assert sum(waited.seconds) <= PATIENCE_S
