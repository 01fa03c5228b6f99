"""Tests the contents of the zip, when it is built again, and that a dependency without a wheel is an error."""

import io
import json
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from chalicelib.errors import ConfigError
from chalicelib.settings.stage import names_without_use
from scripts.deploy.package import build, leave_out_variables, restart_functions
from tests.channels import BOTH, MESSENGER, WEB

SETUP = """
from setuptools import setup
setup(name="unbuildable", version="1.0")
"""
METADATA = "Metadata-Version: 2.1\nName: unbuildable\nVersion: 1.0\n"
BACKEND = f"""
import pathlib, sys

def prepare_metadata_for_build_wheel(directory, _=None):
    made = pathlib.Path(directory, "unbuildable-1.0.dist-info")
    made.mkdir()
    (made / "METADATA").write_text({METADATA!r})
    return made.name

def build_wheel(*_):
    sys.exit("a compiler is missing")
"""
"""For pip, without setuptools, which would be imported at each step."""
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
COMPILED = f"__pycache__/rules.cpython-{sys.version_info.major}{sys.version_info.minor}.pyc"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project without dependencies."""
    root = tmp_path / "project"
    (root / "chalicelib" / "__pycache__").mkdir(parents=True)
    (root / ".chalice").mkdir()
    (root / ".chalice" / "config.json").write_text('{"version": "2.0", "app_name": "parley"}')
    (root / "app.py").write_text("import chalicelib.rules\n")
    (root / "chalicelib" / "rules.py").write_text("LIMIT = 1\n")
    (root / "chalicelib" / "__pycache__" / "old.cpython-39.pyc").write_bytes(b"old")
    (root / "requirements.txt").write_text("")
    (root / "constraints.txt").write_text("")
    return root


def names(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as opened:
        return {name for name in opened.namelist() if not name.startswith("chalice/")}


def test_the_zip_has_the_app_and_its_bytecode_and_nothing_that_lay_about(project: Path, tmp_path: Path):
    built = build(project, tmp_path / "build" / "prod")
    assert {"app.py", "chalicelib/rules.py", f"chalicelib/{COMPILED}"} <= names(built.zip)
    assert not any("old" in name for name in names(built.zip))
    source_only = build(project, tmp_path / "build" / "prod", bytecode=False)
    assert names(source_only.zip) == {"app.py", "chalicelib/rules.py"}


def test_the_files_that_personas_know_are_shipped_and_a_change_of_one_builds_again(project: Path, tmp_path: Path):
    known = project / "chalicelib" / "content" / "knowledge" / "영업시간.md"
    known.parent.mkdir(parents=True)
    for words in ("9시", "10시"):
        known.write_text(words, "utf-8")
        built = build(project, tmp_path / "build" / "prod", bytecode=False)
        with zipfile.ZipFile(built.zip) as opened:
            assert opened.read("chalicelib/content/knowledge/영업시간.md").decode() == words


def test_the_zip_is_built_again_only_when_something_in_it_has_changed(project: Path, tmp_path: Path):
    build(project, tmp_path / "build" / "prod")
    [kept] = (tmp_path / "build").glob("*.zip")
    with zipfile.ZipFile(kept, "a") as opened:
        opened.writestr("mark", "the kept one")
    (project / ".chalice" / "config.json").write_text('{"version": "2.0", "app_name": "parley", "stages": {}}')
    assert "mark" in names(build(project, tmp_path / "build" / "dev").zip)
    (project / "chalicelib" / "rules.py").write_text("LIMIT = 2\n")
    assert "mark" not in names(build(project, tmp_path / "build" / "prod").zip)
    assert len(list((tmp_path / "build").glob("*.zip"))) == 1


def test_a_dependency_without_a_wheel_for_lambda_ends_the_build(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PIP_NO_BUILD_ISOLATION", "1")  # what builds it is here already
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    source = tmp_path / "unbuildable-1.0.tar.gz"
    with tarfile.open(source, "w:gz") as archive:
        for name, text in {
            "setup.py": SETUP,
            "backend.py": BACKEND,
            "pyproject.toml": PYPROJECT,
            "PKG-INFO": METADATA,
        }.items():
            entry = tarfile.TarInfo(f"unbuildable-1.0/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    (project / "requirements.txt").write_text(f"{source}\n")
    with pytest.raises(ConfigError) as caught:
        build(project, tmp_path / "build" / "prod")
    assert str(caught.value).startswith("there is no wheel for Lambda (python3.")
    assert "unbuildable==1.0" in str(caught.value)
    assert list((tmp_path / "build").glob("*.zip")) == []


def test_each_deployment_starts_the_functions_again_so_that_they_fetch_secrets(tmp_path: Path):
    file = tmp_path / ".chalice" / "config.json"
    file.parent.mkdir()
    file.write_text('{"environment_variables": {"PARLEY_DAILY_LIMIT": "10"}}')
    for stamp in ("2026-11-29T15:00:00+00:00", "2026-11-29T15:00:01+00:00"):
        restart_functions(tmp_path, stamp)
        variables = json.loads(file.read_text())["environment_variables"]
        assert variables == {"PARLEY_DAILY_LIMIT": "10", "DEPLOYED_AT": stamp}


def test_variables_that_only_an_absent_channel_reads_are_left_out_wherever_they_stand(tmp_path: Path):
    (tmp_path / ".chalice").mkdir()
    file = tmp_path / ".chalice" / "config.json"
    ours = {"PARLEY_MESSENGER_PERSONA": "bakery", "PARLEY_OIDC_ISSUER": "https://x", "PARLEY_CHANNELS": "web"}
    file.write_text(json.dumps({"environment_variables": ours, "stages": {"prod": {"environment_variables": ours}}}))
    leave_out_variables(tmp_path, names_without_use(WEB))
    config = json.loads(file.read_text())
    left = [config["environment_variables"], config["stages"]["prod"]["environment_variables"]]
    assert left == [{"PARLEY_OIDC_ISSUER": "https://x", "PARLEY_CHANNELS": "web"}] * 2
    leave_out_variables(tmp_path, names_without_use(MESSENGER))
    assert json.loads(file.read_text())["environment_variables"] == {"PARLEY_CHANNELS": "web"}
    assert names_without_use(BOTH) == frozenset()
