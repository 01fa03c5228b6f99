"""What a stage consists of, as far as an account has it: each part made once, at first use. No step is done here."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

from chalicelib.channels.messenger.page import GraphPage
from chalicelib.channels.messenger.setup import Setup
from chalicelib.channels.meta.graph import Graph
from chalicelib.content.text import load as load_texts
from chalicelib.errors import ConfigError
from chalicelib.settings import APP_NAME
from scripts.deploy.code import Code
from scripts.deploy.functions import WorkerSettings
from scripts.deploy.secrets import Vault
from scripts.deploy.stack import Stack
from scripts.deploy.state import DeployedState
from scripts.stage.environment import Environment

API_URL: Final = "https://{api}.execute-api.{region}.amazonaws.com/{stage}"
"""Where API Gateway answers; PARLEY_API_URL replaces it for a domain of one's own."""
WEBSOCKET_URL: Final = "wss://{api}.execute-api.{region}.amazonaws.com/{stage}"
"""Where it takes WebSockets; PARLEY_WEBSOCKET_URL replaces it in the same way."""


@dataclass(frozen=True)
class Deployment:
    """Everything that makes up one stage, as far as the account has it."""

    environment: Environment
    project: Path

    @property
    def stage(self) -> str:
        """Its name."""
        return self.environment.settings.stage

    @property
    def folder(self) -> Path:
        """Where the zip is built and Chalice is run: the project's own files stay as they are."""
        return self.project / ".parley" / "build" / self.stage

    @cached_property
    def stack(self) -> Stack:
        """The data stack."""
        return Stack(self.client("cloudformation"), f"{APP_NAME}-{self.stage}")

    @cached_property
    def bundle(self) -> Stack:
        """What a pipeline made of a bundle (`scripts.deploy.bundle`), if one did: the functions and the API."""
        return Stack(self.client("cloudformation"), app_stack(self.stage))

    @cached_property
    def vault(self) -> Vault:
        """The secrets."""
        return Vault(self.client("ssm"), self.environment.settings.secrets_prefix)

    @cached_property
    def state(self) -> DeployedState:
        """What Chalice remembers."""
        return DeployedState(self.client, self.stage, self.folder)

    @cached_property
    def code(self) -> Code:
        """The functions and the API."""
        return Code(self.client("lambda"), self.environment.aws.region, self.stage, self.folder)

    @cached_property
    def worker(self) -> WorkerSettings:
        """The worker's asynchronous side."""
        return WorkerSettings(self.client("lambda"), self.environment.settings.worker_function, time.sleep)

    def url(self) -> str:
        """Where the bot answers, without a slash at the end; empty before it is deployed."""
        api = self.state.api_id()
        return address(api, self.environment.aws.region, self.stage) if api else ""

    def websocket_url(self) -> str:
        """Where the web chat is connected to; empty before it is deployed."""
        api = self.state.websocket_api_id()
        return websocket_address(api, self.environment.aws.region, self.stage) if api else ""

    def check_region(self) -> None:
        """Raises ConfigError when this machine deployed the stage to another region: it would exist twice."""
        before = self.region_note.read_text().strip() if self.region_note.exists() else ""
        if before and before != self.environment.aws.region:
            raise ConfigError(
                f"stage {self.stage} runs in {before}, and AWS_REGION says {self.environment.aws.region}: "
                f"set AWS_REGION={before}, or first run AWS_REGION={before} scripts/parley destroy --stage {self.stage}"
            )

    def check_no_bundle(self) -> None:
        """Raises ConfigError when a pipeline deployed the stage: CloudFormation would no longer know its functions."""
        if self.bundle.status():
            raise ConfigError(
                f"stage {self.stage} was deployed from a bundle, as the stack {self.bundle.name}: deploy a new bundle, "
                f"or first run scripts/parley destroy --stage {self.stage}"
            )

    @property
    def region_note(self) -> Path:
        """Where this machine notes the region it deployed to."""
        return self.project / ".parley" / f"region-{self.stage}"

    @property
    def webhook_url(self) -> str:
        """Where Facebook sends events."""
        return f"{self.url()}/webhook"

    def page(self) -> Setup:
        """The page and the app, with the secrets that are stored."""
        return self.setup(self.vault.stored())

    def setup(self, known: Mapping[str, str]) -> Setup:
        """The page and the app, with these secrets."""

        def secret(name: str) -> str:
            if name not in known:
                raise ConfigError(f"{name} is not stored: run scripts/parley deploy --stage {self.stage}")
            return known[name]

        graph = Graph(
            self.environment.settings.graph_url,
            token=partial(secret, "page-token"),
            app_secret=partial(secret, "app-secret"),
        )
        return Setup(GraphPage(graph, app_id=partial(secret, "app-id")), load_texts("en"))

    def client(self, service: str) -> Any:
        """A way to a service."""
        return self.environment.aws.client(service)


def app_stack(stage: str) -> str:
    """The stack that a pipeline makes of a bundle's `app.json`."""
    return f"{APP_NAME}-{stage}-app"


def address(api: str, region: str, stage: str) -> str:
    """Where a REST API answers, without a slash at the end."""
    return _filled_in(os.environ.get("PARLEY_API_URL", API_URL), api, region, stage)


def websocket_address(api: str, region: str, stage: str) -> str:
    """Where a WebSocket API does."""
    return _filled_in(os.environ.get("PARLEY_WEBSOCKET_URL", WEBSOCKET_URL), api, region, stage)


def _filled_in(url: str, api: str, region: str, stage: str) -> str:
    return url.format(api=api, region=region, stage=stage).rstrip("/")
