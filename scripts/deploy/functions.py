"""Configures the worker as Chalice cannot: retries, the dead-letter queue, and the queue that wakes it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from scripts.deploy.stack import Say

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import EventSourceMappingConfigurationTypeDef

RETRIES: Final = 2
AGE_S: Final = 3600
"""The age at which a turn is dropped (`conversation.plan`): a later retry would be useless."""
_PROPAGATION_S: Final = 60
"""IAM may need so long to propagate a new role's permissions, and Lambda to release a mapping."""
_NOT_PROPAGATED: Final = ("permission", "cannot be assumed", "destination ARN", "Trusted Entity")
"""What Lambda says of a role that it does not know yet; of the destination it then says that its ARN is invalid."""


@dataclass(frozen=True)
class WorkerSettings:
    """The settings for asynchronous invocation of the worker."""

    client: "LambdaClient"
    worker: str
    wait: Callable[[float], None]

    def retry(self, dead_letters: str, *, say: Say) -> None:
        """Set two retries within an hour, then the dead-letter queue `dead_letters` (an ARN)."""
        self._retrying(
            lambda: self.client.put_function_event_invoke_config(
                FunctionName=self.worker,
                MaximumRetryAttempts=RETRIES,
                MaximumEventAgeInSeconds=AGE_S,
                DestinationConfig={"OnFailure": {"Destination": dead_letters}},
            )
        )
        say(f"{self.worker}: {RETRIES} retries within an hour, then the dead-letter queue")

    def listen(self, queue: str | None, *, most: int, say: Say) -> None:
        """Let this queue (an ARN) wake the worker, `most` at a time, and no other queue; None for no queue."""
        existing = self._mappings()
        for mapping in existing:
            if mapping["EventSourceArn"] != queue:
                self._delete(mapping["UUID"])
                say("no longer invoked by a queue")
        ours = [mapping for mapping in existing if mapping["EventSourceArn"] == queue]
        if queue and not ours:
            self._retrying(lambda: self._create(queue, most))
            say("invoked by the queue, one message after another for each conversation")
        for mapping in ours:
            if mapping["State"] in {"Disabled", "Disabling"}:
                self._update(mapping["UUID"], Enabled=True)
                say("invoked by the queue again")
            if mapping.get("ScalingConfig", {}).get("MaximumConcurrency") != most:
                self._update(mapping["UUID"], ScalingConfig={"MaximumConcurrency": most})
                say(f"invoked by the queue for at most {most} conversations at a time")

    def forget(self) -> None:
        """Delete the mappings and the retry settings: both would outlive the function."""
        for mapping in self._mappings():
            self._delete(mapping["UUID"])
        with suppress(self.client.exceptions.ResourceNotFoundException):
            self.client.delete_function_event_invoke_config(FunctionName=self.worker)

    def _mappings(self) -> "list[EventSourceMappingConfigurationTypeDef]":
        """List the event source mappings, without those that are being deleted."""
        found = self.client.list_event_source_mappings(FunctionName=self.worker)["EventSourceMappings"]
        return [mapping for mapping in found if mapping["State"] != "Deleting"]

    def _create(self, queue: str, most: int) -> None:
        """Create the mapping unless an attempt whose response was lost has created it."""
        if all(mapping["EventSourceArn"] != queue for mapping in self._mappings()):
            self.client.create_event_source_mapping(
                EventSourceArn=queue,
                FunctionName=self.worker,
                BatchSize=1,
                ScalingConfig={"MaximumConcurrency": most},
            )

    def _delete(self, mapping: str) -> None:
        self._retrying(lambda: self.client.delete_event_source_mapping(UUID=mapping))

    def _update(self, mapping: str, **settings: Any) -> None:
        self._retrying(lambda: self.client.update_event_source_mapping(UUID=mapping, **settings))

    def _retrying(self, call: Callable[[], object]) -> None:
        """Retry a call until the role's permissions have propagated and no mapping is being changed."""
        for _ in range(_PROPAGATION_S):
            try:
                call()
            except ClientError as exc:
                if not _is_temporary(exc):
                    raise
                self.wait(1)
            else:
                return
        call()


def _is_temporary(exc: ClientError) -> bool:
    code, message = exc.response["Error"]["Code"], exc.response["Error"]["Message"]
    if code == "InvalidParameterValueException":
        return any(words in message for words in _NOT_PROPAGATED)
    return code in {"ResourceInUseException", "ResourceConflictException"}
