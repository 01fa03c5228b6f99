"""Tests that errors of Lambda, its Python runtime, Chalice and Python are read, in each of their formats."""

import io
import json
import logging
from typing import Any

import pytest
from chalice.app import Chalice
from chalice.test import Client

from chalicelib.errors import StoreError
from scripts.cli.log_joining import joined
from scripts.cli.log_lines import Event, Line, LineParser
from scripts.cli.log_view import in_words

NOON = 1_795_262_400_000
REQUEST = "436a9395-6742-4adb-8b87-76f6a0ebfca7"
LAMBDAS_FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
"""As `_setup_logging` in awslambdaric's `bootstrap.py` has it."""
FRAMES = """\
Traceback (most recent call last):
  File "/var/task/chalice/app.py", line 1925, in _get_view_function_response
    response = view_function(**function_args)
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/var/task/chalicelib/routes/chat.py", line 41, in config
    return services.config(key)
  File "/var/task/botocore/client.py", line 7, in call
    raise ClientError"""


def read(*texts: str) -> list[Line]:
    events = (Event(str(n), NOON + n, "parley-dev", "one", text) for n, text in enumerate(texts))
    return LineParser().lines(joined(events))


def error(*texts: str) -> str:
    [line] = read(*texts)
    assert line.is_error
    return in_words(line.values)


def log_of_chalice(raised: Exception, *, format: str, request: str = REQUEST) -> str:  # noqa: A002 (logging's word)
    """Let a route of Chalice raise, and return what Chalice logs in that format."""
    app = Chalice("parley", configure_logs=False)

    @app.route("/config/{key}")
    def config(key: str) -> Any:
        raise raised

    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.terminator = ""
    handler.setFormatter(logging.Formatter(format, "%Y-%m-%dT%H:%M:%S", defaults={"aws_request_id": request}))
    logger = logging.getLogger("parley")
    logger.addHandler(handler)
    try:
        with Client(app) as client:
            assert client.http.get("/config/shopshopsh").status_code == 500
    finally:
        logger.removeHandler(handler)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (KeyError("id"), "KeyError: 'id', at /config/{key}"),
        (
            StoreError("DynamoDB refused: ThrottlingException"),
            "StoreError: DynamoDB refused: ThrottlingException, at /config",
        ),
        (ValueError(), "ValueError, at /config/{key}"),
        (RuntimeError("first\nTraceback\n  second"), "RuntimeError: first, at /config/{key}"),
    ],
)
@pytest.mark.parametrize("format", [LAMBDAS_FORMAT, Chalice.FORMAT_STRING, logging.BASIC_FORMAT, "%(message)s"])
def test_an_unhandled_exception_of_a_route_is_an_error_with_type_and_path(raised: Exception, words: str, format: str):  # noqa: A002
    assert error(log_of_chalice(raised, format=format).rstrip("\n")).startswith(words)


def test_an_unhandled_exception_of_a_route_belongs_to_its_invocation():
    [line] = read(log_of_chalice(KeyError("id"), format=LAMBDAS_FORMAT))
    assert line.request == REQUEST


def test_a_chained_exception_is_the_one_that_was_raised_last():
    chained = StoreError("DynamoDB does not respond")
    chained.__cause__ = KeyError("inner")
    words = error(log_of_chalice(chained, format=LAMBDAS_FORMAT))
    assert words.startswith("StoreError: DynamoDB does not respond, at /config/{key}")


def test_the_place_in_parleys_own_code_is_named():
    record = (
        f"[ERROR]\t2026-11-21T12:00:00.417Z\t{REQUEST}\tCaught exception for path /config/x\n{FRAMES}\nKeyError: 'x'\n"
    )
    assert error(record) == "KeyError: 'x', at /config/x, in chalicelib/routes/chat.py:41"


