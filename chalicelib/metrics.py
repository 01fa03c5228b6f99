"""What CloudWatch counts: the table of metrics, and the block that has it read them from a log line. Pure.

A metric costs about 0.30 USD a month for each value of its dimension, beyond the ten an account has free. So there are
at most ten, and one dimension with one value a deployment: `Stage` (`prod`, `dev`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

NAMESPACE: Final = "Parley"
DIMENSION: Final = "Stage"


@dataclass(frozen=True)
class Metric:
    """A metric in CloudWatch's words."""

    name: str
    unit: str
    factor: int = 1
    """From the field's unit to this one."""


_FAILED: Final = Metric("Failed", "Count")

METRICS: Final[Mapping[tuple[str, str], Metric]] = {
    ("door", "ms"): Metric("AckMs", "Milliseconds"),
    ("turn", "waited_ms"): Metric("QueueDelayMs", "Milliseconds"),
    ("model", "ms"): Metric("ModelMs", "Milliseconds"),
    ("model", "gen_ai.response.time_to_first_chunk"): Metric("FirstTokenMs", "Milliseconds", factor=1000),
    ("model", "cost_usd"): Metric("CostUsd", "None"),
    ("refuse", "refused"): Metric("Refused", "Count"),
    ("model", "failed"): _FAILED,
    ("deliver", "failed"): _FAILED,
    ("channel", "failed"): _FAILED,
    ("drop", "failed"): _FAILED,
    ("heartbeat", "oldest_ms"): Metric("OldestWaitingMs", "Milliseconds"),
    ("channel", "broken"): Metric("ChannelBroken", "Count"),
    ("budget", "used_pct"): Metric("BudgetUsedPct", "Percent"),
}
"""By the line's stage and field: every line that carries the field carries the metric."""


def embedded(stage: str, fields: Mapping[str, Any], *, deployment: str, at: int) -> dict[str, Any]:
    """What a line of `stage` needs besides its fields for CloudWatch to find its metrics; nothing when it has none.

    This is CloudWatch's embedded metric format: each value stands at the top of the line, under its metric's name.
    """
    found = [(METRICS[stage, name], value) for name, value in fields.items() if (stage, name) in METRICS]
    if not found:
        return {}
    definitions = [{"Name": metric.name, "Unit": metric.unit} for metric, _ in found]
    directive = {"Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": definitions}
    values = {metric.name: round(value * metric.factor, 6) for metric, value in found}
    return {"_aws": {"Timestamp": at, "CloudWatchMetrics": [directive]}, DIMENSION: deployment, **values}
