"""Runs the emulator in its own virtual environment, the fakes of Meta and the model, and a copy of the project."""

import asyncio
import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from scripts.simulator.aws import CREDENTIALS, REGION, free_port, wait_for
from scripts.simulator.meta import Meta
from scripts.simulator.model import ModelServer
from scripts.simulator.sockets import KEPT_S
from tests.deployed.forking import Forks, unpacked

ROOT: Final = Path(__file__).parents[2]
STAGE: Final = "emulated"
EMULATOR: Final = ("ministack==1.5.33", "boto3")
"""The packages installed beside deployed code: everything else that the app imports must be in its zip."""
SAM: Final = ("aws-sam-translator==1.115.0",)
"""The SAM transform, in its own virtual environment, since it needs an older pydantic than the bot."""
AWS_CLI: Final = ("awscli==1.46.3",)
"""The AWS command line, in its own virtual environment, so that it is not among the project's packages."""
_AWS: Final = """#!{python}
import sys
import time
from awscli.botocore.waiter import SingleWaiterConfig
original = SingleWaiterConfig.__init__
def impatient(self, config):
    original(self, config)
    self.delay, self.max_attempts = 0.2, 900
SingleWaiterConfig.__init__ = impatient
from awscli.clidriver import main
time.sleep(1 - time.time() % 1)  # it names a change set by the second, and two of one name are refused
sys.exit(main())
"""
_BUILD: Final = """
import sys
from pathlib import Path
from scripts.deploy.package import build
build(*map(Path, sys.argv[1:]))
"""
_HOMES: Final = ROOT / ".parley"
_COMMANDS: Final = (
    "boto3",
    "chalice.deploy",
    "scripts.cli",
    "scripts.deploy",
    "scripts.stage",
    "chalicelib",
    "impatient",
)
"""The packages of the command line, which each command would import for a second."""
_IMPATIENT: Final = """
import time
from scripts.deploy import stack, steps
for waiting in stack.Stack, steps.DeploymentPlan:
    waiting.__init__.__defaults__ = (lambda seconds: time.sleep(seconds / 5),)
"""
"""Commands ask every 0.2 s, not every second, whether a stack is done and the webhook can be reached."""
_PROJECT: Final = ("app.py", "chalicelib", "scripts", "requirements.txt", "constraints.txt", ".chalice")


def emulator_python() -> Path:
    """Return the interpreter of the emulator's environment."""
    return _environment("emulator", *EMULATOR, "-c", str(ROOT / "constraints.txt"))


def sam_transform() -> str:
    """Return the command that runs the SAM transform in its own environment."""
    return f"{_environment('sam', *SAM)} {ROOT / 'tests' / 'deployed' / 'sam.py'}"


def aws_command(folder: Path) -> Path:
    """Write the AWS command line to `folder` as `aws`; it asks every 0.2 s, not every 30 s, whether a stack is done."""
    python, command = _environment("aws-cli", *AWS_CLI), folder / "aws"
    command.write_text(_AWS.format(python=python))
    command.chmod(0o755)
    return command


