"""Tests `parley logs` with CloudWatch in moto, and with the demo's log file."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from scripts.cli.log_lines import Event, LineParser
from scripts.cli.log_sources import NothingLogged, Tail
from scripts.cli.logs import LogReader
from scripts.stage.environment import ROOT
from tests.cli.conftest import Run
from tests.cli.test_commands import CLEAN, answering

ANNAS, BERTS = "1a2b3c4d5e6f7a8b", "1a99999999999999"
API, WORKER, HEARTBEAT = (f"/aws/lambda/parley-dev{name}" for name in ("", "-worker", "-heartbeat"))
START = "START RequestId: r Version: $STARTST"
Put = Callable[..., None]


@contextmanager
def demo_logging_to(log: Path) -> Iterator[dict[str, str]]:
    """Return the variables for a running demo with this log file."""
    facts = {
        "settings": {"PARLEY_STAGE": "demo"},
        "aws_region": "us-east-1",
        "aws_endpoint_url": "http://127.0.0.1:1",
        "log_file": str(log),
    }
    with answering(200, facts) as url:
        yield {"PARLEY_DEMO_URL": url, "PARLEY_STAGE": "demo"}


@pytest.fixture
def put(owner: Run) -> Iterator[Put]:
    """Writes a log event to a group, some minutes ago."""
    client: Any = boto3.client("logs", "eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")
    groups: set[str] = set()

    def put(group: str, *texts: str, minutes_ago: float = 1) -> None:
        if group not in groups:
            client.create_log_group(logGroupName=group)
            client.create_log_stream(logGroupName=group, logStreamName="one")
            groups.add(group)
        at = int((time.time() - 60 * minutes_ago) * 1000)
        events = [{"timestamp": at + n, "message": f"{text}\n"} for n, text in enumerate(texts)]
        client.put_log_events(logGroupName=group, logStreamName="one", logEvents=events)

    yield put
    for group in groups:
        client.delete_log_group(logGroupName=group)


def line(stage: str, **values: Any) -> str:
    return json.dumps({"ts": round(time.time(), 3), "stage": stage, **values})


def stages(output: str) -> list[str]:
    """Of the lines, without headings of days."""
    return [words.split()[1] for words in output.splitlines() if words[2:3] == ":"]


@pytest.fixture
def two_messages(put: Put) -> None:
    put(WORKER, line("turn", corr=ANNAS, outcome="done"), minutes_ago=2)
    put(API, START, line("accept", corr=ANNAS, outcome="queued"), minutes_ago=3)
    put(API, line("accept", corr=BERTS, outcome="queued"), minutes_ago=1)
    put(WORKER, "2026-11-21T12:00:00Z r Task timed out after 3.00 seconds", minutes_ago=0.5)
    put(HEARTBEAT, line("heartbeat", swept=1), minutes_ago=0.3)


@pytest.mark.usefixtures("two_messages")
def test_the_lines_of_all_functions_are_shown_in_the_order_of_time(owner: Run):
    result = owner("logs")
    assert (result.exit_code, result.stderr) == (0, "")
    assert stages(result.stdout) == ["accept", "turn", "accept", "worker", "heartbeat"]


@pytest.mark.usefixtures("two_messages")
def test_one_message_is_followed_through_all_functions(owner: Run):
    assert stages(owner("logs", "1a2").stdout) == ["accept", "turn"]
    assert stages(owner("logs", ANNAS).stdout) == ["accept", "turn"]


@pytest.mark.usefixtures("two_messages")
def test_a_beginning_that_two_messages_have_is_refused(owner: Run):
    result = owner("logs", "1a")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f'Error: "1a" matches {ANNAS}, {BERTS}: give more of the id\n'


@pytest.mark.usefixtures("two_messages")
def test_only_what_went_wrong_is_shown_when_asked(owner: Run):
    assert stages(owner("logs", "--errors").stdout) == ["worker"]
    result = owner("logs", "--errors", "1a2")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "no errors were logged about 1a2 in that time; use --since to look further back\n"


@pytest.mark.usefixtures("two_messages")
def test_programs_get_the_lines_as_they_are(owner: Run):
    documents = [json.loads(text) for text in owner("logs", "--json").stdout.splitlines()]
    assert [document["stage"] for document in documents] == ["accept", "turn", "accept", "lambda", "heartbeat"]
    assert documents[0]["corr"] == ANNAS
    assert documents[3]["error"] == "timed out after 3 s"


@pytest.mark.usefixtures("two_messages")
@pytest.mark.parametrize("options", [[], ["--errors"], ["--json"]])
def test_a_message_of_which_nothing_was_logged_is_not_found(owner: Run, options: list[str]):
    result = owner("logs", "deadbeef", *options)
    line = "Error: nothing was logged about deadbeef in that time; use --since to look further back\n"
    assert (result.exit_code, result.stdout, result.stderr) == (3, "", line)


def test_older_lines_are_shown_on_request(owner: Run, put: Put):
    put(API, line("accept", corr=ANNAS), minutes_ago=90)
    result = owner("logs")
    assert result.stdout == ""
    assert result.stderr == "nothing was logged in that time; use --since to look further back\n"
    assert stages(owner("logs", "--since", "2h").stdout)[-1] == "accept"
    assert owner("logs", "--since", "80m").stdout == ""


def test_of_many_lines_none_is_lost(owner: Run, put: Put):
    for minutes_ago in (2, 1):
        put(API, *(line("accept", corr=f"{n:016x}") for n in range(6000)), minutes_ago=minutes_ago)
    assert len(stages(owner("logs").stdout)) == 12_000


def test_before_the_first_line_there_is_nothing_and_that_is_no_error(owner: Run):
    result = owner("logs")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "nothing is logged yet: try again in a minute\n"
    assert owner("logs", ANNAS).exit_code == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["xyz"], '"xyz" is not a correlation id'),
        (["1a2b3c4d5e6f7a8b9"], "is not a correlation id"),
        (["--since", "yesterday"], '"yesterday" is not a span of time: give for example 15m, 1h or 2d'),
        (["--since", "0h"], '"0h" is not a span of time'),
    ],
)
def test_what_cannot_be_meant_is_refused(owner: Run, arguments: list[str], words: str):
    result = owner("logs", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_missing_permission_is_one_line(owner: Run):
    answer = {
        "__type": "AccessDeniedException",
        "message": "User: arn:aws:iam::1:user/x is not authorized to perform: logs:FilterLogEvents on resource: y",
    }
    with answering(400, answer) as url:
        result = owner("logs", AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=url)
    assert result.exit_code == 1
    line = "these AWS credentials are not allowed to perform logs:FilterLogEvents in eu-central-1 "
    assert result.stderr == f"Error: {line}(AccessDeniedException): ask for the permission\n"


def test_the_demos_log_is_its_file(owner: Run, tmp_path: Path):
    log = tmp_path / "demo.log"
    with demo_logging_to(log) as demo:
        assert owner("logs", **demo).stderr == "nothing is logged yet: try again in a minute\n"
        died = '{"stage": "lambda", "function": "parley-demo-worker", "error": "it died"}'
        log.write_text("\n".join(["INFO: noise", line("accept", corr=ANNAS), died, line("turn", corr=BERTS)]) + "\n")
        assert stages(owner("logs", **demo).stdout) == ["accept", "worker", "turn"]
        assert stages(owner("logs", "1a2", **demo).stdout) == ["accept"]


CAUGHT = """Caught exception for path /config/{key}
Traceback (most recent call last):
  File "/var/task/chalicelib/routes/chat.py", line 41, in config
    return services.config(key)
