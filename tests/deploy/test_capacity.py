"""How the functions that an account runs at a time are divided."""

from dataclasses import dataclass
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from scripts.deploy.capacity import Capacity, most_workers
from tests.deploy.fakes import Refusal, client_of

WORKER: Final = "parley-prod-worker"
TOO_FEW: Final = Refusal(
    "InvalidParameterValueException",
    "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its "
    "minimum value of [100].",
)


@dataclass
class Lambda:
    """An account's limit, and what is reserved in it."""

    limit: int = 1000
    reserved: int | None = None
    others: int = 0
    """Reserved for functions of others."""
    refusal: Refusal | None = None
    exists: bool = True

    def get_account_settings(self) -> dict[str, Any]:
        free = self.limit - (self.reserved or 0) - self.others
        return {"AccountLimit": {"ConcurrentExecutions": self.limit, "UnreservedConcurrentExecutions": free}}

    def get_function_concurrency(self, function_name: str) -> dict[str, Any]:
        assert function_name == WORKER
        if not self.exists:
            raise Refusal("ResourceNotFoundException", "Function not found")
        return {} if self.reserved is None else {"ReservedConcurrentExecutions": self.reserved}

    def put_function_concurrency(self, function_name: str, reserved_concurrent_executions: int) -> dict[str, Any]:
        if self.refusal:
            raise self.refusal
        assert self.limit - self.others - reserved_concurrent_executions >= 100
        self.reserved = reserved_concurrent_executions
        return {}

    def delete_function_concurrency(self, function_name: str) -> dict[str, Any]:
        self.reserved = None
        return {}


def capacity(account: Lambda, workers: int = 10) -> Capacity:
    return Capacity(client_of("lambda", account), WORKER, workers)


@pytest.mark.parametrize("limit", [110, 1000])
def test_where_the_account_is_large_enough_the_workers_are_reserved_and_no_more(limit: int):
    account, said = Lambda(limit), list[str]()
    for _ in range(2):
        capacity(account).reserve(say=said.append)
    assert account.reserved == 10
    assert said == [f"{WORKER}: at most 10 at a time, which are reserved for it"] * 2
    assert capacity(account).of_the_queue() == 10


@pytest.mark.parametrize("limit", [10, 50, 109])
def test_a_small_account_reserves_none_and_the_queue_leaves_some_to_receive(limit: int):
    account, said = Lambda(limit), list[str]()
    capacity(account).reserve(say=said.append)
    assert account.reserved is None
    assert said == [f"{WORKER}: none reserved, since this account runs only {limit} functions at a time"]
    assert capacity(account).of_the_queue() == min(10, limit - 4)


def test_before_the_first_deployment_nothing_is_reserved():
    assert capacity(Lambda(exists=False)).reserved() is None


def test_what_others_have_reserved_is_left_to_them():
    account = Lambda(1000, others=895)
    assert not capacity(account).can_reserve()
    assert capacity(account, workers=5).can_reserve()


def test_a_reservation_that_has_become_too_large_is_given_back():
    account = Lambda(100, reserved=50)
    capacity(account).reserve(say=lambda _: None)
    assert account.reserved is None


def test_a_changed_setting_changes_the_reservation():
    account = Lambda(1000, reserved=10)
    capacity(account, workers=200).reserve(say=lambda _: None)
    assert account.reserved == 200


def test_an_account_that_refuses_though_it_looks_large_enough_goes_on_without():
    account, said = Lambda(1000, reserved=3, refusal=TOO_FEW), list[str]()
    capacity(account).reserve(say=said.append)
    assert (account.reserved, len(said)) == (None, 1)


def test_another_refusal_is_raised():
    account = Lambda(1000, refusal=Refusal("AccessDeniedException", "not authorized"))
    with pytest.raises(ClientError, match="not authorized"):
        capacity(account).reserve(say=lambda _: None)


@pytest.mark.parametrize(("limit", "most"), [(1, 2), (5, 2), (10, 6), (14, 10), (1000, 10)])
def test_a_queue_starts_two_workers_at_least_as_sqs_demands(limit: int, most: int):
    assert most_workers(limit, 10) == most
