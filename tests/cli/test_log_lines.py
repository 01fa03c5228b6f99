"""Tests which log events are lines, how lines are described, and which lines belong to one message."""

import json
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import click
import pytest

from scripts.cli.log_lines import Event, Line, LineParser, Trace, time_of
from scripts.cli.log_view import LogView, as_json, in_words

NOON = 1_795_262_400_000
ANNAS, BERTS = "1a2b3c4d5e6f7a8b", "1a99999999999999"
REQUEST = "436a9395-6742-4adb-8b87-76f6a0ebfca7"


def read(*texts: str, function: str = "worker", stream: str = "one") -> list[Line]:
    return LineParser().lines(Event(str(n), NOON + n, function, stream, text) for n, text in enumerate(texts))


def report(ms: str, rest: str) -> str:
    """Return a report in the words of Lambda."""
    sizes = "Memory Size: 512 MB\tMax Memory Used: 102 MB"
    return f"REPORT RequestId: {REQUEST}\tDuration: {ms} ms\tBilled Duration: 4 ms\t{sizes}{rest}"


def logged(stage: str, **values: Any) -> str:
    return json.dumps({"ts": NOON / 1000, "stage": stage, **values})


def error(text: str) -> str:
    (line,) = read(text)
    assert (line.is_error, line.stage, line.values["function"]) == (True, "lambda", "worker")
    return in_words(line.values)


def view(width: int | None = None, today: date = date(2026, 11, 21)) -> LogView:
    return LogView(ZoneInfo("Europe/Berlin"), today, width)


def shown(*lines: Line, width: int | None = None, today: date = date(2026, 11, 21)) -> list[str]:
    return [click.unstyle(text) for text in view(width, today).show(lines)]


@pytest.mark.parametrize(
    "text",
    [
        "INIT_START Runtime Version: python:3.12.mainlinev2.v27\tRuntime Version ARN: arn:aws:lambda:x::runtime:y",
        f"START RequestId: {REQUEST} Version: $LATEST",
        f"END RequestId: {REQUEST}",
        report("2.37", "\tInit Duration: 423.98 ms\t\nXRAY TraceId: 1-6ac7d554\tSampled: true"),
        "INIT_REPORT Init Duration: 316.80 ms",
        "[WARNING]\t2026-04-22T21:00:55.118Z\t\tLAMBDA_WARNING: Unhandled exception.",
        "Anna wrote something",
        '{"no": "stage"}',
        "[1, 2]",
        "",
    ],
)
def test_lambdas_lines_without_an_error_and_foreign_lines_are_left_out(text: str):
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"2026-11-21T12:00:00.417Z {REQUEST} Task timed out after 300.00 seconds", "timed out after 300 s"),
        (report("300000.00", "\tInit Duration: 523.99 ms\tStatus: timeout"), "timed out after 300 s"),
        (
            report("10935.70", "\tStatus: error\tError Type: Runtime.OutOfMemory\nXRAY TraceId: 1"),
            "ran out of memory",
        ),
        (report("3.10", "\tStatus: error\tError Type: Runtime.ExitError"), "Runtime.ExitError"),
        ("INIT_REPORT Init Duration: 10337.01 ms\tPhase: init\tStatus: timeout", "did not start within 10.3 s"),
        (
            "INIT_REPORT Init Duration: 316.80 ms\tPhase: init\tStatus: error\tError Type: Runtime.ImportModuleError",
            "did not start: Runtime.ImportModuleError",
        ),
        (
            "[ERROR] Runtime.ImportModuleError: Unable to import module 'app': No module named 'x'\nTraceback ...",
            "Runtime.ImportModuleError: Unable to import module 'app': No module named 'x'",
        ),
        ("[ERROR] LeaseLost\nTraceback (most recent call last):", "LeaseLost"),
        (
            f"RequestId: {REQUEST} Error: Runtime exited with error: signal: killed\nRuntime.ExitError",
            "Runtime exited with error: signal: killed",
        ),
    ],
)
def test_lambdas_errors_are_explained(text: str, words: str):
    assert error(text) == words


def test_metrics_are_left_out_wherever_a_line_is_shown():
    block = {
        "Timestamp": NOON,
        "CloudWatchMetrics": [
            {"Namespace": "Parley", "Dimensions": [["Stage"]], "Metrics": [{"Name": "AckMs", "Unit": "Milliseconds"}]}
        ],
    }
    (line,) = read(logged("door", ms=12, _aws=block, Stage="prod", AckMs=12))
    assert as_json(line) == logged("door", ms=12)
    assert in_words(line.values) == "12 ms"


