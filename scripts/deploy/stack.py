"""What CloudFormation keeps for a stage: its data, and the functions if a pipeline deployed them from a bundle."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from chalicelib.errors import ConfigError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

Say = Callable[[str], None]

TEMPLATE: Final = Path(__file__).parents[2] / ".chalice" / "resources.yaml"
_NEVER_MADE: Final = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS", "DELETE_FAILED"})
"""States of a stack that was never complete, or not deleted: it can only be deleted and made anew."""
_BEGINNINGS: Final = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"})
"""What the stack's own first event of an operation says."""
_DRIFT_S: Final = 120


@dataclass(frozen=True)
class Stack:
    """One stack. Every method raises ConfigError in words, or what botocore raises."""

    client: "CloudFormationClient"
    name: str
    wait: Callable[[float], None] = time.sleep

    def status(self) -> str:
        """As CloudFormation calls it; empty when there is no stack."""
        stack = self._find()
        return stack["StackStatus"] if stack else ""

    def outputs(self) -> dict[str, str]:
        """What the stack tells the other steps."""
        stack = self._find() or {}
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def parameters(self) -> dict[str, str]:
        """What the stack was made with; empty when there is none."""
        stack = self._find() or {}
        return {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", [])}

    def deploy(self, parameters: Mapping[str, str], *, say: Say) -> str:
        """Make it as the template says, whatever state it is in; what was done, in a word."""
        self._let_others_finish(say)
        if self.status() == "UPDATE_ROLLBACK_FAILED":
            raise ConfigError(
                f"the stack {self.name} is stuck half-way back from an update: choose Continue update rollback "
                "in CloudFormation's console"
            )
        if self.status() in _NEVER_MADE:
            say("an earlier attempt failed: clearing it away")
            self.delete(say=say)
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        if not self.status():
            self._call(self.client.create_stack, given, EnableTerminationProtection=True)
            self._settle(say)
            return "created"
        try:
            self._call(self.client.update_stack, given)
        except ClientError as exc:
            if "No updates are to be performed" in str(exc):
                return "unchanged"
            raise
        self._settle(say)
        return "updated"

    def delete(self, *, say: Say) -> None:
        """Delete it with all it holds, but for the table, which is protected until `destroy` has deleted it."""
        self._let_others_finish(say)
        if not self.status():
            return
        self.client.update_termination_protection(StackName=self.name, EnableTerminationProtection=False)
        self.client.delete_stack(StackName=self.name)
        self._settle(say, gone=True)

    def drifted(self) -> list[str]:
        """The logical ids of resources that are not as the template made them, as far as CloudFormation can tell."""
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

    def _call(self, call: Callable[..., Any], parameters: list[dict[str, str]], **options: Any) -> None:
        call(StackName=self.name, TemplateBody=TEMPLATE.read_text(), Parameters=parameters, **options)

    def _find(self) -> Any:
        try:
            [stack] = self.client.describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as exc:
            if _is_missing(exc):
                return None
            raise
        return None if stack["StackStatus"] == "DELETE_COMPLETE" else stack

    def _let_others_finish(self, say: Say) -> None:
        """Whatever comes of it, what is asked here is done afterwards."""
        if _is_moving(self.status()):
            say("somebody is at it: waiting")
            self._rest(say)

    def _settle(self, say: Say, *, gone: bool = False) -> None:
        """Wait until it is done. Raises ConfigError with the first reason."""
        status = self._rest(say)
        if gone and status:
            raise ConfigError(f"the stack {self.name} could not be deleted: {self._reason()}")
        if "ROLLBACK" in status or status.endswith("_FAILED"):
            raise ConfigError(f"the stack {self.name} could not be made: {self._reason()}")

    def _rest(self, say: Say) -> str:
        """Wait until nothing is in progress, saying what gets ready; the state it is in then."""
        told: set[str] = set()
        while _is_moving(status := self.status()):
            for event in reversed(self._events()):
                if event["EventId"] not in told and event["ResourceStatus"].endswith("_COMPLETE"):
                    say(f"{event['LogicalResourceId']} {_in_words(event['ResourceStatus'])}")
                told.add(event["EventId"])
            self.wait(1)
        return status

    def _events(self) -> list[Any]:
        """Of the latest operation, newest first."""
        latest: list[Any] = []
        try:
            for page in self.client.get_paginator("describe_stack_events").paginate(StackName=self.name):
                for event in page["StackEvents"]:
                    latest.append(event)
                    if event["LogicalResourceId"] == self.name and event["ResourceStatus"] in _BEGINNINGS:
                        return latest
        except ClientError as exc:
            if not _is_missing(exc):  # it was deleted under way
                raise
        return latest

    def _reason(self) -> str:
        """The first failure of the latest operation: what came after is its consequence."""
        failed = [
            event
            for event in reversed(self._events())
            if event["ResourceStatus"].endswith("_FAILED") and event["LogicalResourceId"] != self.name
        ]
        if not failed:
            return "CloudFormation gives no reason; its console has the events"
        reason = " ".join(str(failed[0].get("ResourceStatusReason", "no reason given")).split())
        cure = ""
        if "already exists" in reason:
            cure = "; something else has this name: delete or rename it, or choose another --stage"
        return f"{failed[0]['LogicalResourceId']}: {reason}{cure}"


def _is_moving(status: str) -> bool:
    return status.endswith("_IN_PROGRESS") and status not in _NEVER_MADE


def _is_missing(exc: ClientError) -> bool:
    return "does not exist" in str(exc)


def _in_words(status: str) -> str:
    return {"CREATE_COMPLETE": "is made", "UPDATE_COMPLETE": "is up to date", "DELETE_COMPLETE": "is gone"}.get(
        status, status.lower()
    )
