"""How long a cold start imports, from the very zip: with bytecode, without, and against a bare Chalice app.

Run as `.venv/bin/python -m scripts.bench.cold`. Every figure is of processes that start anew and see the unpacked zip,
what Lambda brings of its own, and nothing else. What Python takes to start is not in it, and nothing is sent anywhere.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import boto3
import click

from scripts.deploy.package import build
from scripts.stage.environment import ROOT

LAMBDA_HAS: Final = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3")
"""What the runtime brings of its own."""
_BARE_APP: Final = """from chalice import Chalice

app = Chalice(app_name="bare")


@app.route("/")
def index():
    return {}
"""
_BARE: Final = "a bare Chalice app"
_CLIENTS: Final = (
    "; import boto3; session = boto3.Session(); [session.client(it) for it in ('dynamodb', 'lambda', 'ssm')]"
)
_READY: Final = {
    "the door": "import app; app.api.webhook()",
    "the web chat's door": "import app; from chalicelib.bootstrap import websocket; websocket.handler()",
    "the worker, with the model's SDK": "import app; from chalicelib.bootstrap import worker; worker.worker()",
}
"""What each function does before it can take its first event."""
_TIMED: Final = "import time; began = time.perf_counter(); {}; print((time.perf_counter() - began) * 1000)"


@dataclass(frozen=True)
class Zip:
    """One zip, unpacked into `folder` as on Lambda."""

    name: str
    folder: Path
    packed: int
    bytecode: bool

    def sizes(self) -> str:
        """Packed and unpacked."""
        whole = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
        return f"{self.packed / 1e6:.2f} / {whole / 1e6:.2f} MB"


@dataclass(frozen=True)
class Start:
    """What a process does when it starts."""

    what: str
    zip: Zip
    code: str


Times = Mapping[Start, Sequence[float]]


@click.command()
@click.option("--runs", type=click.IntRange(min=1), default=15, show_default=True, help="Processes for each figure.")
def main(runs: int) -> None:
    """Measure, and print a table."""
    with tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        starts = [start for bytecode in (False, True) for start in prepared(scratch, bytecode=bytecode)]
        times = measure(starts, runtime(scratch / "runtime"), runs=runs)
        click.echo(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
        click.echo(table(times))


def prepared(scratch: Path, *, bytecode: bool) -> Iterator[Start]:
    """All starts from zips of one kind."""
    bare = unpacked("the bare app", bare_project(scratch / f"bare-{bytecode}"), scratch, bytecode=bytecode)
    parley = unpacked("Parley", ROOT, scratch, bytecode=bytecode)
    yield Start(_BARE, bare, "import app")
    yield Start(f"{_BARE} with the door's three AWS clients", bare, "import app" + _CLIENTS)
    yield from (Start(what, parley, code) for what, code in _READY.items())


def bare_project(folder: Path) -> Path:
    """One route, and no dependencies."""
    for name in ("chalicelib", ".chalice"):
        (folder / name).mkdir(parents=True)
    for name in ("requirements.txt", "constraints.txt"):
        (folder / name).touch()
    (folder / "app.py").write_text(_BARE_APP)
    return folder


def unpacked(name: str, project: Path, scratch: Path, *, bytecode: bool) -> Zip:
    """Build the project's zip, or take the one of the last time, and unpack it."""
    home = project / ".parley" / "bench" / ("bytecode" if bytecode else "source")
    package, target = build(project, home / "build", bytecode=bytecode), scratch / f"{name}-{bytecode}"
    shutil.unpack_archive(package.zip, target)
    return Zip(name, target, package.size, bytecode)


def runtime(folder: Path) -> Path:
    """What Lambda brings, as this environment has it: with bytecode, whatever the zip has."""
    folder.mkdir()
    for name in LAMBDA_HAS:
        (folder / name).symlink_to(Path(boto3.__file__).parents[1] / name)
    return folder


def measure(starts: Sequence[Start], brought: Path, *, runs: int) -> Times:
    """Milliseconds, in rounds of one process each; the first round only brings the files into memory."""
    times: dict[Start, list[float]] = {start: [] for start in starts}
    for number in range(runs + 1):
        for start in starts:
            took = cold(start, brought)
            if number:
                times[start].append(took)
    for one in {start.zip for start in starts}:
        if any(one.folder.rglob("*.pyc")) is not one.bytecode:
            raise click.ClickException(f"{one.name}: there is bytecode where none may be, or none where it must be")
    return times


def cold(start: Start, brought: Path) -> float:
    """How long it took in a new process, which writes no bytecode."""
    path = os.pathsep.join([str(start.zip.folder), str(brought)])
    env = {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "AWS_DEFAULT_REGION": "eu-central-1"}
    command = [sys.executable, "-S", "-c", _TIMED.format(start.code)]
    done = subprocess.run(  # noqa: S603 (this very Python)
        command, cwd=brought, env=env, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def table(times: Times) -> str:
    """In Markdown: median, fastest and slowest, and the median's ratio to the bare app's from the same kind of zip."""
    bare = {start.zip.bytecode: median(took) for start, took in times.items() if start.what == _BARE}
    rows: dict[str, list[str]] = {}
    for start, took in times.items():
        figure = f"{median(took):.0f} ms ({min(took):.0f} to {max(took):.0f})"
        ratio = median(took) / bare[start.zip.bytecode]
        rows.setdefault(start.what, []).append(f"{figure}, {ratio:.1f} times the bare app")
    for one in dict.fromkeys(start.zip for start in times):
        rows.setdefault(f"the zip of {one.name}, packed / unpacked", []).append(one.sizes())
    head = ["| | source only | with bytecode |", "| --- | --- | --- |"]
    return "\n".join([*head, *(f"| {name} | {' | '.join(row)} |" for name, row in rows.items())])


if __name__ == "__main__":
    main()
