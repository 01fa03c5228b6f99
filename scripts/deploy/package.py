"""The zip that Lambda runs: Chalice's packager in a clean folder, with the versions that were tested, and bytecode.

Chalice itself goes on when a wheel is missing for Lambda, and ships source only; both are mended here.
"""

import compileall
import hashlib
import io
import re
import shutil
import sys
import tempfile
import zipfile
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
"""What Lambda takes in one call."""


@dataclass(frozen=True)
class Package:
    """A zip that is ready to be deployed from `folder`."""

    folder: Path
    zip: Path
    python: str

    @property
    def size(self) -> int:
        """Bytes."""
        return self.zip.stat().st_size


def build(project: Path, folder: Path, *, bytecode: bool = True) -> Package:
    """Build the project's zip where `chalice deploy --project-dir folder` will find it.

    The last zip is kept beside `folder` and used again while nothing that goes into it has changed.
    Raises ConfigError when a dependency cannot be had for Lambda, or the zip is too large.
    """
    copy(project, folder)
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    kept = folder.parent / f"{_digest(project, bytecode=bytecode)}.zip"
    archive = Path(_packager(io.StringIO()).deployment_package_filename(str(folder), python))
    if not kept.exists():
        _build_with_chalice(folder, python)
        if bytecode:
            _add_bytecode(archive)
        _keep(archive, kept)
    archive.parent.mkdir(exist_ok=True)
    shutil.copyfile(kept, archive)
    package = Package(folder, archive, python)
    if package.size > MAX_ZIP:
        raise ConfigError(
            f"the zip has {package.size / 1e6:.0f} MB and Lambda takes 50: remove some of requirements.txt"
        )
    return package


def _keep(archive: Path, kept: Path) -> None:
    """Keep one zip and no other, whole or not at all."""
    for old in kept.parent.glob("*.zip"):
        old.unlink()
    partial = kept.with_suffix(".partial")
    shutil.copyfile(archive, partial)
    partial.rename(kept)


def copy(project: Path, folder: Path) -> None:
    """Put there what Chalice needs, and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in _SHIPPED:
        source = project / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=_LEFT_OUT)
        else:
            shutil.copy2(source, folder / name)
    requirements = (project / _REQUIREMENTS).read_text()
    (folder / _REQUIREMENTS).write_text(f"-c {(project / _PINS).resolve()}\n{requirements}")


def _digest(project: Path, *, bytecode: bool) -> str:
    """Of all that the zip is made of, and of the Python that makes it."""
    found = hashlib.sha256(f"{sys.version} {bytecode}".encode())
    for path in [
        *(project / name for name in ("app.py", _REQUIREMENTS, _PINS)),
        *sorted((project / "chalicelib").rglob("*")),
    ]:
        if path.is_file() and "__pycache__" not in path.parts:
            found.update(path.relative_to(project).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:32]


def _packager(said: TextIO) -> LambdaDeploymentPackager:
    osutils = OSUtils()
    return LambdaDeploymentPackager(osutils, DependencyBuilder(osutils), UI(out=said))


def _build_with_chalice(folder: Path, python: str) -> None:
    said = io.StringIO()
    _packager(said).create_deployment_package(str(folder), python)
    if "Could not install dependencies" in said.getvalue():
        missing = ", ".join(re.findall(r"^\S+==\S+$", said.getvalue(), re.MULTILINE)) or "some packages"
        raise ConfigError(
            f"there is no wheel for Lambda's {python} on x86_64 of: {missing}; pin another version in constraints.txt, "
            "or use another Python (PYTHON=python3.12 scripts/parley ...)"
        )


def _add_bytecode(archive: Path) -> None:
    """Compile all source for this Python, in a form that Lambda takes whatever the files' dates are."""
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
