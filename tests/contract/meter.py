"""The request units of steps that tests run: what DynamoDB would charge for, rather too much."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from scripts.bench.table_requests import TableRequests
from tests.contract.in_process import client_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Meter:
    """Stands at a client's exit."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._requests = TableRequests(client, client_of())
        self.indexed = Counter[tuple[str, str]]()
        """Write request units of the indexes since the meter began, by index and partition."""
        self.close = self._requests.close

    def during(self, step: Callable[[], object]) -> tuple[int, float]:
        """The units that a step costs: written, read."""
        made = self._requests.during(step)
        for request in made:
            for item in request.written:
                self.indexed.update(item.index_units)
        return sum(request.write_units for request in made), sum(request.read_units for request in made)
