"""Parses log events into lines: Parley's own JSON lines, and errors that Lambda, Chalice or Python report.

Everything else is ignored: Lambda's reports of success, and text that Parley did not write.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from scripts.cli import log_failures

_METRICS: Final = "_aws"
_LATEST_S: Final = 10**11
"""Seconds since 1970 that a date can still show."""
_REQUEST: Final = re.compile(r"(?:START|REPORT) RequestId: (\S+)")


@dataclass(frozen=True)
class Event:
    """An entry of a log."""

    id: str
    at: int
    """Milliseconds since 1970."""
    function: str
    stream: str
    """The log stream of one execution environment, which handles one invocation after another."""
    text: str


@dataclass(frozen=True)
class Line:
    """A logged step of Parley, or a failure of a function."""

    at: int
    """Milliseconds since 1970."""
    values: Mapping[str, Any]
    """The logged values, without those that only CloudWatch metrics need."""
    request: str = ""
    """The request id of the invocation; empty if unknown."""

    @property
    def stage(self) -> str:
        """The name of the step, such as `accept` or `turn`."""
        return str(self.values.get("stage", ""))

    @property
    def corr(self) -> str:
        """The correlation id of the message; empty if the line is about no message in particular."""
        return str(self.values.get("corr") or "")

    @property
    def is_error(self) -> bool:
        """Whether the line reports an error."""
        return bool(self.values.get("error"))


@dataclass(frozen=True)
class LineParser:
    """Parses events in their order. Remembers the request id of each invocation from its first line."""

    _requests: dict[tuple[str, str], str] = field(default_factory=dict)

    def lines(self, events: Iterable[Event]) -> list[Line]:
        """Parse the events that are lines, and skip the others."""
        return [line for event in events if (line := self._line(event))]

    def _line(self, event: Event) -> Line | None:
        environment = (event.function, event.stream)
        if request := _REQUEST.match(event.text):
            self._requests[environment] = request[1]
        values = _ours(event.text) or _failure(event)
        if not values:
            return None
        return Line(event.at, values, str(values.get("request_id") or self._requests.get(environment, "")))


@dataclass
class Trace:
    """Selects the lines of one message from all functions, by its correlation id or the beginning of it."""

    corr: str
    """The id, or its beginning; the caller completes it when the message is found."""
    _requests: set[str] = field(default_factory=set)

    def candidates(self, lines: Sequence[Line]) -> list[str]:
        """List the correlation ids that begin so, sorted."""
        return sorted({line.corr for line in lines if line.corr.startswith(self.corr) and line.corr})

    def select(self, lines: Sequence[Line]) -> list[Line]:
        """Select the message's lines, and those about no message from invocations that handled it."""
        self._requests |= {line.request for line in lines if line.corr == self.corr and line.request}
        return [line for line in lines if line.corr == self.corr or (not line.corr and line.request in self._requests)]


def time_of(text: str) -> int | None:
    """Parse the time of one of Parley's lines, in milliseconds since 1970; None if it has none."""
    match (_ours(text) or {}).get("ts"):
        case int() | float() as seconds if 0 <= seconds < _LATEST_S:
            return int(seconds * 1000)
    return None


def _ours(text: str) -> dict[str, Any] | None:
    try:
        values: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not (isinstance(values, dict) and "stage" in values):
        return None
    return {name: value for name, value in values.items() if name not in _for_metrics(values.get(_METRICS))}


def _for_metrics(block: Any) -> set[str]:
    """List the keys that only CloudWatch reads: the metrics block, and the duplicate values it refers to."""
    try:
        directives = block.get("CloudWatchMetrics", [])
        dimensions = {name for each in directives for names in each.get("Dimensions", []) for name in names}
        return {_METRICS} | dimensions | {metric["Name"] for each in directives for metric in each.get("Metrics", [])}
    except (AttributeError, KeyError, TypeError):  # not a block that Parley wrote
        return {_METRICS}


def _failure(event: Event) -> dict[str, Any] | None:
    error = log_failures.find(event.text)
    values = {"ts": event.at / 1000, "stage": "lambda", "function": event.function}
    return {**values, **error} if error else None
