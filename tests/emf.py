"""CloudWatch's embedded metric format, as rules: what AWS's published schema and the text around it demand of a line.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

_SIZES: Final = ("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes")
_BITS: Final = ("Bits", "Kilobits", "Megabits", "Gigabits", "Terabits")
_RATES: Final = tuple(f"{unit}/Second" for unit in (*_SIZES, *_BITS, "Count"))
UNITS: Final = frozenset(
    {*_SIZES, *_BITS, *_RATES, "Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "None"}
)
_MOST_KEYS: Final = 30
_MOST_METRICS: Final = 100


def problems(line: Mapping[str, Any]) -> list[str]:
    """What is wrong with a line's metrics; nothing for a line without."""
    return list(_of_metadata(line)) if "_aws" in line else []


def values(line: Mapping[str, Any]) -> dict[str, Any]:
    """What CloudWatch would count: the value of each metric the line defines."""
    directives = line.get("_aws", {}).get("CloudWatchMetrics", [])
    return {metric["Name"]: line[metric["Name"]] for directive in directives for metric in directive["Metrics"]}


def _of_metadata(line: Mapping[str, Any]) -> Iterator[str]:
    match line["_aws"]:
        case {"Timestamp": int(at), "CloudWatchMetrics": list(directives), **rest} if directives and not rest:
            if not 10**12 < at < 10**13:
                yield f"Timestamp {at} is not in milliseconds since 1970"
            for directive in directives:
                yield from _of_directive(directive, line)
        case other:
            yield f"_aws is {other}"


def _of_directive(directive: object, line: Mapping[str, Any]) -> Iterator[str]:
    match directive:
        case {"Namespace": str(namespace), "Dimensions": [*sets], "Metrics": [*metrics], **rest} if sets and not rest:
            if not _is_name(namespace):
                yield f"Namespace is {namespace!r}"
            for keys in sets:
                yield from _of_dimensions(keys, line)
            if not 0 < len(metrics) <= _MOST_METRICS:
                yield f"{len(metrics)} metrics"
            for metric in metrics:
                yield from _of_metric(metric, line)
        case other:
            yield f"a directive is {other}"


def _of_dimensions(keys: object, line: Mapping[str, Any]) -> Iterator[str]:
    if not (isinstance(keys, list) and len(keys) <= _MOST_KEYS and all(_is_name(key) for key in keys)):
        yield f"a set of dimensions is {keys}"
        return
    for key in keys:
        value = line.get(key)
        if not (isinstance(value, str) and value.strip() and value.isascii() and len(value) <= 1024):
            yield f"dimension {key} is {value!r} on the line"


def _of_metric(metric: object, line: Mapping[str, Any]) -> Iterator[str]:
    match metric:
        case {"Name": str(name), "Unit": str(unit), **rest} if _is_name(name) and unit in UNITS and not rest:
            value = line.get(name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                yield f"metric {name} is {value!r} on the line"
        case other:
            yield f"a metric is {other}"


def _is_name(text: object) -> bool:
    return isinstance(text, str) and 0 < len(text) <= 255
