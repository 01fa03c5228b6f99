"""Tests the shell scripts in a project whose Python only prints its arguments."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.deploy.runtimes import BEST
from scripts.stage.environment import ROOT

PYTHON = f"""#!/bin/sh
case "$*" in
  "-m venv --clear "*)
    rm -rf "$4" && mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
  "-m pip "*)
    echo "$*" >>"$LOG"
    if [ -e "$LOG.broken" ]; then echo "pip says why" >&2; exit 1; fi ;;
  "-c "*ensurepip*)
    exec {sys.executable} "$@" ;;
  "-c "*pip*)
    ;;
  *)
    echo "$PWD $PARLEY_CALLED_FROM: $*"
    case "$*" in *$FAILS) exit 3 ;; esac ;;
esac
"""
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt", "constraints.txt")
INSTALLING = "Installing Parley's requirements (about a minute the first time) ...\n"


@dataclass(frozen=True)
class Project:
    """A copy of the scripts, and a fake Python."""

    root: Path
    python: Path

    def run(
        self, script: str, *arguments: str, cwd: Path | None = None, fails: str = "nothing", **more: str
    ) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHON": str(self.python),
            "LOG": str(self.log),
            "FAILS": fails,
            "PARLEY_CALLED_FROM": "",
            **more,
        }
        command = [script, *arguments]
        where = cwd or self.root
        return subprocess.run(
            command, cwd=where, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    @property
    def log(self) -> Path:
        return self.root / "pip.log"

    @property
    def installed(self) -> int:
        """How often the requirements were installed."""
        return sum("-r requirements.txt" in line for line in self.log.read_text().splitlines())


def project_in(folder: Path) -> Project:
    root = folder.resolve() / "my bot"
    (root / "scripts").mkdir(parents=True)
    for name in ("parley", "check", "venv.sh"):
        shutil.copy(ROOT / "scripts" / name, root / "scripts" / name)
    for name in REQUIREMENTS:
        (root / name).write_text(f"# {name}\n")
    python = folder / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    return Project(root, python)


@pytest.fixture
def bare(tmp_path: Path) -> Project:
    """A project without a virtual environment."""
    return project_in(tmp_path)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that has one. No test changes it."""
    made = project_in(tmp_path_factory.mktemp("made"))
    assert made.run("scripts/parley").returncode == 0
    return made


@pytest.fixture
def own(project: Project, tmp_path: Path) -> Project:
    """A copy of it."""
    root = shutil.copytree(project.root, tmp_path.resolve() / "my bot")
    return Project(root, project.python)


def test_the_first_call_makes_everything_and_says_so(bare: Project):
    result = bare.run("scripts/parley", "people", "a b", "")
    assert result.stderr == f"Creating .venv ...\n{INSTALLING}"
    assert result.stdout == f"{bare.root} {bare.root}: -m scripts.cli people a b \n"


def test_the_project_is_installed_last_and_without_the_network(bare: Project):
    bare.run("scripts/parley")
    requirements, itself = bare.log.read_text().splitlines()
    assert "-r requirements.txt -r requirements-dev.txt -c constraints.txt" in requirements
    assert "--no-deps --no-build-isolation --editable ." in itself


def test_later_calls_have_nothing_to_do_and_to_say(own: Project):
    assert own.run("scripts/parley").stderr == ""
    assert own.installed == 1


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_changed_requirements_are_installed_once_more(own: Project, name: str):
    (own.root / name).write_text("# changed\n")
    assert own.run("scripts/parley").stderr == INSTALLING
    assert own.run("scripts/parley").stderr == ""
    assert own.installed == 2


def test_a_failed_installation_shows_why_and_is_tried_again(bare: Project):
    broken = bare.root / "pip.log.broken"
    broken.touch()
    result = bare.run("scripts/parley")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.endswith("pip says why\n")
    broken.unlink()
    assert bare.run("scripts/parley").stderr == INSTALLING


def test_an_environment_whose_python_is_gone_is_made_anew(own: Project):
    (own.root / ".venv" / "bin" / "python").unlink()
    assert own.run("scripts/parley").stderr == f"Creating .venv ...\n{INSTALLING}"


def test_a_python_that_is_too_old_is_one_line(bare: Project):
    bare.python.write_text("#!/bin/sh\nexit 1\n")
    result = bare.run("scripts/parley")
    assert result.returncode == 1
    line = f"Parley needs Python 3.11 or newer with venv; PYTHON={bare.python} is not.\n"
    assert result.stderr == line


PYTHONS = ("python3", "python3.11", "python3.12", "python3.13")


@pytest.mark.parametrize("newest", range(1, len(PYTHONS) + 1))
def test_the_newest_python_that_lambda_runs_is_taken(bare: Project, tmp_path: Path, newest: int):
    """Functions are deployed with the Python of `.venv`."""
    found = tmp_path / "found"
    found.mkdir()
    for name in ("cat", "cksum", "cp", "dirname", "mkdir", "rm"):
        (found / name).symlink_to(str(shutil.which(name)))
    for name in PYTHONS[:newest]:
        (found / name).write_text(f'#!/bin/sh\necho {name} >>"$LOG.took"\nexec "{bare.python}" "$@"\n')
        (found / name).chmod(0o755)
    assert bare.run("scripts/parley", "logs", PYTHON="", PATH=str(found)).returncode == 0
    assert Path(f"{bare.log}.took").read_text().split()[-1] == PYTHONS[newest - 1]
    assert PYTHONS[-1] == f"python{BEST}"


