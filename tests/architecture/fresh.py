"""Runs code as a cold start does: without network, and with no environment but what a test gives.

`as_a_process` starts a process, which is exact. `loaded` forks one that has imported boto3 and Chalice, which every
function imports, and has read AWS's descriptions of the services: it takes a fifth of the time.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from scripts.measure.source import ROOT

_OFFLINE: Final = """
import json, socket, sys
def refuse(*_, **__):
    raise OSError("a cold start does not touch the network")
socket.socket.connect = socket.getaddrinfo = refuse
"""
_LOADED: Final = """
print(json.dumps(sorted(sys.modules)))
"""
_FORKS: Final = """
import os, traceback
from functools import cache
import boto3, botocore.session, chalice
for name in sys.argv[1:]:
    __import__(name)
botocore.session.create_loader = cache(botocore.session.create_loader)
for service in ("dynamodb", "lambda", "sns", "sqs", "ssm"):
    boto3.Session("test", "test", region_name="eu-central-1").client(service)
for line in sys.stdin:
    code, environment = json.loads(line)
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        print(flush=True)
        continue
    os.environ.clear()
    os.environ.update(environment)
    result, sys.stdout = sys.stdout, sys.stderr
    try:
        exec(code, {"json": json, "sys": sys})
        outcome = {"modules": sorted(sys.modules)}
    except BaseException:
        outcome = {"error": traceback.format_exc()}
    print(json.dumps(outcome), end="", file=result, flush=True)
    os._exit(0)
"""


def as_a_process(code: str, **environment: str) -> set[str]:
    """Run code in a new process and return the names of its modules."""
    done = subprocess.run(
        [sys.executable, "-c", _OFFLINE + code + _LOADED],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


class Forks:
    """Runs code in processes that are forked from one."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def loaded(self, code: str, **environment: str) -> set[str]:
        """Run code in a fork and return the names of its modules."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([code, {"PATH": os.environ["PATH"], **environment}]) + "\n")
        self._process.stdin.flush()
        outcome = json.loads(self._process.stdout.readline().strip() or "null")
        assert outcome, "the process died"
        assert "error" not in outcome, outcome["error"]
        return set(outcome["modules"])


@contextmanager
def forks(*imported: str) -> Iterator[Forks]:
    """Start the process that is forked; it imports these packages as well."""
    command = [sys.executable, "-c", _OFFLINE + _FORKS, *imported]
    environment = {"PATH": os.environ["PATH"]}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Forks(process)
