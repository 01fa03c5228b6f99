"""What Chalice cannot set: how often and how long the worker is retried, where its failures go, and its wake queue."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from scripts.deploy.stack import Say

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

RETRIES: Final = 2
AGE_S: Final = 3600
"""As old as an answer may be (`plans`): a later try would only drop the turn."""
_NOT_YET_ALLOWED_S: Final = 30
"""How long IAM may take until a new role's rights hold everywhere."""


@dataclass(frozen=True)
class WorkerSettings:
    """The worker's asynchronous side."""

    client: "LambdaClient"
    worker: str
    wait: Callable[[float], None]

    def retry(self, dead_letters: str, *, say: Say) -> None:
        """Two retries within an hour, then into the dead-letter queue `dead_letters` (an ARN)."""
        self._patiently(
            lambda: self.client.put_function_event_invoke_config(
                FunctionName=self.worker,
                MaximumRetryAttempts=RETRIES,
                MaximumEventAgeInSeconds=AGE_S,
                DestinationConfig={"OnFailure": {"Destination": dead_letters}},
            )
        )
        say(f"{self.worker}: {RETRIES} retries within an hour, then the dead-letter queue")

    def listen(self, queue: str | None, *, say: Say) -> None:
        """Be woken by this queue (an ARN) and by no other; None for by none."""
        mappings = self.client.list_event_source_mappings(FunctionName=self.worker)["EventSourceMappings"]
        for mapping in mappings:
            if mapping["EventSourceArn"] != queue and mapping["State"] != "Deleting":
                self.client.delete_event_source_mapping(UUID=mapping["UUID"])
                say("no longer woken by a queue")
        if queue and queue not in {mapping["EventSourceArn"] for mapping in mappings}:
            self._patiently(
                lambda: self.client.create_event_source_mapping(
                    EventSourceArn=queue, FunctionName=self.worker, BatchSize=1
                )
            )
            say("woken by the queue, one conversation after the other in each group")

    def forget(self) -> None:
        """Be woken by no queue, and keep no setting: both would outlive the function."""
        for mapping in self.client.list_event_source_mappings(FunctionName=self.worker)["EventSourceMappings"]:
            self.client.delete_event_source_mapping(UUID=mapping["UUID"])
        with suppress(self.client.exceptions.ResourceNotFoundException):
            self.client.delete_function_event_invoke_config(FunctionName=self.worker)

    def _patiently(self, call: Callable[[], object]) -> None:
        """Until the role's rights have reached Lambda."""
        for _ in range(_NOT_YET_ALLOWED_S):
            try:
                call()
            except ClientError as exc:
                if "permission" not in str(exc) and "cannot be assumed" not in str(exc):
                    raise
                self.wait(1)
            else:
                return
        call()