def test_without_a_frame_of_parley_the_innermost_is_named():
    record = f'[ERROR] ValueError: no\n{FRAMES.splitlines()[0]}\n\u00a0\u00a0File "/var/task/app.py", line 9, in worker'
    assert error(record) == "ValueError: no, in /var/task/app.py:9"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # The runtime's report of an exception that left a handler.
        ("[ERROR] KeyError: 'x'\rTraceback (most recent call last):\r\u00a0\u00a0File", "KeyError: 'x'"),
        ("[ERROR] LeaseLost\nTraceback (most recent call last):", "LeaseLost"),
        (
            "[ERROR] Runtime.MarshalError: Unable to marshal response: x",
            "Runtime.MarshalError: Unable to marshal response: x",
        ),
        (
            "[ERROR] Runtime.UserCodeSyntaxError: Syntax error in module 'app': x",
            "Runtime.UserCodeSyntaxError: Syntax error",
        ),
        (
            "[ERROR] Runtime.HandlerNotFound: Handler 'x' missing on module 'app'",
            "Runtime.HandlerNotFound: Handler 'x'",
        ),
        ("[ERROR] something went wrong", "something went wrong"),
        ("[ERROR]", "error"),
        # A logger of a library, in the runtime's format.
        (
            f"[ERROR]\t2026-11-21T12:00:00.417Z\t{REQUEST}\tTask exception was never retrieved\n",
            "Task exception was never",
        ),
        ("[CRITICAL]\t2026-11-21T12:00:00.417Z\t\tno more files\n", "no more files"),
        (
            f"[ERROR]\t2026-11-21T12:00:00.417Z\t{REQUEST}\tnot sent\n{FRAMES}\na.b.Error: x\n",
            "Error: x, not sent, in chalice",
        ),
        (f"[ERROR]\t2026-11-21T12:00:00.417Z\t{REQUEST}\t\n", "error"),
        # Processes that died.
        (
            f"RequestId: {REQUEST} Error: Runtime exited with error: signal: killed\nRuntime.ExitError",
            "Runtime exited with error",
        ),
        (f"RequestId: {REQUEST} Error: Runtime exited without providing a reason", "Runtime exited without providing"),
        (f"RequestId: {REQUEST} Error: exit code 0 Extension.Crash", "exit code 0 Extension.Crash"),
        (f"RequestId: {REQUEST} Process exited before completing request", "Process exited before completing request"),
        ("Fatal Python error: Segmentation fault", "Fatal Python error: Segmentation fault"),
        # Timeouts and reports.
        (f"2026-11-21T12:00:00.417Z {REQUEST} Task timed out after 29.03 seconds", "timed out after 29.03 s"),
        ("Task timed out after 3.00 seconds", "timed out after 3 s"),
        ("INIT_REPORT Init Duration: 9999.10 ms\tPhase: invoke\tStatus: timeout", "did not start within 10 s"),
        (
            "INIT_REPORT Init Duration: 3.10 ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError",
            "did not start: Runtime.",
        ),
        (
            "RESTORE_REPORT Restore Duration: 3.10 ms\tStatus: error\tError Type: Runtime.ExitError",
            "did not start: Runtime.",
        ),
        (f"REPORT RequestId: {REQUEST}\tDuration: 1.00 ms\tStatus: failure", "failed"),
    ],
)
def test_errors_in_text_are_described(text: str, words: str):
    assert error(text).startswith(words)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (
            {
                "timestamp": "2026-11-21T12:00:00.417Z",
                "level": "ERROR",
                "message": "Caught exception for path /config/x",
                "logger": "parley",
                "stackTrace": ['  File "/var/task/chalicelib/routes/chat.py", line 41, in config\n    x\n'],
                "errorType": "KeyError",
                "errorMessage": "'x'",
                "requestId": REQUEST,
            },
            "KeyError: 'x', at /config/x, in chalicelib/routes/chat.py:41",
        ),
        ({"level": "ERROR", "errorMessage": "no", "errorType": "LeaseLost", "stackTrace": []}, "LeaseLost: no"),
        ({"level": "CRITICAL", "message": "no more files", "logger": "asyncio"}, "no more files"),
        ({"level": "ERROR", "errorMessage": "", "errorType": ""}, "error"),
        ({"level": "ERROR", "stackTrace": "odd", "message": ["odd"]}, "['odd']"),
        (
            {
                "type": "platform.report",
                "record": {"status": "timeout", "requestId": "r", "metrics": {"durationMs": 3000}},
            },
            "timed out after 3 s",
        ),
        (
            {"type": "platform.report", "record": {"status": "error", "errorType": "Runtime.OutOfMemory"}},
            "ran out of memory",
        ),
        (
            {"type": "platform.initReport", "record": {"status": "error", "errorType": "Runtime.ImportModuleError"}},
            "did not start: Runtime.ImportModuleError",
        ),
        ({"type": "platform.report", "record": {"status": "failure", "metrics": None}}, "failed"),
        (
            {"type": "platform.fault", "record": "RequestId: r Error: Runtime exited with error: exit status 1"},
            "Runtime ex",
        ),
    ],
)
def test_errors_in_the_json_format_are_described(document: dict[str, Any], words: str):
    assert error(json.dumps(document)).startswith(words)


