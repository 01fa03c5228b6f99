"""Builds the zip that Lambda runs: Chalice's packager in a clean folder, with the tested versions and bytecode.

Chalice itself continues without a dependency if there is no wheel for Lambda, and adds no bytecode. This module raises
an error for the first and compiles the second.
"""

import compileall
import hashlib
import io
import json
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Final, TextIO

from chalice.deploy.packager import DependencyBuilder, LambdaDeploymentPackager
from chalice.utils import UI, OSUtils

from chalicelib.errors import ConfigError

_REQUIREMENTS: Final = "requirements.txt"
_PINS: Final = "constraints.txt"
_SHIPPED: Final = ("app.py", "chalicelib", ".chalice")
_LEFT_OUT: Final = shutil.ignore_patterns("__pycache__", "deployments", "deployed", "venv")
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_TASK: Final = "/var/task"
MAX_ZIP: Final = 50_000_000
"""Lambda's limit in bytes for a direct upload."""


@dataclass(frozen=True)
class Package:
    """A zip, ready to be deployed from `folder`."""

    folder: Path
    zip: Path
    python: str

    @property
    def size(self) -> int:
        """The size in bytes."""
        return self.zip.stat().st_size


def build(project: Path, folder: Path, *, bytecode: bool = True) -> Package:
    """Build the project's zip where `chalice deploy --project-dir folder` finds it.

    The last zip is cached beside `folder` and reused while its contents have not changed. Raises ConfigError if there
    is no wheel of a dependency for Lambda, or the zip is too large.
    """
    copy(project, folder)
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    cached = folder.parent / f"{_digest(project, bytecode=bytecode)}.zip"
    archive = Path(_packager(io.StringIO()).deployment_package_filename(str(folder), python))
    if not cached.exists():
        _build_with_chalice(folder, python)
        if bytecode:
            _add_bytecode(archive)
        _cache(archive, cached)
    archive.parent.mkdir(exist_ok=True)
    shutil.copyfile(cached, archive)
    package = Package(folder, archive, python)
    if package.size > MAX_ZIP:
        raise ConfigError(
            f"the zip has {package.size / 1e6:.0f} MB, but Lambda accepts 50 MB: remove packages from requirements.txt"
        )
    return package


def _cache(archive: Path, cached: Path) -> None:
    """Replace the cached zip atomically."""
    for old in cached.parent.glob("*.zip"):
        old.unlink()
    partial = cached.with_suffix(".partial")
    shutil.copyfile(archive, partial)
    partial.rename(cached)


def copy(project: Path, folder: Path) -> None:
    """Copy the files that Chalice needs to `folder`, and no others; `folder` is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in _SHIPPED:
        source = project / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=_LEFT_OUT)
        else:
            shutil.copy2(source, folder / name)
    requirements = (project / _REQUIREMENTS).read_text()
    pins = f"-c {(project / _PINS).resolve()}\n" if requirements.strip() else ""  # with a line Chalice starts pip
    (folder / _REQUIREMENTS).write_text(f"{pins}{requirements}")


def leave_out_variables(folder: Path, names: Collection[str]) -> None:
    """Remove these environment variables from all functions of a built folder."""
    file = folder / ".chalice" / "config.json"
    config = json.loads(file.read_text())
    for block in (config, *config["stages"].values()):
        for name in names:
            block.get("environment_variables", {}).pop(name, None)
    file.write_text(json.dumps(config, indent=2))


def restart_functions(folder: Path, stamp: str) -> None:
    """Give all functions of a built folder a new variable: with it Lambda starts them again, and they fetch secrets."""
    file = folder / ".chalice" / "config.json"
    config = json.loads(file.read_text())
    config["environment_variables"] = {**config.get("environment_variables", {}), "DEPLOYED_AT": stamp}
    file.write_text(json.dumps(config, indent=2))


def _digest(project: Path, *, bytecode: bool) -> str:
    """Hash the contents of the zip and the version of Python."""
    digest = hashlib.sha256(f"{sys.version} {bytecode}".encode())
    for path in [
        *(project / name for name in ("app.py", _REQUIREMENTS, _PINS)),
        *sorted((project / "chalicelib").rglob("*")),
    ]:
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(project).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:32]


def _packager(output: TextIO) -> LambdaDeploymentPackager:
    osutils = OSUtils()
    return LambdaDeploymentPackager(osutils, DependencyBuilder(osutils), UI(out=output))


def _build_with_chalice(folder: Path, python: str) -> None:
    output = io.StringIO()
    _packager(output).create_deployment_package(str(folder), python)
    if "Could not install dependencies" in output.getvalue():
        missing = ", ".join(re.findall(r"^\S+==\S+$", output.getvalue(), re.MULTILINE)) or "some packages"
        raise ConfigError(
            f"there is no wheel for Lambda ({python}, x86_64) of: {missing}; pin another version in constraints.txt, "
            "or set PYTHON to another Python, such as PYTHON=python3.12"
        )


def _add_bytecode(archive: Path) -> None:
    """Compile all source for this Python; hash-based, since the dates of files in the zip do not match."""
    with tempfile.TemporaryDirectory() as unpacked:
        root = Path(unpacked)
        with zipfile.ZipFile(archive) as source:
            source.extractall(root)
        compileall.compile_dir(
            root,
            maxlevels=30,
            quiet=2,
            stripdir=str(root),
            prependdir=_TASK,
            invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
            workers=0,
        )
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
            for path in sorted(path for path in root.rglob("*") if path.is_file()):
                entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), _EPOCH)
                entry.external_attr = 0o644 << 16
                target.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
