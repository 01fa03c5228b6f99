"""Creates, updates and deletes a CloudFormation stack, and reports its progress and errors in words."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from botocore.exceptions import ClientError

from chalicelib.errors import ConfigError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

Say = Callable[[str], None]

TEMPLATE: Final = Path(__file__).parents[2] / ".chalice" / "resources.yaml"
_NEVER_COMPLETE: Final = frozenset(
    {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS", "DELETE_FAILED"}
)
"""States of a stack that was never complete, or failed to be deleted: it must be deleted before it can be created."""
_FIRST_STATUSES: Final = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"})
"""Statuses of the first event of an operation on a stack."""
_DRIFT_S: Final = 120


@dataclass(frozen=True)
class Stack:
    """A CloudFormation stack. Every method raises ConfigError with a reason, or the errors of botocore."""

    client: "CloudFormationClient"
    name: str
    wait: Callable[[float], None] = time.sleep

    def status(self) -> str:
        """Return CloudFormation's status of the stack; empty if it does not exist."""
        stack = self._find()
        return stack["StackStatus"] if stack else ""

    def outputs(self) -> dict[str, str]:
        """Return the outputs of the stack; empty if it does not exist."""
        stack = self._find() or {}
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def parameters(self) -> dict[str, str]:
        """Return the parameters of the stack; empty if it does not exist."""
        stack = self._find() or {}
        return {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", [])}

    def deploy(self, parameters: Mapping[str, str], *, at_first: Mapping[str, str] | None = None, say: Say) -> str:
        """Create or update the stack from the template; returns `created`, `updated` or `unchanged`.

        `at_first` are parameters with another value while the stack is created, so that a creation that fails can be
        rolled back; an update then sets `parameters`.
        """
        self.clear(say=say)
        if self.status() == "UPDATE_ROLLBACK_FAILED":
            raise ConfigError(
                f"the stack {self.name} could not roll back its last update: choose `Continue update rollback` "
                "in the CloudFormation console"
            )
        if self.status():
            return self._update(parameters, say)
        self._call(self.client.create_stack, {**parameters, **(at_first or {})}, EnableTerminationProtection=True)
        self._wait(say)
        if at_first:
            self._update(parameters, say)
        return "created"

    def clear(self, *, say: Say) -> None:
        """Wait for a running operation, then delete the stack if it was never complete."""
        self._wait_for_others(say)
        if self.status() in _NEVER_COMPLETE:
            say("an earlier attempt failed: deleting it")
            self.delete(say=say)

    def delete(self, *, say: Say) -> None:
        """Delete the stack with its resources. The table stays: the template retains it."""
        self._wait_for_others(say)
        if not self.status():
            return
        self.client.update_termination_protection(StackName=self.name, EnableTerminationProtection=False)
        self.client.delete_stack(StackName=self.name)
        self._wait(say, deleted=True)

    def drifted(self) -> list[str]:
        """List the logical ids of resources that were changed or deleted outside CloudFormation, sorted."""
        started = self.client.detect_stack_drift(StackName=self.name)["StackDriftDetectionId"]
        for _ in range(_DRIFT_S):
            found = self.client.describe_stack_drift_detection_status(StackDriftDetectionId=started)
            if found["DetectionStatus"] != "DETECTION_IN_PROGRESS":
                break
            self.wait(1)
        drifts = self.client.describe_stack_resource_drifts(
            StackName=self.name, StackResourceDriftStatusFilters=["MODIFIED", "DELETED"]
        )
        return sorted(drift["LogicalResourceId"] for drift in drifts["StackResourceDrifts"])

    def _update(self, parameters: Mapping[str, str], say: Say) -> str:
        try:
            self._call(self.client.update_stack, parameters)
        except ClientError as exc:
            if "No updates are to be performed" in str(exc):
                return "unchanged"
            raise
        self._wait(say)
        return "updated"

    def _call(self, call: Callable[..., Any], parameters: Mapping[str, str], **options: Any) -> None:
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        token = uuid4().hex  # botocore repeats a call whose response is late: CloudFormation then knows it again
        body = TEMPLATE.read_text()
        call(StackName=self.name, TemplateBody=body, Parameters=given, ClientRequestToken=token, **options)

    def _find(self) -> Any:
        try:
            [stack] = self.client.describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as exc:
            if _is_missing(exc):
                return None
            raise
        return None if stack["StackStatus"] == "DELETE_COMPLETE" else stack

    def _wait_for_others(self, say: Say) -> None:
        """Wait for a running operation to end, successful or not."""
        if _is_in_progress(self.status()):
            say("another operation is running: waiting")
            self._wait_for_end(say)

    def _wait(self, say: Say, *, deleted: bool = False) -> None:
        """Wait until the operation has ended. Raises ConfigError with its first error."""
        status = self._wait_for_end(say)
        if deleted and status:
            raise ConfigError(f"the stack {self.name} could not be deleted: {self._reason()}")
        if "ROLLBACK" in status or status.endswith("_FAILED"):
            raise ConfigError(f"the stack {self.name} could not be deployed: {self._reason()}")

    def _wait_for_end(self, say: Say) -> str:
        """Wait until no operation is in progress, and report finished resources; returns the status then."""
        reported: set[str] = set()
        while _is_in_progress(status := self.status()):
            for event in reversed(self._events()):
                if event["EventId"] not in reported and event["ResourceStatus"].endswith("_COMPLETE"):
                    say(f"{event['LogicalResourceId']} {_in_words(event['ResourceStatus'])}")
                reported.add(event["EventId"])
            self.wait(1)
        return status

    def _events(self) -> list[Any]:
        """List the events of the latest operation, newest first."""
        latest: list[Any] = []
        try:
            for page in self.client.get_paginator("describe_stack_events").paginate(StackName=self.name):
                for event in page["StackEvents"]:
                    latest.append(event)
                    if event["LogicalResourceId"] == self.name and event["ResourceStatus"] in _FIRST_STATUSES:
                        return latest
        except ClientError as exc:
            if not _is_missing(exc):  # the stack was deleted meanwhile
                raise
        return latest

    def _reason(self) -> str:
        """Describe the first failure of the latest operation; later ones are its consequences."""
        failed = [
            event
            for event in reversed(self._events())
            if event["ResourceStatus"].endswith("_FAILED") and event["LogicalResourceId"] != self.name
        ]
        if not failed:
            return "CloudFormation gives no reason; see the events in its console"
        reason = " ".join(str(failed[0].get("ResourceStatusReason", "no reason given")).split())
        remedy = ""
        if "already exists" in reason:
            remedy = "; something else has this name: delete or rename it, or choose another --stage"
        return f"{failed[0]['LogicalResourceId']}: {reason}{remedy}"


def _is_in_progress(status: str) -> bool:
    return status.endswith("_IN_PROGRESS") and status not in _NEVER_COMPLETE


def _is_missing(exc: ClientError) -> bool:
    return "does not exist" in str(exc)


def _in_words(status: str) -> str:
    return {"CREATE_COMPLETE": "is created", "UPDATE_COMPLETE": "is up to date", "DELETE_COMPLETE": "is deleted"}.get(
        status, status.lower()
    )
