"""The figures of docs/scale.md, computed on little, can be written as JSON and make a whole page."""

import json
from typing import TYPE_CHECKING

import pytest

from scripts.bench.scale.figures import RATES, SHARDS, Effort, grown, simulated
from scripts.bench.scale.page import render

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.emulated

TINY = Effort(60, 0.2, 40, (0, 2), (2, 4), (1, 2), 2)


def test_figures_computed_now_make_a_whole_page(emulator: "DynamoDBClient"):
    said, url = list[str](), emulator.meta.endpoint_url
    growth = grown(url, TINY, command="measure", say=said.append)
    found = json.loads(json.dumps(simulated(url, TINY, growth, command="simulate", say=said.append)))
    page = render(found)
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        "## One million people",
        "## What the store does in a plain turn",
        "## The store's part, simulated",
        "## What grows",
        "## Memory of a worker",
    ]
    assert [row["shards"] for row in found["shards"]] == list(SHARDS)
    assert {row["rate"] for row in found["runs"]} == set(RATES)
    assert ("by `simulate`" in page, "by `measure`" in page) == (True, True)
    assert not {"nan", "inf", "None"} & set(page.replace("|", " ").split())
    assert said[-1] == "simulate the store"