@pytest.mark.parametrize(
    "block",
    [
        None,
        5,
        [],
        {"CloudWatchMetrics": None},
        {"CloudWatchMetrics": [1]},
        {"CloudWatchMetrics": [{"Dimensions": None}]},
        {"CloudWatchMetrics": [{"Metrics": [{}]}]},
        {"CloudWatchMetrics": [{"Metrics": [{"Name": ["ms"]}]}]},
    ],
    ids=str,
)
def test_a_block_of_metrics_that_is_none_is_left_out_alone(block: object):
    (line,) = read(logged("door", ms=12, _aws=block))
    assert as_json(line) == logged("door", ms=12)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"stage":' * 100_000, '{"stage":"x","n":' + "9" * 5000 + "}"])
def test_json_that_python_cannot_read_is_left_out(text: str):
    assert read(text) == []
    assert time_of(text) is None


@pytest.mark.parametrize("ts", ["1e400", "-1e400", "NaN", "1e300", "-1", '"noon"', "null", "true0"])
def test_a_time_that_is_none_is_not_shown(ts: str):
    assert time_of(f'{{"stage":"x","ts":{ts}}}') is None


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"outcome": "done", "waited_ms": 41, "ms": 4130, "model_calls": 1}, "done, 4.1 s, waited 41 ms"),
        ({"outcome": "done", "model_calls": 2}, "done, 2 model calls"),
        ({"ms": 4130, "tokens_in": 1500, "tokens_cached": 0, "tokens_out": 250}, "4.1 s, 1500 in, 250 out"),
        ({"tokens_in": 1500, "tokens_cached": 1024, "tokens_out": 2}, "1500 in, 1024 cached, 2 out"),
        (
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openai",
                "gen_ai.request.model": "gpt-6-luna",
                "gen_ai.usage.input_tokens": 1500,
                "gen_ai.usage.output_tokens": 250,
                "cost_usd": 2.3e-05,
            },
            "1500 in, 250 out, $0.000023",
        ),
        ({"outcome": "done", "error": "ModelBusy", "message": "try later"}, "ModelBusy: try later, done"),
        ({"error": "KeyError", "message": ""}, "KeyError"),
        ({"reason": "stale", "person": "00112233445566ff", "request_id": REQUEST}, "stale, person 0011"),
        ({"colour": "red", "request_id": REQUEST, "nothing": None, "size": 0}, "colour=red, size=0"),
        ({"warmed": 2, "swept": 0, "oldest_ms": 0, "cold": True}, "warmed 2, swept 0, cold start"),
        ({"warmed": 2, "swept": 1, "oldest_ms": 61_000}, "warmed 2, swept 1, oldest waits 61.0 s"),
        ({"warmed": 2, "swept": 0, "closed": 0}, "warmed 2, swept 0"),
        ({"warmed": 2, "swept": 0, "closed": 3}, "warmed 2, swept 0, closed 3"),
        ({"state": "ok", "findings": 14}, "ok, 14 findings"),
        ({"call": "webhook", "outcome": "ok", "events": 1, "kept": 1}, "webhook, ok, 1 event, kept 1"),
        (
            {"call": "webhook", "kept": 1, "duplicates": 0, "outcome": "ok", "ms": 12},
            "webhook, ok, kept 1, 12 ms",
        ),
        ({"ms": "long", "cost_usd": [1]}, "ms=long, cost_usd=[1]"),
        ({"outcome": "a\x1b[31mb\nc"}, "a [31mb c"),
    ],
)
def test_the_telling_values_are_said_in_words_and_unknown_ones_as_they_are(values: dict[str, Any], words: str):
    assert in_words({"ts": 1, "stage": "turn", "corr": ANNAS, **values}) == words


def test_a_line_has_its_time_in_the_owners_zone_its_stage_and_half_of_the_id():
    (line,) = read(logged("accept", corr=ANNAS, outcome="queued"))
    assert shown(line) == ["13:00:00  accept     1a2b3c4d  queued"]


