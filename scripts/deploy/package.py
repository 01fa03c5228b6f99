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
from typing import Final

from chalice.deploy.packager import DependencyBuilder, LambdaDeploymentPackager
from chalice.utils import UI, OSUtils

from chalicelib.errors import ConfigError

_REQUIREMENTS: Final = "requirements.txt"
_PINS: Final = "constraints.txt"
_DIGEST: Final = "built-from"
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
    """Build the project's zip where `chalice deploy --project-dir folder` will find it, unless it is there already.

    Raises ConfigError when a dependency cannot be had for Lambda, or the zip is too large.
    """
    python, digest = f"python{sys.version_info.major}.{sys.version_info.minor}", _digest(project)
    ready = _ready(folder, digest)
    if ready:
        return Package(folder, ready, python)
    copy(project, folder)
    archive = _build_with_chalice(folder, python)
    if bytecode:
        _add_bytecode(archive)
    package = Package(folder, archive, python)
    if package.size > MAX_ZIP:
        raise ConfigError(
            f"the zip has {package.size / 1e6:.0f} MB and Lambda takes 50: remove some of requirements.txt"
        )
    (folder / _DIGEST).write_text(digest)
    return package


def _ready(folder: Path, digest: str) -> Path | None:
    """The zip of an earlier build of the same files."""
    stamp = folder / _DIGEST
    if not stamp.exists() or stamp.read_text() != digest:
        return None
    return next((folder / ".chalice" / "deployments").glob("*.zip"), None)


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


def _digest(project: Path) -> str:
    """Of all that the zip is made of, and of the Python that makes it."""
    found = hashlib.sha256(sys.version.encode())
    sources = [path for name in _SHIPPED for path in [project / name, *(project / name).rglob("*")]]
    for path in [project / _REQUIREMENTS, project / _PINS, *sorted(sources)]:
        if path.is_file() and not {"__pycache__", "deployments", "deployed"} & set(path.parts):
            found.update(path.relative_to(project).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def _build_with_chalice(folder: Path, python: str) -> Path:
    osutils, said = OSUtils(), io.StringIO()
    packager = LambdaDeploymentPackager(osutils, DependencyBuilder(osutils), UI(out=said))
    archive = Path(packager.create_deployment_package(str(folder), python))
    if "Could not install dependencies" in said.getvalue():
        missing = ", ".join(re.findall(r"^\S+==\S+$", said.getvalue(), re.MULTILINE)) or "some packages"
        raise ConfigError(
            f"there is no wheel for Lambda's {python} on x86_64 of: {missing}; pin another version in constraints.txt, "
            "or use another Python (PYTHON=python3.12 scripts/parley ...)"
        )
    return archive


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
