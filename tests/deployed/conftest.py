"""The app as `chalice deploy` leaves it: its zip runs on an emulator, Meta and the model are stand-ins on loopback."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from scripts.world.aws import CREDENTIALS, REGION, free_port, wait_for
from scripts.world.meta import Meta
from scripts.world.model import StandIn
from scripts.world.table import create_table, put_secrets
from tests.world.meta import signed

ROOT = Path(__file__).parents[2]
STAGE = "emulated"
DEPLOYED = ("app.py", "chalicelib", "requirements.txt", ".chalice")


@dataclass
class Deployment:
    """A running bot."""

    aws_url: str
    meta: Meta
    model: StandIn
    folder: Path
    """The project, as Chalice left it."""
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=60, trust_env=False))

    def client(self, service: Any) -> Any:
        """A client of the emulator."""
        return boto3.client(
            service,
            endpoint_url=self.aws_url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def webhook(self, body: bytes) -> int:
        """What the webhook answers to a signed body."""
        headers = signed(body, self.meta.app_secret)
        return self.http.post(self.meta.webhook_url, content=body, headers=headers).status_code

    def answers_to(self, person: str) -> list[str]:
        """The texts that were sent to a person, in order."""
        bodies = [call.body for call in self.meta.recorder.since(0) if call.status == 200]
        return [body["message"]["text"] for body in bodies if body["recipient"]["id"] == person and "message" in body]

    def wait_until(self, condition: Callable[[], bool], *, seconds: float = 30) -> None:
        """Until it holds; fails when it does not in time."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.1)


@contextmanager
def ministack(*options: str) -> Iterator[str]:
    """An emulator in a process of its own; its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    env = {**os.environ, **CREDENTIALS, "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "LOG_LEVEL": "ERROR"}
    env |= {"AWS_ENDPOINT_URL": url, "IOT_MTLS_ENABLED": "0"}
    command = [sys.executable, "-m", "tests.deployed.ministack", *options]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"{url}/_ministack/health", seconds=20)
        yield url
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
        process.kill()
        process.wait()


def chalice_deploy(folder: Path, aws_url: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Deploy what is in `folder`, whose stage is told where the stand-ins are."""
    for name in DEPLOYED:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, folder / name)
    config = folder / ".chalice" / "config.json"
    settings = json.loads(config.read_text())
    settings["stages"][STAGE] = {
        "api_gateway_stage": "api",
        "environment_variables": {"PARLEY_STAGE": STAGE, **environment},
    }
    config.write_text(json.dumps(settings))
    command = [sys.executable, "-m", "tests.deployed.chalice", "--project-dir", str(folder), "deploy", "--stage", STAGE]
    env = {**os.environ, **CREDENTIALS, "AWS_ENDPOINT_URL": aws_url, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@contextmanager
def stand_ins(port: int, meta: Meta, model: StandIn) -> Iterator[None]:
    """Meta's Graph API and the model, in a thread."""
    routes = [Mount("/graph", routes=meta.routes()), Mount("/openai/v1", routes=model.routes())]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=port, log_level="error", lifespan="off"))

    async def serve() -> None:
        await server.serve()
        await meta.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    yield
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder, port = tmp_path_factory.mktemp("project"), free_port()
    meta, model = Meta(""), StandIn()
    with ministack() as aws_url, stand_ins(port, meta, model):
        deployment = Deployment(aws_url, meta, model, folder)
        _fill(deployment)
        local = f"http://127.0.0.1:{port}"
        deployed = chalice_deploy(
            folder, aws_url, PARLEY_GRAPH_URL=f"{local}/graph/v25.0", OPENAI_BASE_URL=f"{local}/openai/v1"
        )
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        state = json.loads((folder / ".chalice" / "deployed" / f"{STAGE}.json").read_text())
        [api] = [resource for resource in state["resources"] if resource["resource_type"] == "rest_api"]
        meta.webhook_url = f"{aws_url}/_aws/execute-api/{api['rest_api_id']}/api/webhook"
        with deployment.http:
            yield deployment


def _fill(deployment: Deployment) -> None:
    """The data stack: the table and the secrets."""
    create_table(deployment.client("dynamodb"), f"parley-{STAGE}")
    put_secrets(deployment.client("ssm"), STAGE, {**deployment.meta.secrets, "openai-key": "none"})