def test_ci_runs_on_the_python_that_functions_are_best_deployed_with():
    assert f"for python in python{BEST} " in (ROOT / ".ci" / "run").read_text()


def test_it_may_be_called_from_anywhere(own: Project, tmp_path: Path):
    called_from = tmp_path.resolve()
    result = own.run("my bot/scripts/parley", "demo", cwd=called_from)
    assert result.stdout == f"{own.root} {called_from}: -m scripts.cli demo\n"
    assert own.run("./parley", cwd=own.root / "scripts").returncode == 0


def test_the_exit_code_is_the_commands(project: Project):
    assert project.run("scripts/parley", "bad", fails="bad").returncode == 3


CHECKS = ["== ruff format --check .", "== ruff check .", "== mypy"]
PROCESSES = (os.cpu_count() or 1) + 2
FEWER_PROCESSES = (os.cpu_count() or 1) + 1


def checks(result: subprocess.CompletedProcess[str]) -> list[str]:
    assert result.returncode == 0
    return [line for line in result.stdout.splitlines() if line.startswith("== ")]


def test_check_runs_all_checks_under_a_heading_each(project: Project):
    assert checks(project.run("my bot/scripts/check", "-k", "one", cwd=project.root.parent)) == [
        *CHECKS,
        f"== pytest -n {PROCESSES} --dist worksteal -m not full --ignore=tests/deployed -k one",
    ]


def test_check_deploys_to_an_emulator_as_well_when_it_is_told_to(project: Project):
    assert checks(project.run("scripts/check", "--deployed")) == [
        *CHECKS,
        f"== pytest -n {PROCESSES} --dist worksteal -m not full --ignore=tests/deployed",
        f"== pytest -n {FEWER_PROCESSES} --dist loadfile -m not full tests/deployed",
    ]


def test_check_runs_the_long_tests_as_well_when_it_is_told_to(project: Project):
    assert checks(project.run("scripts/check", "--deployed", "--full"))[3:] == [
        f"== pytest -n {PROCESSES} --dist worksteal --hypothesis-profile full -m  --ignore=tests/deployed",
        "== tests.faults.run --schedules 100000 --json .parley/schedules.json",
        "== tests.faults.adapter_counts --schedules 500 --json .parley/adapter.json",
        f"== pytest -n {FEWER_PROCESSES} --dist loadfile -m  tests/deployed",
        "== scripts.measure.reliability --stories .parley/schedules.json --adapter .parley/adapter.json",
    ]


def test_a_full_check_of_some_tests_measures_nothing(project: Project):
    assert checks(project.run("scripts/check", "--full", "tests/unit"))[3:] == [
        f"== pytest -n {PROCESSES} --dist worksteal --hypothesis-profile full -m  --ignore=tests/deployed tests/unit",
    ]


def test_the_fast_check_runs_what_starts_nothing(project: Project):
    pytest = f"== pytest -n {PROCESSES} --dist worksteal -m not emulated and not full"
    folders = "tests/unit tests/flow tests/architecture tests/contract"
    assert checks(project.run("scripts/check", "--fast")) == [*CHECKS, f"{pytest} and not slow {folders}"]
    assert checks(project.run("scripts/check", "--fast", "tests/unit"))[3:] == [f"{pytest} tests/unit"]


def test_coverage_is_measured_in_ci(project: Project):
    assert checks(project.run("scripts/check", CI="true"))[3:] == [
        f"== pytest -n {PROCESSES} --dist worksteal --cov --cov-report=term -m not full --ignore=tests/deployed",
    ]


ALONE = "-n 0 --no-cov --last-failed --last-failed-no-failures none --maxfail 1"


def test_in_ci_a_test_that_failed_beside_others_may_pass_alone(project: Project):
    result = project.run("scripts/check", "--deployed", CI="true", fails=" --ignore=tests/deployed")
    first, again, deployed = checks(result)[3:]
    assert again == f"{first} {ALONE}"
    assert deployed.endswith("tests/deployed")


def test_in_ci_a_test_that_fails_alone_as_well_ends_the_check(project: Project):
    always = project.run("scripts/check", "--deployed", CI="true", fails=" --ignore=tests/deployed*")
    assert always.returncode == 3
    assert always.stdout.count("== pytest") == 2


def test_elsewhere_a_test_that_fails_ends_the_check(project: Project):
    result = project.run("scripts/check", "--deployed", fails=" --ignore=tests/deployed")
    assert result.returncode == 3
    assert result.stdout.count("== pytest") == 1


@pytest.mark.parametrize("asked", [["--help"], ["-h"], ["--fast", "--help"]])
def test_check_says_what_its_options_do_and_runs_nothing(bare: Project, asked: list[str]):
    result = bare.run("scripts/check", *asked)
    assert (result.returncode, result.stderr) == (0, "")
    assert all(option in result.stdout for option in ("--fast", "--deployed", "--full", "-h, --help"))
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "== " not in result.stdout
    assert not (bare.root / ".venv").exists()


def test_check_cannot_be_fast_and_deploy(project: Project):
    result = project.run("scripts/check", "--fast", "--deployed")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "scripts/check: choose one of --fast and --deployed\n"


def test_check_ends_at_the_first_check_that_fails(project: Project):
    result = project.run("scripts/check", fails="-m mypy")
    assert result.returncode == 3
    assert "== pytest" not in result.stdout
