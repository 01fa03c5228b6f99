"""Tests the commands' errors, some of them as processes, and that `demo` replaces its own process."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scripts.cli.commands import parley as command_line
from scripts.simulator.aws import free_port
from scripts.stage.environment import ROOT, find
from scripts.stage.hints import PROGRAM
from tests.cli.chats import ANNA, Chats
from tests.cli.conftest import Run

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
CLEAN = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nonexistent/config",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/credentials",
    "AWS_REGION": "eu-central-1",
    "COLUMNS": "80",
    "NO_PROXY": "127.0.0.1",
}


def parley(*arguments: str, **environment: str) -> Result:
    """Run the command line in this process, with nothing but this in its environment."""
    env = {**dict.fromkeys(os.environ), **CLEAN, **environment}
    return CliRunner().invoke(command_line, arguments, env=env, prog_name=PROGRAM)


def process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.cli", *arguments],
        cwd=ROOT,
        env={**CLEAN, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def fails_in_one_line(result: Result | subprocess.CompletedProcess[str], *, code: int = 1) -> str:
    ended = result.exit_code if isinstance(result, Result) else result.returncode
    assert (ended, result.stdout) == (code, "")
    (line,) = result.stderr.splitlines()
    return line.removeprefix("Error: ")


@contextmanager
def answering(status: int, document: object, *, seen: list[tuple[str, bytes]] | None = None) -> Iterator[str]:
    """Serve the same response to every request, as JSON or bytes, and record the requests in `seen`."""

    class Always(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent = self.rfile.read(int(self.headers.get("content-length", 0)))
            if seen is not None:
                seen.append((f"{self.path} {self.headers.get('x-amz-invocation-type')}", sent))
            body = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 (the base's name)

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 (the base's name)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Always)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (
            "ResourceNotFoundException",
            "there is no table parley-prod in eu-central-1: deploy the stage, or check --stage and --region",
        ),
        (
            "UnrecognizedClientException",
            "AWS does not accept these credentials (UnrecognizedClientException): check --profile, or log in again",
        ),
        (
            "AccessDeniedException",
            (
                "these AWS credentials are not allowed to do this in eu-central-1 (AccessDeniedException): "
                "ask for the permission"
            ),
        ),
        ("ValidationException", "DynamoDB refused: ValidationException"),
    ],
)
def test_an_error_of_dynamodb_is_one_line(code: str, line: str):
    with answering(400, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no"}) as url:
        result = parley("people", "list", "--stage", "prod", AWS_ENDPOINT_URL_DYNAMODB=url, **CREDENTIALS)
    assert fails_in_one_line(result) == line


def test_missing_credentials_are_one_line():
    line = "there are no AWS credentials: add --profile, or run `aws configure`"
    assert fails_in_one_line(process("people", "list")) == line
    assert fails_in_one_line(parley("people", "list", "--json")) == line


def test_half_of_the_credentials_is_one_line():
    result = parley("people", "list", AWS_ACCESS_KEY_ID="test")
    assert fails_in_one_line(result).startswith("the AWS credentials are incomplete")


def test_a_missing_region_is_one_line():
    result = parley("people", "list", AWS_REGION="", **CREDENTIALS)
    line = "no AWS region is set: add --region, such as --region eu-central-1, or --stage demo for the demo"
    assert fails_in_one_line(result) == line


def test_a_region_that_is_none_is_one_line():
    result = parley("people", "list", AWS_REGION="eu central", **CREDENTIALS)
    assert fails_in_one_line(result).startswith("there is no such AWS region")


def test_an_unknown_profile_is_one_line():
    result = parley("people", "list", AWS_PROFILE="nobody")
    assert fails_in_one_line(result).endswith("check --profile and ~/.aws/config")


def test_no_network_is_one_line():
    closed = f"http://127.0.0.1:{free_port()}"
    result = parley("people", "list", AWS_ENDPOINT_URL_DYNAMODB=closed, **CREDENTIALS)
    line = "AWS cannot be reached in eu-central-1: check the network, --region and any proxy"
    assert fails_in_one_line(result) == line


def test_an_endpoint_that_is_no_address_is_one_line():
    result = parley("people", "list", AWS_ENDPOINT_URL_DYNAMODB="nonsense", **CREDENTIALS)
    assert fails_in_one_line(result) == "AWS cannot be reached: Invalid endpoint: nonsense"


@pytest.mark.parametrize("path", ["/nowhere/keys.log", "/", "/dev/null/keys.log"])
def test_a_key_log_that_cannot_be_written_is_one_line(path: str):
    result = parley(
        "people", "list", AWS_ENDPOINT_URL_DYNAMODB="https://127.0.0.1:9", SSLKEYLOGFILE=path, **CREDENTIALS
    )
    assert fails_in_one_line(result).startswith("AWS cannot be reached: ")
    assert path in fails_in_one_line(result)


def test_a_setting_that_cannot_be_used_is_one_line():
    result = parley("people", "list", PARLEY_TIMEZONE="Moon/Base")
    assert fails_in_one_line(result) == 'PARLEY_TIMEZONE is "Moon/Base"; it must be an IANA zone such as Europe/Berlin'


def test_an_unknown_stage_is_refused_with_the_stages_there_are():
    line = 'there is no stage "prd": there are dev, prod and demo'
    assert fails_in_one_line(parley("people", "list", "--stage", "prd"), code=2) == line


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense", "http://"])
def test_without_a_demo_its_people_cannot_be_asked(url: str):
    result = parley("people", "list", PARLEY_STAGE="demo", PARLEY_DEMO_URL=url)
    assert fails_in_one_line(result) == "no demo is running: start one with scripts/parley demo"


@pytest.mark.parametrize("answer", [{}, [], "hello"])
def test_a_server_that_is_not_a_demo_is_ignored(answer: object):
    with answering(200, answer) as url:
        result = parley("people", "list", "--stage", "demo", PARLEY_DEMO_URL=url)
    assert fails_in_one_line(result) == "no demo is running: start one with scripts/parley demo"


def test_the_demo_is_asked_where_it_is(run: Run, chats: Chats):
    chats.answer()
    facts = {
        "settings": {"PARLEY_STAGE": "demo", "PARLEY_TABLE": "parley-dev"},
        "aws_region": "eu-central-1",
        "aws_endpoint_url": "https://dynamodb.eu-central-1.amazonaws.com",
        "log_file": "/nonexistent/demo.log",
    }
    with answering(200, facts) as url:
        result = run("people", "list", "--stage", "demo", PARLEY_DEMO_URL=url, AWS_REGION="us-east-1")
    assert ANNA in result.output


def test_a_stages_settings_are_its_deployments_and_the_environment_wins(run: Run, chats: Chats):
    chats.answer()
    assert "1/7" in run("people", "list", PARLEY_DAILY_LIMIT="7").output


def test_a_command_has_one_client_of_each_service_and_address(monkeypatch: pytest.MonkeyPatch):
    for name, value in {**CLEAN, **CREDENTIALS}.items():
        monkeypatch.setenv(name, value)
    found = find("dev", os.environ)
    assert found.aws.client("dynamodb") is found.table.client
    assert len({found.aws.client("lambda", endpoint=url) for url in (None, "http://127.0.0.1:1", None)}) == 2


def test_wrong_usage_is_told_without_asking_anything():
    result = process("people", "limit", "1:2", "many")
    assert fails_in_one_line(result, code=2) == "many is not a valid limit: give a whole number from 0 to 100000"
    assert parley("people", "list", "--sort", "size").exit_code == 2


def test_the_demo_command_becomes_the_simulator(tmp_path: Path):
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$$" "$PWD" "$@"\n')
    python.chmod(0o755)
    start = f"import sys, runpy; sys.executable = {str(python)!r}; runpy.run_module('scripts.cli', run_name='__main__')"
    options = ["--port", "8123", "--fresh", "--model", "bedrock:x.y", "--headless", "--worker-timeout", "2.5"]
    process = subprocess.Popen(
        [sys.executable, "-c", start, "demo", *options], cwd=ROOT, env=CLEAN, stdout=subprocess.PIPE, text=True
    )
    output, _ = process.communicate(timeout=120)
    kept = ["--keep", str(ROOT / ".parley")]
    assert output.split() == [str(process.pid), str(ROOT), "-m", "scripts.simulator", *kept, *options]