KeyError: 'id'"""


def test_the_command_that_the_alarm_names_shows_an_unhandled_exception_of_a_route(owner: Run, put: Put):
    put(API, "START RequestId: q Version: $LATEST", f"[ERROR]\t2026-11-21T12:00:00.417Z\tq\t{CAUGHT}\n")
    result = owner("logs", "--errors")
    assert result.stdout.splitlines()[-1][10:] == (
        "api                  KeyError: 'id', at /config/{key}, in chalicelib/routes/chat.py:41"
    )
    document = json.loads(owner("logs", "--errors", "--json").stdout)
    assert (document["error"], document["path"], document["request_id"]) == ("KeyError", "/config/{key}", "q")


def test_the_demo_logs_it_in_many_lines_and_it_is_one_error(owner: Run, tmp_path: Path):
    log = tmp_path / "demo.log"
    with demo_logging_to(log) as demo:
        log.write_text(f"{CAUGHT}\n{line('accept', corr=ANNAS)}\n")
        said = owner("logs", "--errors", **demo).stdout
        assert said.endswith("KeyError: 'id', at /config/{key}, in chalicelib/routes/chat.py:41\n")
        log.write_text(f"{CAUGHT}\n")
        assert len(owner("logs", "--errors", **demo).stdout.splitlines()) == 1


def test_following_a_running_bot_ends_with_ctrl_c_as_if_it_had_ended_by_itself(tmp_path: Path):
    log = tmp_path / "demo.log"
    log.write_text(line("accept", corr=ANNAS) + "\n")
    with demo_logging_to(log) as demo:
        command = [sys.executable, "-m", "scripts.cli", "logs", "--follow"]
        following = subprocess.Popen(command, cwd=ROOT, env={**CLEAN, **demo}, stdout=subprocess.PIPE, text=True)
        assert following.stdout
        assert stages(following.stdout.readline()) == ["accept"]
        with log.open("a") as more:
            more.write(line("turn", corr=ANNAS) + "\n")
        assert stages(following.stdout.readline()) == ["turn"]
        following.send_signal(signal.SIGINT)
        assert following.communicate(timeout=120)[0] == ""
        assert following.returncode == 0


class Log:
    """A log that grows between two requests."""

    def __init__(self, *batches: list[Event] | None) -> None:
        self.batches = list(batches)
        self.asked: list[int] = []

    def events(self, since: int) -> list[Event]:
        self.asked.append(since)
        batch = self.batches.pop(0)
        if batch is None:
            raise NothingLogged("nothing")
        return [event for event in batch if event.at >= since]


def event(number: int, at: int) -> Event:
    return Event(str(number), at, "api", "one", line("accept", corr=f"{number:016x}"))


def test_every_event_is_read_once_even_one_that_comes_late():
    first, second, late, last = event(1, 100_000), event(2, 200_000), event(3, 150_000), event(4, 400_000)
    log = Log([first], [first, second], [first, second, late], [first, second, late, last], [second, late, last])
    tail = Tail(log, since=50_000)
    assert [tail.fresh() for _ in range(5)] == [[first], [second], [late], [last], []]
    assert log.asked == [50_000, 50_000, 140_000, 140_000, 340_000]


def test_following_goes_on_until_interrupted_also_before_the_first_line():
    printed: list[str] = []
    pauses = iter([None, None])
    tail = Tail(Log(None, [event(1, 1000)]), since=0)
    reader = LogReader(
        tail, LineParser(), None, errors=False, show=lambda lines: printed.extend(line.corr for line in lines)
    )

    def pause() -> None:
        if next(pauses, "end") == "end":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reader.follow(pause)
    assert printed == [f"{1:016x}"]