def test_lambdas_lines_have_the_name_of_the_function():
    (line,) = read(f"2026-11-21T12:00:00.417Z {REQUEST} Task timed out after 3.00 seconds")
    assert shown(line) == ["13:00:00  worker               timed out after 3 s"]
    (of_demo,) = read(json.dumps({"stage": "lambda", "function": "parley-demo-worker", "error": "it died"}))
    assert shown(of_demo) == ["13:00:00  worker               it died"]


def test_long_lines_continue_below_their_beginning():
    (line,) = read(logged("model", corr=ANNAS, error="ModelUnusable", message="the provider does not accept the key"))
    assert shown(line, width=80) == [
        "13:00:00  model      1a2b3c4d  ModelUnusable: the provider does not accept the\n" + 31 * " " + "key"
    ]
    (place,) = read(logged("model", error="KeyError", place="chalicelib/aws/dynamodb/a-long-name.py:41"))
    assert "chalicelib/aws/dynamodb/a-long-name.py:41" in shown(place, width=60)[0]
    assert "\n" not in shown(line)[0]
    assert all(len(part) <= 51 for part in shown(line, width=1)[0].split("\n"))


def test_lines_of_another_day_have_a_heading():
    yesterday, late, today = (Line(NOON + hours * 3_600_000, {"stage": "drop"}) for hours in (-24, -13, 0))
    assert shown(yesterday, late, today) == [
        "Fri 20 Nov 2026",
        "13:00:00  drop",
        "Sat 21 Nov 2026",
        "00:00:00  drop",
        "13:00:00  drop",
    ]
    assert shown(late, today) == ["00:00:00  drop", "13:00:00  drop"]


@pytest.mark.parametrize(
    ("values", "style"),
    [
        ({"stage": "model", "error": "ModelBusy"}, {"fg": "red"}),
        ({"stage": "heartbeat", "swept": 0}, {"dim": True}),
        ({"stage": "heartbeat", "swept": 1}, {}),
        ({"stage": "turn"}, {"fg": "green"}),
    ],
)
def test_errors_are_red_and_a_heartbeat_with_nothing_to_do_is_faint(values: dict[str, Any], style: dict[str, Any]):
    (text,) = view().show([Line(NOON, values)])
    assert text == click.style(click.unstyle(text), **style)


def test_a_messages_story_is_its_own_lines_and_those_of_its_invocations_that_are_about_no_message():
    lines = read(
        f"START RequestId: {REQUEST} Version: $LATEST",
        logged("model", corr=ANNAS),
        logged("lease", error="LeaseLost"),
        logged("model", corr=BERTS),
        "[ERROR] StoreError: DynamoDB refused\nTraceback",
        f"REPORT RequestId: {REQUEST}\tDuration: 300000.00 ms\tStatus: timeout",
        "START RequestId: another Version: $LATEST",
        logged("heartbeat", swept=0),
    )
    selected = Trace(ANNAS).select(lines)
    assert [line.values.get("error", line.stage) for line in selected] == [
        "model",
        "LeaseLost",
        "StoreError",
        "timed out after 300 s",
    ]


def test_invocations_side_by_side_are_told_apart():
    reader = LineParser()
    streams = ("one", "two")
    events = [
        *(Event(stream, NOON, "worker", stream, f"START RequestId: {stream} Version: 1") for stream in streams),
        Event("a", NOON, "worker", "one", logged("model", corr=ANNAS)),
        Event("b", NOON, "worker", "two", logged("lease")),
        Event("c", NOON, "worker", "one", logged("hand_back")),
    ]
    assert [line.stage for line in Trace(ANNAS).select(reader.lines(events))] == ["model", "hand_back"]


def test_an_invocation_that_says_its_id_is_believed():
    lines = read(logged("model", corr=ANNAS, request_id="r1"), logged("lease", request_id="r1"), logged("lease"))
    assert len(Trace(ANNAS).select(lines)) == 2


def test_all_that_may_be_meant_by_a_beginning_are_candidates():
    lines = read(*(logged("accept", corr=corr) for corr in (BERTS, ANNAS, "ff", ANNAS)), logged("heartbeat"))
    assert Trace("1a").candidates(lines) == [ANNAS, BERTS]
    assert Trace("").candidates(lines) == [ANNAS, BERTS, "ff"]


def test_a_line_says_when_it_was_logged():
    assert time_of(logged("accept")) == NOON
    assert time_of('{"stage": "lambda"}') is None
    assert time_of("Traceback") is None
