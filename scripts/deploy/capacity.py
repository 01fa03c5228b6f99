"""Divides the account's concurrent executions of functions: some for the worker, the rest for those that receive.

AWS keeps a hundred of an account unreserved, and a new account has ten in all. In such an account the FIFO queue limits
the workers; with `lambda`, only the bounds on open conversations do (`conversation/limits.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from chalicelib.operations.findings import Finding
from scripts.deploy.stack import Say

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_NAME: Final = "concurrency"
KEPT_FREE: Final = 100
"""Functions at a time that AWS keeps for those without a reservation."""
RECEIVING: Final = 4
"""Functions at a time that the queue leaves to those that receive messages, where none can be reserved."""
FEWEST: Final = 2
"""The least that a queue can be limited to."""
NEW_ACCOUNT: Final = 10
"""Functions at a time that a new account may run."""


@dataclass(frozen=True)
class Capacity:
    """What the account allows, and what the worker may take of it."""

    client: "LambdaClient"
    worker: str
    workers: int
    """PARLEY_WORKERS."""

    def limit(self) -> int:
        """Return how many functions the account runs at a time."""
        return int(self._account()["ConcurrentExecutions"])

    def reserved(self) -> int | None:
        """Return how many are reserved for the worker; None for no reservation, or no worker."""
        try:
            found = self.client.get_function_concurrency(FunctionName=self.worker)
        except self.client.exceptions.ResourceNotFoundException:
            return None
        return found.get("ReservedConcurrentExecutions")

    def can_reserve(self) -> bool:
        """Whether the account is large enough to reserve PARLEY_WORKERS functions for the worker."""
        unreserved = int(self._account().get("UnreservedConcurrentExecutions", 0))
        return unreserved + (self.reserved() or 0) - self.workers >= KEPT_FREE

    def of_the_queue(self) -> int:
        """Return how many workers the FIFO queue may start at a time."""
        return self.workers if self.can_reserve() else most_workers(self.limit(), self.workers)

    def reserve(self, *, say: Say) -> None:
        """Reserve PARLEY_WORKERS functions for the worker, and let it take no more, if the account is large enough."""
        if self.can_reserve():
            try:
                self.client.put_function_concurrency(
                    FunctionName=self.worker, ReservedConcurrentExecutions=self.workers
                )
            except ClientError as exc:
                if exc.response["Error"]["Code"] != "InvalidParameterValueException":
                    raise
            else:
                say(f"{self.worker}: at most {self.workers} at a time, which are reserved for it")
                return
        if self.reserved() is not None:
            self.client.delete_function_concurrency(FunctionName=self.worker)
        say(f"{self.worker}: none reserved, since this account runs only {self.limit()} functions at a time")

    def finding(self, deploy: str) -> Finding:
        """Return what the account has and what that means; `deploy` is the command that deploys the stage."""
        limit, reserved = self.limit(), self.reserved()
        if not self.can_reserve():
            what = f"this account may run {limit} functions at a time, so none are reserved for the worker"
            why = "many answers at once leave none to receive messages"
            needed = f"at least {self.workers + KEPT_FREE} in the AWS console, under Service Quotas, AWS Lambda"
            return Finding.warning(_NAME, what, why, f"ask for {needed}, Concurrent executions, then run {deploy}")
        if reserved != self.workers:
            what = f"{reserved or 'none'} of {limit} are reserved for the worker, not {self.workers}"
            why = "many answers at once leave none to receive messages, or wait for each other"
            remedy = f"{deploy}; where a pipeline deploys, give its last command ReserveWorkers=true"
            return Finding.warning(_NAME, what, why, remedy)
        return Finding.ok(_NAME, f"{reserved} of {limit} functions at a time are reserved for the worker")

    def _account(self) -> Mapping[str, Any]:
        return self.client.get_account_settings()["AccountLimit"]


def most_workers(limit: int, wanted: int) -> int:
    """Return how many workers an account of `limit` functions at a time may run, if none can be reserved."""
    return max(FEWEST, min(wanted, limit - RECEIVING))
