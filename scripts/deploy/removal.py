"""Defines the steps that delete a stage, in order. Each can be repeated: it deletes what still exists."""

import shutil
from dataclasses import dataclass

from chalicelib.errors import ConfigError, MetaError
from scripts.deploy.deployment import Deployment
from scripts.deploy.package import copy
from scripts.deploy.stack import Say
from scripts.deploy.steps import Step


@dataclass(frozen=True)
class RemovalPlan:
    """The steps that delete a stage from Facebook and AWS."""

    deployment: Deployment

    def steps(self) -> list[Step]:
        """Return the steps in order."""
        return [
            Step("facebook", "delete the page's menu and its subscription", lambda _: self._leave_facebook()),
            Step("code", "delete the functions, their roles, the rule and the APIs", self._delete_code),
            Step("data stack", "delete the queues, topic, alarms, dashboard and logs", self._delete_stack),
            Step("table", "delete all conversations and people", lambda _: self._delete_table()),
            Step(
                "secrets",
                f"delete everything below {self.deployment.vault.prefix}",
                lambda _: self._delete_secrets(),
            ),
        ]

    def _leave_facebook(self) -> str:
        """Undo the set-up if Facebook accepts the page token. Without a valid token this step does nothing."""
        setup = self.deployment.page()
        try:
            setup.unsubscribe_page()
            setup.clear_profile()
        except (MetaError, ConfigError) as exc:
            return f"skipped: {exc}"
        return "deleted"

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
        shutil.rmtree(self.deployment.folder, ignore_errors=True)
        return "deleted"
