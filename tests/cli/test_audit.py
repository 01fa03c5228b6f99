"""`scripts/audit` says what pip-audit found, and does not take silence for safety."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from scripts.stage.environment import ROOT

TOOL: Final = """#!/bin/sh
case "$*" in
  *--version) ;;
  *known.txt) [ -n "$DATA" ] && echo "requests 2.25.0 PYSEC-2023-74 2.31.0" && exit 1; echo "not found on PyPI" ;;
  *constraints.txt) echo "$FOUND"; [ -z "$FOUND" ] ;;
esac
"""
"""In place of the Python that has pip-audit."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The script, in a project whose environments exist."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "audit", tmp_path / "scripts" / "audit")
    (tmp_path / "scripts" / "venv.sh").write_text("python=false\n")
    tool = tmp_path / ".parley" / "audit" / "bin" / "python"
    tool.parent.mkdir(parents=True)
    tool.write_text(TOOL)
    tool.chmod(0o755)
    return tmp_path


def audit(project: Path, *arguments: str, data: str = "", found: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "DATA": data, "FOUND": found}
    command = [str(project / "scripts" / "audit"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_without_vulnerabilities_it_succeeds(project: Path):
    assert audit(project, data="yes").returncode == 0


def test_a_vulnerability_is_shown_and_fails(project: Path):
    result = audit(project, data="yes", found="PyJWT 2.10.1 CVE-2026-1")
    assert (result.returncode, result.stdout) == (1, "PyJWT 2.10.1 CVE-2026-1\n")


def test_where_the_network_has_no_data_it_says_that_nothing_was_checked(project: Path):
    result = audit(project)
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr == ("scripts/audit: this network has no data on vulnerabilities, so nothing was checked\n")


def test_help_and_a_wrong_argument_check_nothing(project: Path):
    shown, wrong = audit(project, "--help", found="x"), audit(project, "--fix", found="x")
    assert (shown.returncode, wrong.returncode) == (0, 2)
    assert shown.stdout == wrong.stderr
    assert max(map(len, shown.stdout.splitlines())) <= 80


def test_ci_audits_and_goes_on_only_where_there_is_no_data():
    assert "\nscripts/audit || [ $? -eq 3 ]\n" in (ROOT / ".ci" / "run").read_text()
