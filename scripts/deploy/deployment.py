"""Gives access to the parts of a deployed stage, each created at first use. Changes nothing in AWS."""

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
from chalicelib.content import persona
from chalicelib.content.text import load as load_texts
from chalicelib.errors import ConfigError
from chalicelib.ids import Channels
from chalicelib.settings.stage import APP_NAME, Secret
from scripts.deploy.capacity import Capacity
from scripts.deploy.code import Code
from scripts.deploy.functions import WorkerSettings
from scripts.deploy.secrets import Vault
from scripts.deploy.stack import Stack
from scripts.deploy.state import DeployedState
from scripts.deploy.table import StageTable
from scripts.deploy.throttles import Throttles
from scripts.stage import hints
from scripts.stage.environment import Environment

API_URL: Final = "https://{api}.execute-api.{region}.amazonaws.com/{stage}"
"""The address of the REST API; PARLEY_API_URL replaces it for a custom domain."""
WEBSOCKET_URL: Final = "wss://{api}.execute-api.{region}.amazonaws.com/{stage}"
"""The address of the WebSocket API; PARLEY_WEBSOCKET_URL replaces it for a custom domain."""


@dataclass(frozen=True)
class Deployment:
    """The parts of one stage, whether they exist in the account or not."""

    environment: Environment
    project: Path
    """The root of the repository."""

    @property
    def stage(self) -> str:
        """The name of the stage."""
        return self.environment.settings.stage.name

    @property
    def channels(self) -> Channels:
        """The channels that the stage shall have."""
        return self.environment.settings.stage.channels

    @property
    def folder(self) -> Path:
        """The folder in which the zip is built and Chalice runs, so that the project's files do not change."""
        return self.project / ".parley" / "build" / self.stage

    @cached_property
    def stack(self) -> Stack:
        """The stack with the table, queues, topic, alarms and logs."""
        return Stack(self.client("cloudformation"), f"{APP_NAME}-{self.stage}")

    @cached_property
    def table(self) -> StageTable:
        """The table, which the stack creates and retains."""
        return StageTable(self.client("dynamodb"), self.environment.settings.stage.table)

    @cached_property
    def bundle(self) -> Stack:
        """The stack of functions and APIs that a pipeline deploys from a bundle; it may not exist."""
        return Stack(self.client("cloudformation"), app_stack(self.stage))

    @cached_property
    def vault(self) -> Vault:
        """The secrets in SSM."""
        return Vault(self.client("ssm"), self.environment.settings.stage.secrets_prefix)

    @cached_property
    def state(self) -> DeployedState:
        """The deployed resources, as Chalice records them."""
        return DeployedState(self.client, self.stage, self.folder)

    @cached_property
    def code(self) -> Code:
        """The functions and the APIs."""
        return Code(self.client("lambda"), self.environment.aws.region, self.stage, self.folder)

    @cached_property
    def worker(self) -> WorkerSettings:
        """The retries and the wake queue of the worker."""
        return WorkerSettings(self.client("lambda"), self.environment.settings.stage.worker_function, time.sleep)

    @cached_property
    def capacity(self) -> Capacity:
        """The worker's share of the functions that the account runs at a time."""
        settings = self.environment.settings
        return Capacity(self.client("lambda"), settings.stage.worker_function, settings.limits.workers)

    @cached_property
    def throttles(self) -> Throttles:
        """The limits of the APIs."""
        return Throttles(self.client, self.stage, self.channels)

    def url(self) -> str:
        """Look up the REST API's address, without a slash at the end; empty before it is deployed."""
        api = self.state.api_id()
        return address(api, self.environment.aws.region, self.stage) if api else ""

    def websocket_url(self) -> str:
        """Look up the WebSocket API's address; empty before it is deployed."""
        api = self.state.websocket_api_id()
        return websocket_address(api, self.environment.aws.region, self.stage) if api else ""

    def check_region(self) -> None:
        """Raise ConfigError if this machine deployed the stage to another region: it would exist twice."""
        before = self.region_note.read_text().strip() if self.region_note.exists() else ""
        if before and before != self.environment.aws.region:
            raise ConfigError(
                f"stage {self.stage} runs in {before}, not in {self.environment.aws.region}: add --region {before}, "
                f"or first run {hints.command(f'destroy --region {before}', self.stage)}"
            )

    def check_account(self, account: str) -> None:
        """Raise ConfigError if this machine deployed the stage to another account: it would exist twice."""
        before = self.account_note.read_text().strip() if self.account_note.exists() else ""
        if before and before != account:
            raise ConfigError(
                f"stage {self.stage} runs in the account {before}, but these credentials are of {account}: choose "
                f"others with --profile, or first run {hints.command('destroy', self.stage)} with those of {before}"
            )

    def check_no_bundle(self) -> None:
        """Raise ConfigError if a pipeline deployed the stage: CloudFormation would lose track of its functions."""
        if self.bundle.status():
            raise ConfigError(
                f"stage {self.stage} was deployed from a bundle, as the stack {self.bundle.name}: deploy a new bundle, "
                f"or first run {hints.command('destroy', self.stage)}"
            )

    @property
    def region_note(self) -> Path:
        """The file in which this machine records the region that it deployed to."""
        return self.project / ".parley" / f"region-{self.stage}"

    @property
    def account_note(self) -> Path:
        """The file in which this machine records the account that it deployed to."""
        return self.project / ".parley" / f"account-{self.stage}"

    @property
    def webhook_url(self) -> str:
        """The address to which Facebook sends webhook requests."""
        return f"{self.url()}/webhook"

    def page(self) -> Setup:
        """Connect to the page and the app with the stored secrets."""
        return self.setup(self.vault.stored())

    def setup(self, known: Mapping[str, str]) -> Setup:
        """Connect to the page and the app with these secrets. Its calls raise ConfigError if one is missing."""

        def secret(name: str) -> str:
            if name not in known:
                raise ConfigError(f"{name} is not stored: run {hints.command('deploy', self.stage)}")
            return known[name]

        graph = Graph(
            self.environment.settings.messenger.graph_url,
            token=partial(secret, Secret.PAGE_TOKEN),
            app_secret=partial(secret, Secret.APP_SECRET),
        )
        settings = self.environment.settings
        texts, answers = load_texts(settings.language), persona.load(settings.messenger.persona)
        return Setup(GraphPage(graph, app_id=partial(secret, Secret.APP_ID)), texts, answers)

    def client(self, service: str) -> Any:
        """Create a boto3 client for a service."""
        return self.environment.aws.client(service)


def app_stack(stage: str) -> str:
    """Return the name of the stack that a pipeline creates from a bundle's `app.json`."""
    return f"{APP_NAME}-{stage}-app"


def address(api: str, region: str, stage: str) -> str:
    """Return the address of a REST API, without a slash at the end."""
    return _filled_in(os.environ.get("PARLEY_API_URL", API_URL), api, region, stage)


def websocket_address(api: str, region: str, stage: str) -> str:
    """Return the address of a WebSocket API, without a slash at the end."""
    return _filled_in(os.environ.get("PARLEY_WEBSOCKET_URL", WEBSOCKET_URL), api, region, stage)


def _filled_in(url: str, api: str, region: str, stage: str) -> str:
    return url.format(api=api, region=region, stage=stage).rstrip("/")
