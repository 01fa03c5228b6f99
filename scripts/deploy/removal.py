"""Defines the steps that delete a stage, in order. Each can be repeated: it deletes what still exists."""

import shutil
from dataclasses import dataclass

from scripts.deploy.deployment import Deployment
from scripts.deploy.package import copy
from scripts.deploy.stack import Say
from scripts.deploy.steps import Step
from scripts.deploy.switching import leave_facebook


@dataclass(frozen=True)
class RemovalPlan:
    """The steps that delete a stage from Facebook and AWS."""

    deployment: Deployment

    def steps(self) -> list[Step]:
        """Return the steps in order."""
        facebook = Step(
            "facebook", "delete the page's menu and its subscription", lambda _: leave_facebook(self.deployment)
        )
        return [
            *([facebook] if self.deployment.channels.messenger else []),
            Step("code", "delete the functions, their roles, the rule and the APIs", self._delete_code),
            Step("data stack", "delete the queues, topic, alarms, dashboard and logs", self._delete_stack),
            Step("table", "delete all conversations and people", lambda _: self._delete_table()),
            Step(
                "secrets",
                f"delete everything below {self.deployment.vault.prefix}",
                lambda _: self._delete_secrets(),
            ),
        ]

    def _delete_code(self, say: Say) -> str:
        if self.deployment.bundle.status():
            self.deployment.bundle.delete(say=say)
            return f"deleted with the stack {self.deployment.bundle.name}"
        copy(self.deployment.project, self.deployment.folder)
        if not self.deployment.state.write():
            return "did not exist"
        self.deployment.worker.forget()
        self.deployment.code.delete(say=say)
        return "deleted"

    def _delete_stack(self, say: Say) -> str:
        if not self.deployment.stack.status():
            return "did not exist"
        self.deployment.stack.delete(say=say)
        return "deleted"

    def _delete_table(self) -> str:
        """Delete the table, which the stack retains so that deleting a stack never deletes conversations."""
        return "deleted" if self.deployment.table.delete() else "did not exist"

    def _delete_secrets(self) -> str:
        self.deployment.vault.delete()
        self.deployment.region_note.unlink(missing_ok=True)
        self.deployment.account_note.unlink(missing_ok=True)
        shutil.rmtree(self.deployment.folder, ignore_errors=True)
        return "deleted"
