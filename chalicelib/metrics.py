"""The table of CloudWatch metrics, and the fields that publish them in a log line.

CloudWatch charges about 0.30 USD a month for a metric and each value of its dimension; ten are free for an account. So
there are at most ten metrics, and one dimension with one value a deployment: `Stage` (`prod`, `dev`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

NAMESPACE: Final = "Parley"
DIMENSION: Final = "Stage"


@dataclass(frozen=True)
class Metric:
    """A metric under CloudWatch's name and unit."""

    name: str
    unit: str
    factor: int = 1
    """The number that converts the field's unit to the metric's unit."""


_REFUSED: Final = Metric("Refused", "Count")
_FAILED: Final = Metric("Failed", "Count")

METRICS: Final[Mapping[tuple[str, str], Metric]] = {
    ("door", "ms"): Metric("AckMs", "Milliseconds"),
    ("turn", "waited_ms"): Metric("QueueDelayMs", "Milliseconds"),
    ("model", "ms"): Metric("ModelMs", "Milliseconds"),
    ("model", "gen_ai.response.time_to_first_chunk"): Metric("FirstTokenMs", "Milliseconds", factor=1000),
    ("model", "cost_usd"): Metric("CostUsd", "None"),
    ("refuse", "refused"): _REFUSED,
    ("moderate", "refused"): _REFUSED,
    ("moderate", "failed"): _FAILED,
    ("model", "failed"): _FAILED,
    ("deliver", "failed"): _FAILED,
    ("drop", "failed"): _FAILED,
    ("heartbeat", "oldest_ms"): Metric("OldestWaitingMs", "Milliseconds"),
    ("channel", "broken"): Metric("ChannelBroken", "Count"),
    ("budget", "used_pct"): Metric("BudgetUsedPct", "Percent"),
}
"""Metrics by the stage and field of a log line: each line with that stage and field publishes the metric."""


def embedded(stage: str, fields: Mapping[str, Any], *, deployment: str, at: int) -> dict[str, Any]:
    """Return the fields to add to a log line so that CloudWatch reads its metrics; empty when it has none.

    `at` is in milliseconds since 1970. The format is CloudWatch's embedded metric format: each value is a field of the
    line's top level, under the metric's name.
    """
    found = [(METRICS[stage, name], value) for name, value in fields.items() if (stage, name) in METRICS]
    if not found:
        return {}
    definitions = [{"Name": metric.name, "Unit": metric.unit} for metric, _ in found]
    directive = {"Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": definitions}
    values = {metric.name: round(value * metric.factor, 6) for metric, value in found}
    return {"_aws": {"Timestamp": at, "CloudWatchMetrics": [directive]}, DIMENSION: deployment, **values}
