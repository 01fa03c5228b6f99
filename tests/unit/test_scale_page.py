import copy
import json
from typing import Any

import pytest

from scripts.bench.scale.__main__ import FIGURES, PAGE
from scripts.bench.scale.page import render


@pytest.fixture
def figures() -> Any:
    return copy.deepcopy(json.loads(FIGURES.read_text()))


def test_the_page_is_what_the_program_makes_of_its_figures(figures: Any):
    assert PAGE.read_text() == render(figures), (
        "docs/scale.md is generated: run `.venv/bin/python -m scripts.bench.scale`, or with `--render` if only words "
        "of the program have changed"
    )


def test_the_page_names_its_date_machine_and_command(figures: Any):
    figures |= {"date": "1 May 2031", "machine": "one core", "command": "python -m scale"}
    assert "Generated on 1 May 2031 by `python -m scale`, on one core." in render(figures)


@pytest.mark.parametrize(
    ("p99", "said"),
    [
        ([900, 50, 40], "The goal, 50 ms, is reached with 16 items"),
        ([900, 51, 50], "The goal, 50 ms, is reached with 40 items"),
        ([None, 51, 51], "The goal, 50 ms, is not reached with any number of items that was tried"),
    ],
)
def test_the_page_says_whether_the_goal_is_reached_and_with_the_fewest_items(
    figures: Any, p99: list[int | None], said: str
):
    row = figures["shards"][0]
    figures["shards"] = [{**row, "shards": number, "p99": ms} for number, ms in zip((1, 16, 40), p99, strict=True)]
    assert said in " ".join(render(figures).split())


def test_a_run_in_which_no_turn_ended_has_no_time(figures: Any):
    figures["runs"][0] |= {"gave_up": 1.0, "p50": None, "p99": None, "limits": {"the table": 1.0}}
    assert "| 100.0% | none ended | none ended | the table 100% |" in render(figures)


def test_the_page_says_which_layout_the_code_had(figures: Any):
    figures["code"] = figures["spread"]
    assert "The code had this layout when the page was written." in render(figures)
    figures["code"] = {**figures["spread"], "spend": 1}
    assert "which may be less than all: 1 item a day and channel for the costs" in render(figures)


def test_the_page_begins_with_the_first_limit_and_with_that_of_others(figures: Any):
    page = render(figures)
    figures["limits"] = [limit for limit in figures["limits"] if limit["whose"] not in ("Parley", "OpenAI")]
    assert "the first limit is the model's budget of a day, by default: 1 USD pays" in page
    assert "**With all settings raised** it is OpenAI's: tokens of a model, tier 1" in page
    assert "**With all settings raised** it is Meta's: messages of a page" in render(figures)
