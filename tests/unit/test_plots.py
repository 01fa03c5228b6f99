"""A plot shows its numbers twice: drawn, and as a table for those who do not see the drawing."""

import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from chalicelib.content import plots
from chalicelib.content.plots import Bar, Column, Plot


def plot(*values: int, **others: Any) -> Plot:
    columns = [Column(str(day), f"{day} November", value, f"{value} questions") for day, value in enumerate(values, 1)]
    made: dict[str, Any] = {
        "title": "Questions a day",
        "summary": "At most 9.",
        "columns": columns,
        "heads": ("day", "questions"),
        "axis": str,
        "table": "Numbers",
        "empty": "No question yet.",
    }
    return Plot(**made | others)


def drawn(*values: int, **others: Any) -> ET.Element:
    return ET.fromstring(plots.figure(plot(*values, **others)))


def columns_of(figure: ET.Element) -> list[ET.Element]:
    return [each for each in figure.iter("rect") if "plot-column" in each.get("class", "")]


def test_each_value_is_a_row_of_the_table_and_a_hint_of_its_column():
    figure = drawn(3, 0, 9)
    rows = [["".join(cell.itertext()) for cell in row] for row in figure.iter("tr")]
    assert rows == [
        ["day", "questions"],
        ["1 November", "3 questions"],
        ["2 November", "0 questions"],
        ["3 November", "9 questions"],
    ]
    assert [hint.text for hint in figure.iter("title")] == [
        "1 November: 3 questions",
        "2 November: 0 questions",
        "3 November: 9 questions",
    ]


def test_columns_are_as_high_as_their_values_and_zero_has_none():
    low, high = columns_of(drawn(3, 0, 9))
    assert float(high.attrib["height"]) == pytest.approx(3 * float(low.attrib["height"]))


def test_one_of_a_million_is_still_seen():
    assert float(columns_of(drawn(1, 1_000_000))[0].attrib["height"]) == 2


def test_a_screen_reader_gets_the_picture_as_one_image_with_a_sentence():
    [picture] = drawn(1).iter("svg")
    assert (picture.get("role"), picture.get("aria-label")) == ("img", "Questions a day. At most 9.")


@pytest.mark.parametrize("values", [(), (0,), (0, 0)])
def test_where_all_is_zero_there_is_only_the_sentence(values: tuple[int, ...]):
    figure = drawn(*values, empty="Nothing yet.")
    assert "".join(figure.itertext()) == "Questions a dayNothing yet."
    assert list(figure.iter("svg")) == []


def test_a_few_columns_are_no_wider_than_those_of_a_week():
    widths = [float(columns_of(drawn(*[1] * number))[0].attrib["width"].rstrip("%")) for number in (1, 3, 7, 14)]
    assert widths[0] == widths[1] == widths[2] == pytest.approx(2 * widths[3], abs=0.01)


@pytest.mark.parametrize(("number", "labels"), [(7, 7), (8, 8), (24, 8), (31, 8), (366, 8)])
def test_few_labels_are_written_so_that_they_do_not_touch(number: int, labels: int):
    assert len([text for text in drawn(*[1] * number).iter("text") if text.get("class") == "plot-label"]) == labels


def test_the_highest_value_is_written_above_its_column_once():
    shown = [text for text in drawn(9, 2, 9).iter("text") if "plot-most" in text.get("class", "")]
    assert [text.text for text in shown] == ["9 questions"]


def test_a_long_value_is_written_shorter_above_its_column():
    column = Column("1", "1 November", 267_886, "$0.267886", "$0.27")
    figure = ET.fromstring(plots.figure(plot(columns=[column])))
    assert "$0.27" in [text.text for text in figure.iter("text")]
    assert "$0.267886" in [cell.text for cell in figure.iter("td")]


@pytest.mark.parametrize(
    ("most", "axis"),
    [
        (1, [0, 1]),
        (4, [0, 1, 2, 3, 4]),
        (5, [0, 2, 4, 6]),
        (17, [0, 5, 10, 15, 20]),
        (99, [0, 50, 100]),
        (1_234_567, [0, 500_000, 1_000_000, 1_500_000]),
    ],
)
def test_the_scale_has_round_steps_and_room_for_the_highest(most: int, axis: list[int]):
    assert plots.scale(most) == axis


def test_words_of_owners_never_become_markup():
    evil = '<script>"x"&'
    html = plots.figure(plot(1, title=evil, summary=evil, axis=lambda _: evil, table=evil, heads=(evil, evil)))
    html += plots.bars(evil, [Bar(evil, 1, [evil])], heads=[evil, evil])
    assert "<script>" not in html
    assert ET.fromstring(f"<div>{html}</div>") is not None


def test_no_style_is_inline_as_the_policy_of_pages_forbids_it():
    html = plots.figure(plot(1, 2)) + plots.bars("Models", [Bar("luna", 3, ["$1"])], heads=["model", "cost"])
    assert not re.search(r"\bstyle=|<style|<script|javascript:|https?:", html)


def test_bars_are_as_long_as_their_part_of_the_longest():
    table = ET.fromstring(plots.bars("Models", [Bar("a", 4, ["$4"]), Bar("b", 1, ["$1"])], heads=["model", "cost"]))
    assert [bar.get("width") for bar in columns_of(table)] == ["100.00%", "25.00%"]
    assert ["".join(row.itertext()) for row in table.iter("tr")] == ["modelcost", "a$4", "b$1"]


def test_bars_without_any_amount_are_empty():
    table = ET.fromstring(plots.bars("Models", [Bar("a", 0, ["$0"])], heads=["model", "cost"]))
    assert [bar.get("width") for bar in columns_of(table)] == ["0.00%"]


@pytest.mark.parametrize(
    ("values", "line"),
    [([], ""), ([0, 0], "▁▁"), ([0, 1, 7], "▁▂█"), ([5], "█"), ([1, 1000], "▂█"), (list(range(8)), "▁▂▃▄▅▆▇█")],
)
def test_a_sparkline_has_one_block_for_each_value_and_the_lowest_for_zero_only(values: list[int], line: str):
    assert plots.sparkline(values) == line
