import copy
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.metrics import METRICS, embedded
from tests import emf

Line = dict[str, Any]
AT = 1_795_176_000_000

NAMES = {metric.name: metric for metric in METRICS.values()}


def line(stage: str, **fields: float) -> Line:
    return {"stage": stage, **fields, **embedded(stage, fields, deployment="prod", at=AT)}


def test_there_are_no_more_metrics_than_are_free():
    assert len(NAMES) <= 10


def test_no_name_stands_for_two_kinds_of_numbers():
    assert set(NAMES.values()) == set(METRICS.values())


def test_the_metrics_on_which_there_are_alarms_keep_their_names_and_places():
    assert METRICS["heartbeat", "oldest_ms"].name == "OldestWaitingMs"
    assert METRICS["channel", "broken"].name == "ChannelBroken"
    assert METRICS["budget", "used_pct"].name == "BudgetUsedPct"


@pytest.mark.parametrize(("stage", "name"), METRICS)
def test_every_metric_is_counted_by_the_deployments_stage_and_by_nothing_else(stage: str, name: str):
    found = line(stage, **{name: 7})
    [directive] = found["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"], found["Stage"]) == ("Parley", [["Stage"]], "prod")
    assert emf.problems(found) == []


def test_a_metric_is_read_from_the_lines_field():
    assert emf.values(line("door", ms=12)) == {"AckMs": 12}
    assert emf.values(line("model", cost_usd=0.000213)) == {"CostUsd": 0.000213}
    assert emf.values(line("budget", used_pct=81.5)) == {"BudgetUsedPct": 81.5}


def test_one_line_can_carry_several():
    found = line("model", ms=1800, **{"gen_ai.response.time_to_first_chunk": 0.412})
    assert emf.values(found) == {"ModelMs": 1800, "FirstTokenMs": 412}


def test_a_line_without_a_metric_is_as_short_as_before():
    assert line("accept", ms=12) == {"stage": "accept", "ms": 12}


BREAKS: dict[str, Callable[[Line], object]] = {
    "no time": lambda found: found["_aws"].pop("Timestamp"),
    "time in seconds": lambda found: found["_aws"].update(Timestamp=AT // 1000),
    "a fraction of a time": lambda found: found["_aws"].update(Timestamp=AT + 0.5),
    "nothing to find": lambda found: found["_aws"].update(CloudWatchMetrics=[]),
    "something unknown": lambda found: found["_aws"].update(Extra=1),
    "no namespace": lambda found: found["_aws"]["CloudWatchMetrics"][0].update(Namespace=""),
    "no set of dimensions": lambda found: found["_aws"]["CloudWatchMetrics"][0].update(Dimensions=[]),
    "dimensions that are no set": lambda found: found["_aws"]["CloudWatchMetrics"][0].update(Dimensions=["Stage"]),
    "a dimension without a value": lambda found: found.pop("Stage"),
    "a dimension that is a number": lambda found: found.update(Stage=1),
    "no metric": lambda found: found["_aws"]["CloudWatchMetrics"][0].update(Metrics=[]),
    "an unknown unit": lambda found: found["_aws"]["CloudWatchMetrics"][0]["Metrics"][0].update(Unit="ms"),
    "a metric without a value": lambda found: found.pop("AckMs"),
    "a metric that is a text": lambda found: found.update(AckMs="12"),
    "a metric that is true": lambda found: found.update(AckMs=True),
}


@pytest.mark.parametrize("damage", BREAKS.values(), ids=BREAKS)
def test_the_rules_of_the_format_notice_a_line_that_cloudwatch_would_not_read(damage: Callable[[Line], object]):
    found = copy.deepcopy(line("door", ms=12))
    damage(found)
    assert emf.problems(found)
