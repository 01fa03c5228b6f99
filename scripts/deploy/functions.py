"""What Chalice cannot set: how often and how long the worker is retried, where its failures go, and its wake queue."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from scripts.deploy.stack import Say

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import EventSourceMappingConfigurationTypeDef

RETRIES: Final = 2
AGE_S: Final = 3600
"""As old as an answer may be (`plans`): a later try would only drop the turn."""
_NOT_YET_S: Final = 60
"""How long IAM may take until a new role's rights hold everywhere, and Lambda to let go of a mapping."""


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
        there = self._mappings()
        for mapping in there:
            if mapping["EventSourceArn"] != queue:
                self._delete(mapping["UUID"])
                say("no longer woken by a queue")
        ours = [mapping for mapping in there if mapping["EventSourceArn"] == queue]
        if queue and not ours:
            self._patiently(
                lambda: self.client.create_event_source_mapping(
                    EventSourceArn=queue, FunctionName=self.worker, BatchSize=1
                )
            )
            say("woken by the queue, one conversation after the other in each group")
        for mapping in ours:
            if mapping["State"] in {"Disabled", "Disabling"}:
                self._enable(mapping["UUID"])
                say("woken by the queue again")

    def forget(self) -> None:
        """Be woken by no queue, and keep no setting: both would outlive the function."""
        for mapping in self._mappings():
            self._delete(mapping["UUID"])
        with suppress(self.client.exceptions.ResourceNotFoundException):
            self.client.delete_function_event_invoke_config(FunctionName=self.worker)

    def _mappings(self) -> "list[EventSourceMappingConfigurationTypeDef]":
        """Without those that are being deleted."""
        found = self.client.list_event_source_mappings(FunctionName=self.worker)["EventSourceMappings"]
        return [mapping for mapping in found if mapping["State"] != "Deleting"]

    def _delete(self, mapping: str) -> None:
        self._patiently(lambda: self.client.delete_event_source_mapping(UUID=mapping))

    def _enable(self, mapping: str) -> None:
        self._patiently(lambda: self.client.update_event_source_mapping(UUID=mapping, Enabled=True))

    def _patiently(self, call: Callable[[], object]) -> None:
        """Until the role's rights have reached Lambda, and what was begun with a mapping has ended."""
        for _ in range(_NOT_YET_S):
            try:
                call()
            except ClientError as exc:
                if not _will_pass(exc):
                    raise
                self.wait(1)
            else:
                return
        call()


def _will_pass(exc: ClientError) -> bool:
    code, message = exc.response["Error"]["Code"], exc.response["Error"]["Message"]
    if code == "InvalidParameterValueException":
        return "permission" in message or "cannot be assumed" in message
    return code in {"ResourceInUseException", "ResourceConflictException"}
