"""What a cold start imports: nothing of the worker's, nothing from the network, nothing from the environment."""

import json
import os
import subprocess
import sys
from typing import Final

from tests.architecture.source import ROOT

WORKERS_ONLY: Final = {
    "openai",
    "requests",
    "pydantic",
    "httpx2",
    "chalicelib.checkup",
    "chalicelib.models.openai",
    "chalicelib.worker",
}

OFFLINE: Final = """
import json, socket, sys
def refuse(*_, **__):
    raise OSError("a cold start does not touch the network")
socket.socket.connect = socket.getaddrinfo = refuse
"""
SEND_TOO_MUCH: Final = """
import app
from chalicelib.intake import MAX_BODY
post = {"resourcePath": "/webhook", "httpMethod": "POST", "path": "/webhook"}
answer = app.app({"requestContext": post, "headers": {}, "body": " " * (MAX_BODY + 1)} | dict.fromkeys(
    ("multiValueQueryStringParameters", "pathParameters", "stageVariables")), None)
assert answer["statusCode"] == 413, answer
"""
LOADED: Final = """
print(json.dumps(sorted(sys.modules)))
"""


def loaded(code: str, **environment: str) -> set[str]:
    """The modules of a fresh process that ran `code` with nothing in its environment but this."""
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE + code + LOADED],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def test_the_app_can_be_imported_anywhere_without_settings_secrets_or_network():
    assert loaded("import app") & WORKERS_ONLY == set()


def test_the_door_answers_without_what_only_the_worker_needs():
    modules = loaded(SEND_TOO_MUCH, AWS_DEFAULT_REGION="eu-central-1")
    assert modules & WORKERS_ONLY == set()
    assert "chalicelib.intake" in modules


def test_the_worker_does_load_them_so_that_the_names_above_are_right():
    build = "from chalicelib import bootstrap\nbootstrap.worker()\nbootstrap.checkup()"
    modules = loaded(build, AWS_DEFAULT_REGION="eu-central-1")
    assert modules >= WORKERS_ONLY - {"pydantic", "httpx2"}