def _environment(name: str, *packages: str) -> Path:
    """Create an environment if needed, and return its interpreter."""
    home = _HOMES / name
    python, stamp = home / "bin" / "python", home / "installed"
    wanted = " ".join((*packages, sys.version))
    _HOMES.mkdir(exist_ok=True)
    with (_HOMES / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
            install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
            subprocess.run(install, check=True, capture_output=True)
            stamp.write_text(wanted)
    return python


def built_zip(project: Path, name: str) -> tuple[Path, Path]:
    """Build the zip of a project and unpack it, if needed: all test processes and the next run use the same."""
    home = _HOMES / name
    _HOMES.mkdir(exist_ok=True)
    with (_HOMES / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run([sys.executable, "-c", _BUILD, str(project), str(home / STAGE)], cwd=ROOT, check=True)
        [built] = home.glob("*.zip")
        code = unpacked(built, home)
        for old in home.iterdir():
            if old not in {built, code, home / STAGE}:
                shutil.rmtree(old)
    return built, code


@contextmanager
def ministack(project: "Project", *options: str, **environment: str) -> Iterator[str]:
    """Start an emulator in its own process, with the environments of the project's functions; yields its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    env = {**os.environ, **CREDENTIALS, "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "LOG_LEVEL": "ERROR"}
    env |= {
        "FAULTS": os.devnull,
        "UNPACKED": str(project.unpacked),
        "FORKS": f"{project.functions.end.fileno()} {project.code}",
        "AWS_ENDPOINT_URL": url,
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "6",
    } | environment
    command = [str(emulator_python()), str(ROOT / "tests" / "deployed" / "emulator.py"), *options]
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            command,
            env={**env, "TMPDIR": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[project.functions.end.fileno()],
        )
        try:
            wait_for(f"{url}/_ministack/health", seconds=120)
            yield url
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5)
            process.kill()
            process.wait()


@contextmanager
def fakes(port: int, meta: Meta, model: ModelServer) -> Iterator[None]:
    """Serve Meta's Graph API and the model in a thread."""
    routes = [Mount("/graph", routes=meta.routes()), Mount("/openai/v1", routes=model.routes())]
    config = uvicorn.Config(
        Starlette(routes=routes), port=port, log_level="error", lifespan="off", timeout_keep_alive=KEPT_S
    )
    server = uvicorn.Server(config)

    async def serve() -> None:
        await server.serve()
        await meta.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


class Project:
    """A copy of the project with one more stage, and its command line. Its zip is built already."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.unpacked = folder / "unpacked"
        """Where emulators keep its code."""
        self.unpacked.mkdir()
        self.code = self._find(*built_zip(ROOT, "tested"))
        self.functions = Forks.loaded(str(emulator_python()), "boto3", "chalice.app", "chalicelib", path=str(self.code))
        """The environments of its functions."""
        self.environment: dict[str, str] = {}
        self._forks: Forks | None = None
        for name in _PROJECT:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("deployments"))
            else:
                shutil.copy2(source, folder / name)
        (folder / "impatient.py").write_text(_IMPATIENT)
        self._configure({})

    def close(self) -> None:
        """End the processes of which its programs are forks."""
        for forks in (self.functions, self._forks):
            if forks:
                forks.close()

    def _find(self, built: Path, code: Path) -> Path:
        """Put a zip where `parley deploy` finds it, and its code where emulators do; returns the latter."""
        build = self.folder / ".parley" / "build"
        build.mkdir(parents=True, exist_ok=True)
        shutil.copy2(built, build / built.name)
        (self.unpacked / code.name).symlink_to(code)
        return code

    def changes(self, name: str, old: str, new: str) -> None:
        """Change a text in a file, as a new version does; the zip is built here, and so only once for many runs."""
        file = self.folder / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
        self._find(*built_zip(self.folder, "changed"))

    @contextmanager
    def configured(self, **environment: str) -> Iterator[None]:
        """Change variables of the stage's functions within a block."""
        before, self.environment = self.environment, {**self.environment, **environment}
        self._configure(self.environment)
        try:
            yield
        finally:
            self.environment = before
            self._configure(before)

    def _configure(self, environment: dict[str, str]) -> None:
        file = self.folder / ".chalice" / "config.json"
        config = json.loads(file.read_text())
        config["stages"][STAGE] = {
            "api_gateway_stage": STAGE,
            "environment_variables": {"PARLEY_STAGE": STAGE, **environment},
        }
        file.write_text(json.dumps(config))

    def parley(
        self, *arguments: str, aws_url: str, answer: str | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `scripts/parley` without a terminal."""
        if not self._forks:
            self._forks = Forks.loaded(
                sys.executable, *_COMMANDS, path=str(self.folder), cwd=self.folder, env=self._shell("", {})
            )
        words = _command(arguments)
        shell = self._shell(aws_url, environment)
        running = self._forks.start(*words, folder=str(self.folder), environment=shell)
        said, errors = running.communicate(answer or "", timeout=300)
        return subprocess.CompletedProcess(words, running.wait(), said, errors)

    def started(self, *arguments: str, aws_url: str, **environment: str) -> subprocess.Popen[str]:
        """Start `scripts/parley` in its own process group, as in a terminal."""
        return subprocess.Popen(
            [sys.executable, "-u", *_command(arguments)],
            cwd=self.folder,
            env=self._shell(aws_url, environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def _shell(self, aws_url: str, more: dict[str, str]) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": aws_url,
            "COLUMNS": "80",
            "NO_PROXY": "127.0.0.1",
            "PARLEY_API_URL": f"{aws_url}/_aws/execute-api/{{api}}/{{stage}}",
            "PARLEY_WEBSOCKET_URL": f"{aws_url.replace('http', 'ws', 1)}/_aws/execute-api/{{api}}/{{stage}}",
            **more,
        }


def _command(arguments: tuple[str, ...]) -> list[str]:
    return ["-m", "scripts.cli", *arguments, "--stage", STAGE]
