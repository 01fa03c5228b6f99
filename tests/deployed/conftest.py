"""The bot as `parley deploy` leaves it: its zip runs on an emulator, Meta and the model are fakes on loopback."""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import boto3
import httpx2
import pytest

from scripts.simulator.aws import REGION, free_port
from scripts.simulator.meta import PAGE_ID, Meta
from scripts.simulator.model import ModelServer
from tests.deployed.running import STAGE, Project, fakes, ministack
from tests.simulator.meta import event, signed, text_item

MODEL = "gpt-6-luna"


@dataclass
class Deployment:
    """A running bot and its command line."""

    aws_url: str
    meta: Meta
    model: ModelServer
    project: Project
    faults: Path
    """The file that names the resource at which CloudFormation fails, if any."""
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=60, trust_env=False))

    @property
    def table(self) -> str:
        """The name of the stage's table; the names of all other resources begin with it."""
        return f"parley-{STAGE}"

    def client(self, service: Any, url: str | None = None) -> Any:
        """Create a client of the emulator, or of a service with its own address."""
        return boto3.client(
            service,
            endpoint_url=url or self.aws_url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def parley(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command line."""
        return self.project.parley(*arguments, aws_url=self.aws_url, **environment)

    def fails_at(self, resource: str) -> None:
        """Let CloudFormation fail at this logical id, or `afterwards`; at none if it is empty."""
        self.faults.write_text(resource)

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets, as environment variables."""
        return {
            "PARLEY_APP_ID": self.meta.secrets["app-id"],
            "PARLEY_APP_SECRET": self.meta.app_secret,
            "PARLEY_PAGE_TOKEN": self.meta.page_token,
            "OPENAI_API_KEY": "none",
        }

    def deploy(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `parley deploy` with the secrets."""
        return self.parley("deploy", "--yes", "--email", "owner@example.org", **{**self.secrets, **environment})

    def webhook(self, body: bytes) -> int:
        """Send a signed body to the webhook and return its response."""
        headers = signed(body, self.meta.app_secret)
        return self.http.post(self.meta.webhook_url, content=body, headers=headers).status_code

    def write(self, person: str, text: str, *, mid: str | None = None) -> bytes:
        """Send a message that the webhook accepts; returns its body."""
        body = event(text_item(person, text, page=PAGE_ID, mid=mid), page=PAGE_ID)
        assert self.webhook(body) == 200
        return body

    def delivers(self, person: str, text: str) -> bool:
        """Send a message and check that it is acknowledged; a repeated call sends the same message."""
        try:
            return self.webhook(event(text_item(person, text, page=PAGE_ID, mid=f"m_{person}"), page=PAGE_ID)) == 200
        except httpx2.HTTPError:
            return False

    def answers_to(self, person: str) -> list[str]:
        """Return the texts that were sent to a person, in order."""
        bodies = [call.body for call in self.meta.recorder.since(0) if call.status == 200]
        return [body["message"]["text"] for body in bodies if body["recipient"]["id"] == person and "message" in body]

    def wait_for_answers(self, person: str, number: int, *, seconds: float = 180) -> list[str]:
        """Wait for a number of answers and return them."""
        self.wait_until(lambda: len(self.answers_to(person)) >= number, seconds=seconds)
        return self.answers_to(person)

    def wait_until(self, condition: Callable[[], bool], *, seconds: float = 180) -> None:
        """Wait until a condition holds; fails after a time."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.1)


@contextmanager
def new_account(
    project: Project, emulator: Mapping[str, str] | None = None, /, **environment: str
) -> Iterator[Deployment]:
    """Provide an empty account, a page and a model, and the project set up for them."""
    port = free_port()
    meta, model = Meta(), ModelServer()
    model.models = [MODEL]
    local = f"http://127.0.0.1:{port}"
    bedrock = {"MINISTACK_BEDROCK_PROXY_URL": f"{local}/openai"}
    urls = {"PARLEY_GRAPH_URL": f"{local}/graph/v25.0", "OPENAI_BASE_URL": f"{local}/openai/v1"}
    with (
        NamedTemporaryFile("w", prefix="faults-") as faults,
        ministack(project, **{"FAULTS": faults.name, **bedrock, **(emulator or {})}) as aws_url,
        fakes(port, meta, model),
    ):
        urls["PARLEY_CONNECTIONS_URL"] = f"{aws_url}/_aws/execute-api/{{api}}/{{stage}}"
        account = Deployment(aws_url, meta, model, project, Path(faults.name))
        with project.configured(**urls, **environment), account.http:
            yield account


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A copy of the project. `test_a_new_version_comes_…` changes it, so that `parley deploy` deploys another zip."""
    with closing(Project(tmp_path_factory.mktemp("project"))) as project:
        yield project


@pytest.fixture
def account(project: Project) -> Iterator[Deployment]:
    """A new account in which nothing is deployed."""
    with new_account(project) as account:
        yield account


@pytest.fixture(scope="module")
def deployment(project: Project) -> Iterator[Deployment]:
    """A running bot."""
    with new_account(project) as account:
        deployed = account.deploy()
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        yield account
