"""Defines the steps that deploy a stage, in order. Each can be repeated.

A step checks what exists already, so repeating a failed deployment continues it.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Final

from chalicelib.channels.messenger.probe import HttpWebhook
from chalicelib.errors import ConfigError, NotOffered, WebhookUnreachable
from chalicelib.ids import Channels
from chalicelib.llm import listed
from chalicelib.settings.stage import Secret, names_without_use
from scripts.deploy import policies
from scripts.deploy.deployment import Deployment
from scripts.deploy.first_issuer import note_first_issuer
from scripts.deploy.package import build, leave_out_variables, restart_functions
from scripts.deploy.stack import Say
from scripts.deploy.switching import forget_facebook, leaves_facebook
from scripts.stage.environment import configured, of_the_functions

_REACHABLE_S: Final = 10


@dataclass(frozen=True)
class Step:
    """A step of a plan. `run` executes it, reports progress to its argument, and returns the result in words."""

    name: str
    plan: str
    run: Callable[[Say], str]


@dataclass(frozen=True)
class DeploymentPlan:
    """The steps that deploy a stage to AWS and connect it to Facebook."""

    deployment: Deployment
    secrets: Mapping[str, str] = field(repr=False)
    """The secrets to store."""
    email: str | None
    """The address for alerts; None keeps the current one."""
    wait: Callable[[float], None] = time.sleep

    def steps(self) -> list[Step]:
        """Return the steps in order."""
        return [*self._of_aws(), *(self._of_facebook() if self.deployment.channels.messenger else ())]

    def _of_aws(self) -> list[Step]:
        return [
            Step("secrets", _words(self.secrets), lambda _: self._store()),
            *([self._leaving()] if leaves_facebook(self.deployment) else []),
            Step("data stack", self._stack_plan(), self._deploy_stack),
            Step("zip", "build the zip for Lambda, with the tested versions of all packages", lambda _: self._build()),
            Step(
                "code",
                f"{_parts(self.deployment.channels)}, with `chalice deploy`; limits of requests",
                self._deploy_code,
            ),
            Step(
                "worker",
                "retries, the dead-letter queue, the wake queue, and how many run at a time",
                self._set_up_worker,
            ),
        ]

    def _leaving(self) -> Step:
        plan = "delete the page's menu and its subscription, and what is stored of Facebook's"
        return Step("facebook", plan, lambda _: forget_facebook(self.deployment))

    def _of_facebook(self) -> list[Step]:
        return [
            Step("webhook", "Facebook verifies the address, then sends the page's events there", self._subscribe_app),
            Step("page", "subscribe the app to the messages of the page", lambda _: self._subscribe_page()),
            Step(
                "profile",
                "Get Started button, greeting, menu and commands of the page",
                lambda _: self._write_profile(),
            ),
        ]

    def _store(self) -> str:
        known = {**self.deployment.vault.stored(), **self.secrets}
        # Facebook must accept the token before it is stored, and says whose page it is.
        is_ours = self.deployment.channels.messenger and Secret.PAGE_TOKEN in known
        page = self.deployment.setup(known).page.identity().id if is_ours else ""
        self._note_place()
        self.deployment.vault.put(self.secrets)
        if page:
            self.deployment.vault.note(Secret.PAGE_ID, page)
        return f"{len(self.secrets)} stored" if self.secrets else "unchanged"

    def _note_place(self) -> None:
        environment = self.deployment.environment
        self.deployment.region_note.parent.mkdir(exist_ok=True)
        self.deployment.region_note.write_text(environment.aws.region)
        self.deployment.account_note.write_text(environment.account())

    def _stack_plan(self) -> str:
        return (
            f"{'update' if self.deployment.stack.status() else 'create'}: table, queues, topic, alarms, dashboard, logs"
        )

    def _deploy_stack(self, say: Say) -> str:
        self._clear_failed_attempt(say)
        kept = self.deployment.stack.parameters().get("OwnerEmail", "")
        return self.deployment.stack.deploy(
            {
                "Stage": self.deployment.stage,
                "OwnerEmail": kept if self.email is None else self.email,
                "Wake": configured(self.deployment.stage).get("PARLEY_WAKE", "lambda"),
                "Channels": str(self.deployment.channels),
                "Protected": "true",
            },
            at_first={"Protected": "false"},  # a protected table would make a failed creation final
            say=say,
        )

    def _clear_failed_attempt(self, say: Say) -> None:
        """Delete what a first deployment that failed has left. Raises ConfigError for a table that may have data."""
        stack, table = self.deployment.stack, self.deployment.table
        stack.clear(say=say)
        if stack.status() or not table.exists():
            return
        if not table.is_leftover():
            raise ConfigError(
                f"the table {table.name} exists but belongs to no stack: delete it, or choose another --stage"
            )
        say("an earlier attempt left an empty table: deleting it")
        table.delete()

    def _build(self) -> str:
        folder, environment = self.deployment.folder, self.deployment.environment
        package = build(self.deployment.project, folder)
        stage = environment.settings.stage
        settings = of_the_functions(stage.name).settings()
        region, account, has_mcp = environment.aws.region, environment.account(), bool(settings.tools.mcp_servers)
        policies.write(folder, stage, listed.every(settings), region=region, account=account, has_mcp=has_mcp)
        leave_out_variables(folder, names_without_use(stage.channels))
        restart_functions(folder, datetime.now(UTC).isoformat(timespec="seconds"))
        return f"{package.size / 1e6:.1f} MB for {package.python}"

    def _deploy_code(self, say: Say) -> str:
        state = self.deployment.state
        state.clear()
        state.write()
        note_first_issuer(self.deployment)
        self._note_addresses()  # of a stage that exists: its new code may look for others than its old one
        self.deployment.code.deploy(say=say)
        self.deployment.throttles.apply(state.api_id(), state.websocket_api_id())
        self._note_addresses()
        return self.deployment.url()

    def _note_addresses(self) -> None:
        """Store the addresses that exist where the functions read them."""
        channels, url = self.deployment.channels, self.deployment.url()
        if not url:
            return
        if channels.messenger:
            self.deployment.vault.note(Secret.WEBHOOK_URL, self.deployment.webhook_url)
        if channels.web:
            self.deployment.vault.note(Secret.API_URL, url)
            if websocket_url := self.deployment.websocket_url():
                self.deployment.vault.note(Secret.WEBSOCKET_URL, websocket_url)

    def _set_up_worker(self, say: Say) -> str:
        outputs = self.deployment.stack.outputs()
        self.deployment.worker.retry(outputs["DeadLettersArn"], say=say)
        self.deployment.capacity.reserve(say=say)
        most = self.deployment.capacity.of_the_queue()
        self.deployment.worker.listen(outputs.get("WakeQueueArn"), most=most, say=say)
        return "set"

    def _subscribe_app(self, say: Say) -> str:
        known, url = self.deployment.vault.stored(), self.deployment.webhook_url
        say(url)
        self._wait_until_reachable(url, known)
        return _changed(self.deployment.setup(known).subscribe_app(url, known[Secret.VERIFY_TOKEN]))

    def _wait_until_reachable(self, url: str, known: Mapping[str, str]) -> None:
        """Wait until API Gateway serves a new address, since Facebook verifies it once. Facebook reports any error."""
        secret = known.__getitem__
        webhook = HttpWebhook(
            lambda: url,
            verify_token=partial(secret, Secret.VERIFY_TOKEN),
            app_secret=partial(secret, Secret.APP_SECRET),
        )
        for _ in range(_REACHABLE_S):
            with suppress(WebhookUnreachable):
                if webhook.handshake("ready").body == "ready":
                    return
            self.wait(1)

    def _subscribe_page(self) -> str:
        return _changed(self.deployment.page().subscribe_page())

    def _write_profile(self) -> str:
        page = self.deployment.page()
        written = page.write_profile()
        try:
            written = page.write_greeting() or written
        except NotOffered:
            return f"{_changed(written)}, without the greeting, which Facebook no longer offers"
        return _changed(written)


def _changed(written: bool) -> str:  # noqa: FBT001 (the set-up returns it)
    return "set" if written else "unchanged"


def _parts(channels: Channels) -> str:
    """Return what `chalice deploy` creates."""
    return "6 functions, a REST API and a WebSocket API" if channels.web else "3 functions and a REST API"


def _words(secrets: Mapping[str, str]) -> str:
    return f"store {', '.join(secrets)}" if secrets else "all are stored already"
