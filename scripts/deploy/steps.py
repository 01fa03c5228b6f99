"""The story of a deployment: which steps there are, in which order, and what each is told. Each may be run again.

A step finds out for itself what is there already, so that a deployment that broke off is continued by repeating it.
"""

import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

from chalicelib.bootstrap import WEBHOOK_URL
from chalicelib.channels.messenger.graph import Graph
from chalicelib.channels.messenger.page import GraphPage
from chalicelib.errors import ConfigError, MetaError
from chalicelib.settings import APP_NAME
from chalicelib.setup import Setup
from chalicelib.texts import load as load_texts
from scripts.cli.stage import Place, configured
from scripts.deploy.code import Code
from scripts.deploy.functions import WorkerSettings
from scripts.deploy.package import build, copy
from scripts.deploy.secrets import Vault
from scripts.deploy.stack import Say, Stack
from scripts.deploy.state import DeployedState

API_URL: Final = "https://{api}.execute-api.{region}.amazonaws.com/{stage}"
"""Where API Gateway answers; PARLEY_API_URL replaces it for a domain of one's own."""


@dataclass(frozen=True)
class Step:
    """A part of the plan: `run` does it and returns what was done, in words."""

    name: str
    plan: str
    run: Callable[[Say], str]


@dataclass(frozen=True)
class Deployment:
    """Everything that makes up one stage, as far as the account of `place` has it."""

    place: Place
    project: Path

    @property
    def stage(self) -> str:
        """Its name."""
        return self.place.settings.stage

    @property
    def folder(self) -> Path:
        """Where the zip is built and Chalice is run: the project's own files stay as they are."""
        return self.project / ".parley" / "build" / self.stage

    @cached_property
    def stack(self) -> Stack:
        """The data stack."""
        return Stack(self._client("cloudformation"), f"{APP_NAME}-{self.stage}")

    @cached_property
    def bundle(self) -> Stack:
        """What a pipeline made of a bundle (`scripts.deploy.bundle`), if one did: the functions and the API."""
        return Stack(self._client("cloudformation"), app_stack(self.stage))

    @cached_property
    def vault(self) -> Vault:
        """The secrets."""
        return Vault(self._client("ssm"), self.place.settings.secrets_prefix)

    @cached_property
    def state(self) -> DeployedState:
        """What Chalice remembers."""
        return DeployedState(self._client, self.stage, self.folder)

    @cached_property
    def code(self) -> Code:
        """The functions and the API."""
        return Code(self._client("lambda"), self.place.aws.region, self.stage, self.folder)

    @cached_property
    def worker(self) -> WorkerSettings:
        """The worker's asynchronous side."""
        return WorkerSettings(self._client("lambda"), self.place.settings.worker_function, time.sleep)

    def url(self) -> str:
        """Where the bot answers, without a slash at the end; empty before it is deployed."""
        api = self.state.api_id()
        return address(api, self.place.aws.region, self.stage) if api else ""

    def check_region(self) -> None:
        """Raises ConfigError when this machine deployed the stage to another region: it would exist twice."""
        before = self._region_note.read_text().strip() if self._region_note.exists() else ""
        if before and before != self.place.aws.region:
            raise ConfigError(
                f"stage {self.stage} runs in {before}, and AWS_REGION says {self.place.aws.region}: "
                f"set AWS_REGION={before}, or first run AWS_REGION={before} scripts/parley destroy --stage {self.stage}"
            )

    def check_no_bundle(self) -> None:
        """Raises ConfigError when a pipeline deployed the stage: CloudFormation would no longer know its functions."""
        if self.bundle.status():
            raise ConfigError(
                f"stage {self.stage} was deployed from a bundle, as the stack {self.bundle.name}: deploy a new bundle, "
                f"or first run scripts/parley destroy --stage {self.stage}"
            )

    def steps(self, *, secrets: Mapping[str, str], email: str | None) -> list[Step]:
        """What has to be done, in order. `secrets` are those to be written; an `email` of None leaves it as it is."""
        return [
            Step("secrets", _words(secrets), lambda _: self._store(secrets)),
            Step("data stack", self._stack_plan(), lambda say: self._deploy_stack(email, say)),
            Step("zip", "build what Lambda runs, with the versions that were tested", lambda _: self._build()),
            Step("code", "3 functions and a REST API, by `chalice deploy`", self._deploy_code),
            Step("worker", "retries, dead letters and what wakes it", self._set_up_worker),
            Step("webhook", "Facebook verifies the address and sends the page's events there", self._subscribe_app),
            Step("page", "the page tells the app what people write", lambda _: self._subscribe_page()),
            Step("profile", "Get Started, greeting, menu and commands", lambda _: self._write_profile()),
        ]

    def removal(self) -> list[Step]:
        """What has to be done to take everything away, in order."""
        return [
            Step("facebook", "take the page's menu and its subscription back", lambda _: self._leave_facebook()),
            Step("code", "delete the functions, their roles, the rule and the API", self._delete_code),
            Step("data stack", "delete the queues, topic, alarms, dashboard and logs", self._delete_stack),
            Step("table", "delete all conversations and people", lambda _: self._delete_table()),
            Step("secrets", "delete what is stored below " + self.vault.prefix, lambda _: self._delete_secrets()),
        ]

    @property
    def _region_note(self) -> Path:
        return self.project / ".parley" / f"region-{self.stage}"

    def _store(self, secrets: Mapping[str, str]) -> str:
        if secrets.keys() & {"app-secret", "page-token"}:  # what Facebook does not take is not stored either
            self._setup({**self.vault.stored(), **secrets}).page.holder()
        self._region_note.parent.mkdir(exist_ok=True)
        self._region_note.write_text(self.place.aws.region)
        self.vault.put(secrets)
        return f"{len(secrets)} stored" if secrets else "unchanged"

    def _stack_plan(self) -> str:
        return f"{'update' if self.stack.status() else 'create'}: table, queues, topic, alarms, dashboard, logs"

    def _deploy_stack(self, email: str | None, say: Say) -> str:
        if not self.stack.status() and self._table_exists():
            raise ConfigError(
                f"the table {self.place.settings.table} exists already and belongs to no stack: delete or rename it, "
                "or choose another --stage"
            )
        kept = self.stack.parameters().get("OwnerEmail", "")
        return self.stack.deploy(
            {
                "Stage": self.stage,
                "OwnerEmail": kept if email is None else email,
                "Wake": configured(self.stage).get("PARLEY_WAKE", "lambda"),
            },
            say=say,
        )

    def _table_exists(self) -> bool:
        client = self._client("dynamodb")
        try:
            client.describe_table(TableName=self.place.settings.table)
        except client.exceptions.ResourceNotFoundException:
            return False
        return True

    def _build(self) -> str:
        package = build(self.project, self.folder)
        return f"{package.size / 1e6:.1f} MB for {package.python}"

    def _deploy_code(self, say: Say) -> str:
        self.state.write()
        self.code.deploy(say=say)
        url = f"{self.url()}/webhook"
        self._client("ssm").put_parameter(
            Name=f"{self.vault.prefix}/{WEBHOOK_URL}", Value=url, Type="String", Overwrite=True
        )
        return url

    def _set_up_worker(self, say: Say) -> str:
        outputs = self.stack.outputs()
        self.worker.retry(outputs["DeadLettersArn"], say=say)
        self.worker.listen(outputs.get("WakeQueueArn"), say=say)
        return "set"

    def _delete_code(self, say: Say) -> str:
        if self.bundle.status():
            self.bundle.delete(say=say)
            return f"deleted, with the stack {self.bundle.name}"
        copy(self.project, self.folder)
        if not self.state.write():
            return "there was none"
        self.worker.forget()
        self.code.delete(say=say)
        return "deleted"

    def _delete_stack(self, say: Say) -> str:
        if not self.stack.status():
            return "there was none"
        self.stack.delete(say=say)
        return "deleted"

    def _delete_table(self) -> str:
        """By itself, because the stack leaves it: nobody shall lose people's words by deleting a stack."""
        client, name = self._client("dynamodb"), self.place.settings.table
        try:
            if client.describe_table(TableName=name)["Table"]["TableStatus"] != "DELETING":
                client.update_table(TableName=name, DeletionProtectionEnabled=False)
                client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 300})
                client.delete_table(TableName=name)
        except client.exceptions.ResourceNotFoundException:
            return "there was none"
        client.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 300})
        return "deleted"

    def _delete_secrets(self) -> str:
        self.vault.delete()
        self._region_note.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        return "deleted"

    def _subscribe_app(self, say: Say) -> str:
        known = self.vault.stored()
        url = f"{self.url()}/webhook"
        say(url)
        return _changed(self._setup(known).subscribe_app(url, known["verify-token"]))

    def _subscribe_page(self) -> str:
        return _changed(self._setup(self.vault.stored()).subscribe_page())

    def _write_profile(self) -> str:
        return _changed(self._setup(self.vault.stored()).write_profile())

    def _leave_facebook(self) -> str:
        """As far as Facebook lets us: without a valid token there is nothing to take back with."""
        setup = self._setup(self.vault.stored())
        try:
            setup.unsubscribe_page()
            setup.clear_profile()
        except (MetaError, ConfigError) as exc:
            return f"left as it is: {exc}"
        return "taken back"

    def _setup(self, known: Mapping[str, str]) -> Setup:
        """The page and the app, with these secrets."""

        def secret(name: str) -> str:
            if name not in known:
                raise ConfigError(f"{name} is not stored: run scripts/parley deploy --stage {self.stage}")
            return known[name]

        graph = Graph(
            self.place.settings.graph_url, token=partial(secret, "page-token"), app_secret=partial(secret, "app-secret")
        )
        return Setup(GraphPage(graph, app_id=partial(secret, "app-id")), load_texts("en"))

    def _client(self, service: str) -> Any:
        return self.place.aws.client(service)


def app_stack(stage: str) -> str:
    """The stack that a pipeline makes of a bundle's `app.json`."""
    return f"{APP_NAME}-{stage}-app"


def address(api: str, region: str, stage: str) -> str:
    """Where an API answers, without a slash at the end."""
    return os.environ.get("PARLEY_API_URL", API_URL).format(api=api, region=region, stage=stage).rstrip("/")


def _changed(written: bool) -> str:  # noqa: FBT001 (what a step of the set-up returns)
    return "set" if written else "unchanged"


def _words(secrets: Mapping[str, str]) -> str:
    return f"store {', '.join(secrets)}" if secrets else "all there"
