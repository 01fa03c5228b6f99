"""The story of a removal: what is taken away, and in which order. Each step may be run again: it finds what is left."""

import shutil
from dataclasses import dataclass

from chalicelib.errors import ConfigError, MetaError
from scripts.deploy.deployment import Deployment
from scripts.deploy.package import copy
from scripts.deploy.stack import Say
from scripts.deploy.steps import Step


@dataclass(frozen=True)
class RemovalPlan:
    """Taking a stage off Facebook and AWS."""

    deployment: Deployment

    def steps(self) -> list[Step]:
        """What has to be done, in order."""
        return [
            Step("facebook", "take the page's menu and its subscription back", lambda _: self._leave_facebook()),
            Step("code", "delete the functions, their roles, the rule and the APIs", self._delete_code),
            Step("data stack", "delete the queues, topic, alarms, dashboard and logs", self._delete_stack),
            Step("table", "delete all conversations and people", lambda _: self._delete_table()),
            Step(
                "secrets",
                "delete what is stored below " + self.deployment.vault.prefix,
                lambda _: self._delete_secrets(),
            ),
        ]

    def _leave_facebook(self) -> str:
        """As far as Facebook lets us: without a valid token there is nothing to take back with."""
        setup = self.deployment.page()
        try:
            setup.unsubscribe_page()
            setup.clear_profile()
        except (MetaError, ConfigError) as exc:
            return f"left as it is: {exc}"
        return "taken back"

    def _delete_code(self, say: Say) -> str:
        if self.deployment.bundle.status():
            self.deployment.bundle.delete(say=say)
            return f"deleted, with the stack {self.deployment.bundle.name}"
        copy(self.deployment.project, self.deployment.folder)
        if not self.deployment.state.write():
            return "there was none"
        self.deployment.worker.forget()
        self.deployment.code.delete(say=say)
        return "deleted"

    def _delete_stack(self, say: Say) -> str:
        if not self.deployment.stack.status():
            return "there was none"
        self.deployment.stack.delete(say=say)
        return "deleted"

    def _delete_table(self) -> str:
        """By itself, because the stack leaves it: nobody shall lose people's words by deleting a stack."""
        client, name = self.deployment.client("dynamodb"), self.deployment.environment.settings.table
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
        self.deployment.vault.delete()
        self.deployment.region_note.unlink(missing_ok=True)
        shutil.rmtree(self.deployment.folder, ignore_errors=True)
        return "deleted"
