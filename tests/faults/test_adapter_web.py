"""A question of the web chat over the real adapter, and a crash at any request of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

from tests.faults.adapter_web import ANSWER, QUESTION, AdapterChat
from tests.faults.shares import some
from tests.faults.stage import When


@contextmanager
def asked(dies_at: tuple[int, When] | None = None, *, loses: int | None = None) -> Iterator[AdapterChat]:
    chat = AdapterChat(dies_at, loses)
    try:
        yield chat.ask()
    finally:
        chat.close()


def test_the_requests_of_a_question_are_these():
    with asked() as chat:
        assert chat.requests == [
            "UpdateItem",
            "UpdateItem",
            "TransactWriteItems",
            "UpdateItem",
            "Query",
            "GetItem",
            "TransactWriteItems",
            "GetItem",  # of the key, whose item for this question's count is written first
            "TransactWriteItems",
            "TransactWriteItems",
            "Query",
            "TransactWriteItems",
            "Query",
            "TransactWriteItems",
        ]


@some(3)
def test_a_crash_at_any_request_shows_and_charges_the_stored_answer_once(part: slice):
    with asked() as chat:
        requests = len(chat.requests)
    for number, when in list(product(range(requests), When))[part]:
        with asked((number, when)) as chat:
            assert chat.stored == [(QUESTION, ANSWER)], (number, when)
            assert chat.tab.reads().screen == chat.stored, (number, when)
            assert chat.charged == (1, 1), (number, when)
            assert chat.chat.opens().reads().screen == chat.stored, (number, when)


def test_a_response_that_is_lost_at_any_request_changes_nothing_that_is_seen():
    with asked() as chat:
        requests = len(chat.requests)
    for number in range(requests):
        with asked(loses=number) as chat:
            assert chat.stored == chat.tab.reads().screen == [(QUESTION, ANSWER)], number
            assert chat.charged == (1, 1), number
