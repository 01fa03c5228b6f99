"""Measures the imports of a cold start from the deployed zip: with and without bytecode, and for a bare Chalice app.

Run it as `.venv/bin/python -m scripts.bench.cold`. Each measurement uses a new process that can import only the
unpacked zip and the packages of Lambda's runtime. The start of Python itself is not included. No requests are sent.

All times are of the CPU, so that other processes do not lengthen them, and so that they can be converted to a share of
a CPU: Lambda gives a function one for each 1,769 MB of its memory, but a full one while it starts.
"""

import os
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

from scripts.bench import machine
from scripts.deploy.package import build
from scripts.stage.environment import ROOT, full_name, memory_mb

LAMBDA_HAS: Final = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3")
"""The packages that Lambda's runtime contains."""
_BARE_APP: Final = """from chalice import Chalice

app = Chalice(app_name="bare")


@app.route("/")
def index():
    return {}
"""
_BARE: Final = "a bare Chalice app with one route"
_CLIENTS: Final = (
    "; import boto3; session = boto3.Session(); [session.client(it) for it in ('dynamodb', 'lambda', 'ssm')]"
)
_ALONE: Final = "`app.py`, without the services of any function"
_READY: Final = {
    "`api_handler`, ready for its first message": "api_handler",
    "`websocket_message`, ready for its first frame": "websocket_message",
    "`worker`, with the model's SDK": "worker",
    "`heartbeat`": "heartbeat",
}
"""The functions whose start is measured, by the names of their rows."""
_MB_OF_A_CPU: Final = 1769
_TIMED: Final = "import time; began = time.process_time(); {}; print((time.process_time() - began) * 1000)"


@dataclass(frozen=True)
class Zip:
    """A zip, unpacked into `folder` as on Lambda."""

    name: str
    folder: Path
    packed: int
    bytecode: bool

    def sizes(self) -> str:
        """Format the packed and the unpacked size."""
        whole = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
        return f"{self.packed / 1e6:.2f} / {whole / 1e6:.2f} MB"


@dataclass(frozen=True)
class Start:
    """The code that a process runs, and the zip that it imports from."""

    what: str
    zip: Zip
    code: str
    function: str = ""
    """The name in Lambda of the function that starts; empty for none."""


Times = Mapping[Start, Sequence[float]]


@click.command()
@click.option(
    "--runs", type=click.IntRange(min=1), default=15, show_default=True, help="Number of processes per measurement."
)
def main(runs: int) -> None:
    """Measure all starts and print a table."""
    with tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        starts = [start for bytecode in (False, True) for start in prepared(scratch, bytecode=bytecode)]
        times = measure(starts, runtime(scratch / "runtime"), runs=runs)
        click.echo(f"{machine.described()}\n")
        click.echo(table(times))
        click.echo("\n" + "\n".join(on_lambda(times, memory_mb("prod"))))


def prepared(scratch: Path, *, bytecode: bool) -> Iterator[Start]:
    """Build the zips with or without bytecode, and yield the starts to measure."""
    bare = unpacked("the bare app", bare_project(scratch / f"bare-{bytecode}"), scratch, bytecode=bytecode)
    parley = unpacked("Parley", ROOT, scratch, bytecode=bytecode)
    yield Start(_BARE, bare, "import app")
    yield Start("the same with the webhook's three AWS clients", bare, "import app" + _CLIENTS)
    yield Start(_ALONE, parley, "import app")
    yield from (Start(what, parley, "import app", full_name("dev", name)) for what, name in _READY.items())


def bare_project(folder: Path) -> Path:
    """Create a project with one route and no dependencies."""
    for name in ("chalicelib", ".chalice"):
        (folder / name).mkdir(parents=True)
    for name in ("requirements.txt", "constraints.txt"):
        (folder / name).touch()
    (folder / "app.py").write_text(_BARE_APP)
    return folder


def unpacked(name: str, project: Path, scratch: Path, *, bytecode: bool) -> Zip:
    """Build the project's zip, or reuse the cached one, and unpack it."""
    home = project / ".parley" / "bench" / ("bytecode" if bytecode else "source")
    package, target = build(project, home / "build", bytecode=bytecode), scratch / f"{name}-{bytecode}"
    shutil.unpack_archive(package.zip, target)
    return Zip(name, target, package.size, bytecode)


def runtime(folder: Path) -> Path:
    """Link the packages of Lambda's runtime from this environment; they always have bytecode."""
    folder.mkdir()
    for name in LAMBDA_HAS:
        (folder / name).symlink_to(Path(boto3.__file__).parents[1] / name)
    return folder


def measure(starts: Sequence[Start], packages: Path, *, runs: int) -> Times:
    """Measure each start once per round, in milliseconds; a first round that fills the disk cache is not counted."""
    times: dict[Start, list[float]] = {start: [] for start in starts}
    for number in range(runs + 1):
        for start in starts:
            took = cold(start, packages)
            if number:
                times[start].append(took)
    for one in {start.zip for start in starts}:
        if any(one.folder.rglob("*.pyc")) is not one.bytecode:
            raise click.ClickException(f"{one.name}: the zip must have bytecode in the second column only")
    return times


def cold(start: Start, packages: Path) -> float:
    """Measure a start in a new process that writes no bytecode, in milliseconds."""
    path = os.pathsep.join([str(start.zip.folder), str(packages)])
    env = {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "AWS_DEFAULT_REGION": "eu-central-1"}
    env |= {"AWS_LAMBDA_FUNCTION_NAME": start.function} if start.function else {}
    command = [sys.executable, "-S", "-c", _TIMED.format(start.code)]
    done = subprocess.run(  # noqa: S603 (the running Python)
        command, cwd=packages, env=env, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def on_lambda(times: Times, memory_mb: Mapping[str, int]) -> Iterator[str]:
    """Compute how long each start takes on Lambda, and how long it would take if the handler built the services."""
    medians = {start.what: median(took) for start, took in times.items() if start.zip.bytecode}
    for what, name in _READY.items():
        share = min(1, memory_mb[name] / _MB_OF_A_CPU)
        late = medians[_ALONE] + (medians[what] - medians[_ALONE]) / share
        yield f"{name}, {memory_mb[name]} MB ({share:.2f} CPU): {medians[what]:.0f} ms; {late:.0f} ms in the handler"


def table(times: Times) -> str:
    """Format the times as Markdown: median, minimum, maximum, and the ratio to the bare app in the same column."""
    bare = {start.zip.bytecode: median(took) for start, took in times.items() if start.what == _BARE}
    rows: dict[str, list[str]] = {}
    for start, took in times.items():
        figure = f"{median(took):.0f} ms ({min(took):.0f} to {max(took):.0f})"
        ratio = median(took) / bare[start.zip.bytecode]
        rows.setdefault(start.what, []).append(f"{figure}, {ratio:.1f} times the bare app")
    for one in dict.fromkeys(start.zip for start in times):
        rows.setdefault(f"{one.name}'s zip, packed / unpacked", []).append(one.sizes())
    head = ["| | source only | with bytecode |", "| --- | --- | --- |"]
    return "\n".join([*head, *(f"| {name} | {' | '.join(row)} |" for name, row in rows.items())])


if __name__ == "__main__":
    main()
