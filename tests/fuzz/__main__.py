"""`python -m tests.fuzz [TARGET ...] --seconds N` looks for bytes at which a parser fails, guided by its branches.

Each target runs in a process of its own. What it failed at is printed, and stored in `tests/fuzz/corpus`, so that the
ordinary check fails until the parser is fixed. With `--keep`, inputs that take new paths are stored there too.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.fuzz.targets import CORPUS, TARGETS, store, stored

NOT_HERE: Final = 2
SLOWEST_S: Final = 10
"""Seconds for one input: more is a failure."""
LONGEST: Final = 4096
"""Bytes of an input: what longer ones do, shorter ones do too, and sooner."""
KEPT: Final = 20
"""Inputs that are kept of a run."""
LONGEST_KEPT: Final = 300
SHOWN: Final = 3000
"""Characters of the fuzzer's report."""
SEED: Final = "seed-"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the fuzzer; returns 1 if a parser failed, 2 where there is no fuzzer."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="all without one")
    parser.add_argument("--seconds", type=int, default=10, help="for each target (10)")
    parser.add_argument("--keep", action="store_true", help="store inputs that take new paths")
    parser.add_argument("--list", action="store_true", help="print the targets")
    options = parser.parse_args(arguments)
    if unknown := set(options.targets) - TARGETS.keys():
        parser.error(f"no target {', '.join(sorted(unknown))}; --list prints them")
    if options.list:
        print(*TARGETS, sep="\n")
        return 0
    if find_spec("atheris") is None:
        print(
            "There is no atheris here: it has wheels for Linux on x86_64 with Python 3.13 and earlier.", file=sys.stderr
        )
        return NOT_HERE
    runs = [fuzz(name, seconds=options.seconds, keep=options.keep) for name in options.targets or TARGETS]
    return 0 if all(runs) else 1


def fuzz(name: str, *, seconds: int, keep: bool = False) -> bool:
    """Fuzz one target, and store what it failed at; returns whether it failed at nothing."""
    with TemporaryDirectory() as folder:
        found, failures = Path(folder, "found"), Path(folder, "failures")
        found.mkdir()
        failures.mkdir()
        for number, data in enumerate((*TARGETS[name].seeds, *stored(name))):
            (found / f"{SEED}{number}").write_bytes(data)
        done = _run(name, found, failures, seconds)
        new = [place.read_bytes() for place in found.iterdir() if not place.name.startswith(SEED)]
        bad = [place.read_bytes() for place in failures.iterdir()]
    executed = re.findall(r"number_of_executed_units: (\d+)", done.stderr)
    print(f"{name}: {''.join(executed) or 'no'} inputs, {len(new)} new paths, {len(bad)} failures", flush=True)
    if done.returncode:
        print(done.stderr[-SHOWN:], *bad, f"{name} failed at the above, which is stored in {CORPUS}.", sep="\n")
    if kept := [*bad, *(_short(new) if keep else ())]:
        store(name, kept)
    return done.returncode == 0


def _run(name: str, found: Path, failures: Path, seconds: int) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.fuzz.one", name, str(found), "-seed=1", "-print_final_stats=1"]
    bounds = [f"-max_total_time={seconds}", f"-timeout={SLOWEST_S}", f"-max_len={min(TARGETS[name].longest, LONGEST)}"]
    options = [*bounds, f"-artifact_prefix={failures}/"]
    return subprocess.run([*command, *options], capture_output=True, text=True, errors="replace", check=False)


def _short(new: Sequence[bytes]) -> Sequence[bytes]:
    """Return some of the inputs that are short enough to be read, the longest of these: they take the longest paths."""
    return sorted((each for each in new if len(each) <= LONGEST_KEPT), key=len)[-KEPT:]


if __name__ == "__main__":
    sys.exit(main())
