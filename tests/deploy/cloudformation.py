"""Simulates CloudFormation with one stack in memory; time passes only when a test says so."""

import itertools
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from tests.deploy.fakes import Refusal

Event = tuple[str, str, str]
"""A resource, its status and the reason."""
Story = Sequence[str | Event]
"""The statuses of a stack, one per second, and the events of its resources in between."""
_STUCK: Final = frozenset(
    {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED", "DELETE_FAILED"}
)
_PAGE: Final = 4


@dataclass
class CloudFormation:
    """Every operation succeeds, unless `becomes` defines another course of the next CREATE, UPDATE or DELETE."""

    name: str
    status: str = ""
    parameters: Sequence[Mapping[str, str]] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)
    template: str = ""
    protected: bool = False
    becomes: dict[str, Story] = field(default_factory=dict)
    ahead: deque[str | Event] = field(default_factory=deque)
    events: list[dict[str, Any]] = field(default_factory=list)
    """The events, oldest first."""
    drifts: Mapping[str, str] = field(default_factory=dict)
    comparing: int = 0
    """Seconds until drift detection ends."""
    at_once: bool = False
    """Every operation ends at once."""
    forbidden: str = ""
    """The operation for which the caller has no permission."""
    asked: list[str] = field(default_factory=list)
    """The operations that were requested."""
    token: str = ""
    """The token of the latest request: a request that has it is the same one, sent again."""
    _numbers: Any = field(default_factory=itertools.count)

    def second(self, _: float) -> None:
        """Let time pass."""
        self.comparing = max(0, self.comparing - 1)
        while self.ahead:
            happened = self.ahead.popleft()
            if isinstance(happened, str):
                self._enter(happened)
                return
            self._note(*happened)

    def begin(self, operation: str, story: Story | None = None) -> None:
        """Start an operation of another caller."""
        told = story if story is not None else self.becomes.pop(operation, [f"{operation}_COMPLETE"])
        self.asked.append(operation)
        self._enter(f"{operation}_IN_PROGRESS")
        self.ahead = deque(told)
        while self.at_once and self.ahead:
            self.second(1)

    # -- what AWS offers -------------------------------------------------------------------------------------------

    def create_stack(
        self,
        stack_name: str,
        template_body: str,
        parameters: Any,
        client_request_token: str,
        *,
        enable_termination_protection: bool,
    ) -> dict[str, Any]:
        if self.token == client_request_token:
            return {}
        if self.status:
            raise Refusal("AlreadyExistsException", f"Stack [{stack_name}] already exists")
        self.template, self.parameters, self.protected = template_body, parameters, enable_termination_protection
        self.token = client_request_token
        self.begin("CREATE")
        return {}

    def update_stack(
        self, stack_name: str, template_body: str, parameters: Any, client_request_token: str
    ) -> dict[str, Any]:
        self._find(stack_name)
        if self.token == client_request_token:
            return {}
        if self.status.endswith("_IN_PROGRESS") or self.status in _STUCK:
            raise _invalid(f"Stack:arn is in {self.status} state and can not be updated.")
        if (template_body, parameters) == (self.template, self.parameters):
            raise _invalid("No updates are to be performed.")
        self.token = client_request_token
        if "UPDATE" not in self.becomes:
            self.template, self.parameters = template_body, parameters
        self.begin("UPDATE")
        return {}

    def update_termination_protection(self, stack_name: str, *, enable_termination_protection: bool) -> dict[str, Any]:
        self._find(stack_name)
        if self.status == "DELETE_IN_PROGRESS":
            raise _invalid(f"Stack [{stack_name}] is in DELETE_IN_PROGRESS state")
        self.protected = enable_termination_protection
        return {}

    def delete_stack(self, stack_name: str) -> dict[str, Any]:
        if self.protected:
            raise _invalid(f"Stack [{stack_name}] cannot be deleted while TerminationProtection is enabled")
        self.begin("DELETE")
        return {}

    def describe_stacks(self, stack_name: str) -> dict[str, Any]:
        self._find(stack_name)
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self.outputs.items()]
        stack = {"StackName": self.name, "CreationTime": _now(), "StackStatus": self.status}
        return {"Stacks": [{**stack, "Parameters": self.parameters, "Outputs": outputs}]}

    def describe_stack_events(self, stack_name: str, next_token: str = "0") -> dict[str, Any]:
        if self.forbidden == "DescribeStackEvents":
            raise Refusal("AccessDenied", "User: me is not authorized to perform: cloudformation:DescribeStackEvents")
        self._find(stack_name)
        start, newest = int(next_token), self.events[::-1]
        more = {"NextToken": str(start + _PAGE)} if start + _PAGE < len(newest) else {}
        return {"StackEvents": newest[start : start + _PAGE], **more}

    def detect_stack_drift(self, stack_name: str) -> dict[str, Any]:
        self._find(stack_name)
        return {"StackDriftDetectionId": "drift"}

    def describe_stack_drift_detection_status(self, stack_drift_detection_id: str) -> dict[str, Any]:
        status = "DETECTION_IN_PROGRESS" if self.comparing else "DETECTION_COMPLETE"
        found = {"StackId": "arn", "StackDriftDetectionId": stack_drift_detection_id, "Timestamp": _now()}
        return {**found, "DetectionStatus": status}

    def describe_stack_resource_drifts(
        self, stack_name: str, stack_resource_drift_status_filters: Sequence[str]
    ) -> dict[str, Any]:
        known = {} if self.comparing else self.drifts
        return {
            "StackResourceDrifts": [
                {
                    "StackId": "arn",
                    "LogicalResourceId": name,
                    "ResourceType": "AWS::SQS::Queue",
                    "StackResourceDriftStatus": status,
                    "Timestamp": _now(),
                }
                for name, status in known.items()
                if status in stack_resource_drift_status_filters
            ]
        }

    # -- how it keeps it ---------------------------------------------------------------------------------------------

    def _find(self, name: str) -> None:
        if not self.status:
            raise _invalid(f"Stack with id {name} does not exist")

    def _enter(self, status: str) -> None:
        if status != self.status:
            self._note(self.name, status, "")
        self.status = "" if status == "DELETE_COMPLETE" else status

    def _note(self, resource: str, status: str, why: str) -> None:
        number = next(self._numbers)
        event = {"StackId": "arn", "EventId": str(number), "StackName": self.name, "Timestamp": _now()}
        reason = {"ResourceStatusReason": why} if why else {}
        self.events.append({**event, "LogicalResourceId": resource, "ResourceStatus": status, **reason})


def _invalid(message: str) -> Refusal:
    return Refusal("ValidationError", message)


def _now() -> datetime:
    return datetime(2026, 11, 21, tzinfo=UTC)