@pytest.mark.parametrize(
    "text",
    [
        "[WARNING]\t2026-04-22T21:00:55.118Z\t\tLAMBDA_WARNING: Unhandled exception.",
        f"[INFO]\t2026-04-22T21:00:55.118Z\t{REQUEST}\tFound credentials",
        f"RequestId: {REQUEST} Version: $LATEST",
        "  File 'x', line 3",
        "KeyError: 'x'",
        '{"level": "INFO", "message": "fine"}',
        '{"level": ["ERROR"]}',
        '{"type": "platform.report", "record": {"status": "success"}}',
        '{"type": "platform.report", "record": "odd"}',
        '{"type": "platform.start", "record": {"requestId": "r"}}',
        '{"broken": ',
        "",
        "\n",
        "\x00",
    ],
)
def test_what_reports_no_error_is_left_out(text: str):
    assert read(text) == []


@pytest.mark.parametrize(
    "head", [["Caught exception for path /health"], ["Exception in thread Thread-3 (send):"], ["ERROR:parley:no"], []]
)
def test_a_report_in_lines_of_their_own_is_one_error(head: list[str]):
    own = '{"stage": "door", "ts": 1}'
    lines = [*head, *FRAMES.splitlines()[:4], own, *FRAMES.splitlines()[4:], "chalicelib.errors.StoreError: no"]
    one, other = read(*lines, "something else", own)[:2]
    failed = next(line for line in (one, other) if line.is_error)
    assert in_words(failed.values).startswith("StoreError: no")
    assert in_words(failed.values).endswith("in chalicelib/routes/chat.py:41")
    assert len(read(*lines, "something else", own)) == 3


def test_reports_that_follow_each_other_are_several_errors():
    report = [*FRAMES.splitlines(), "KeyError: 'x'"]
    assert [line.values["error"] for line in read(*report, *report, "noise", *report)] == ["KeyError"] * 3


def test_an_exception_during_another_is_one_error():
    first, second = [*FRAMES.splitlines(), "KeyError: 'x'"], [*FRAMES.splitlines(), "ValueError: y"]
    between = ["", "During handling of the above exception, another exception occurred:", ""]
    assert error(*first, *between, *second) == "ValueError: y, in chalicelib/routes/chat.py:41"


def test_reports_of_two_streams_side_by_side_are_told_apart():
    reports = {stream: [*FRAMES.splitlines(), f"{stream}Error: x"] for stream in ("One", "Two")}
    events = [
        Event(f"{stream}{n}", NOON + n, "parley-dev", stream, text)
        for n, pair in enumerate(zip(*reports.values(), strict=True))
        for stream, text in zip(reports, pair, strict=True)
    ]
    assert [line.values["error"] for line in LineParser().lines(joined(events))] == ["OneError", "TwoError"]
