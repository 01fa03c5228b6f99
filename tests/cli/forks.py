"""Runs Python in processes forked from one that has imported what is slow: a start of its own takes half a second."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_FORKS: Final = """
import json, os, runpy, sys, traceback
from functools import cache
import boto3, botocore.session, chalice.app, chalice.deploy.packager, click, pydantic.json_schema, requests
botocore.session.create_loader = cache(botocore.session.create_loader)
boto3.Session("test", "test", region_name="eu-central-1").client("sts")
for name in sys.argv[1:]:
    __import__(name)
for line in sys.stdin:
    arguments, environment, results = json.loads(line)
    child = os.fork()
    if child:
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    for number, path in enumerate((os.devnull, *results)):
        os.dup2(os.open(path, os.O_RDWR), number)
    os.environ.clear()
    os.environ.update(environment)
    code = 0
    try:
        if arguments[0] == "-m":
            sys.argv = arguments[1:]
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = ["-c", *arguments[2:]]
            exec(arguments[1], {"__name__": "__main__"})
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
"""


@dataclass(frozen=True)
class Forks:
    """The process that is forked, and a folder for what the forks print."""

    process: subprocess.Popen[str]
    folder: Path

    def run(self, arguments: tuple[str, ...], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run `python -m MODULE ...` or `python -c CODE ...`."""
        results = [self.folder / name for name in ("stdout", "stderr")]
        for result in results:
            result.write_text("")
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([arguments, dict(environment), [str(result) for result in results]]) + "\n")
        self.process.stdin.flush()
        code = int(self.process.stdout.readline())
        return subprocess.CompletedProcess(arguments, code, *(result.read_text() for result in results))


@contextmanager
def forks(cwd: Path, environment: Mapping[str, str], *imported: str) -> Iterator[Forks]:
    """Start the process that is forked: it imports slow packages, and these modules of the project in `cwd`."""
    command = [sys.executable, "-c", _FORKS, *imported]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            command, cwd=cwd, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process,
    ):
        yield Forks(process, Path(folder))
