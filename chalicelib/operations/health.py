"""Runs health checks, applies their fixes and reports the findings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from chalicelib.clock import Clock
from chalicelib.errors import ParleyError
from chalicelib.log import Log
from chalicelib.operations.alerts import AlertService
from chalicelib.operations.findings import Check, Checkup, Finding, Severity, failed, worst
from chalicelib.operations.ports import Checkups


@dataclass(frozen=True)
class HealthCheck:
    """Checks everything outside the code that the bot depends on: when the owner asks, and once a week."""

    checks: Sequence[Check]
    """In the order of their findings."""
    alerts: AlertService
    checkups: Checkups
    clock: Clock
    log: Log

    def run(self, *, fix: bool = False) -> list[Finding]:
        """Run all checks and return their findings in order.

        A check that raises ParleyError becomes a BROKEN finding under its name. With `fix`, the fix of each check that
        found a fault is applied; the finding then says so and becomes a WARNING, or stays as it is if the fix fails.
        """
        return [finding for check in self.checks for finding in _findings(check, fix=fix)]

    def report(self) -> Severity:
        """Run all checks with their fixes, log the worst state and return it, and alert the owner unless it is OK.

        What was found is stored for the owner's page. Raises StoreError if it cannot be, after the alert.
        """
        findings = self.run(fix=True)
        state = worst(findings)
        self.log("checkup", state=state.value, findings=len(findings))
        if state is not Severity.OK:
            self.alerts.health_findings([finding for finding in findings if finding.state is not Severity.OK])
        self.checkups.keep(Checkup(self.clock(), findings))
        return state


def _findings(check: Check, *, fix: bool) -> list[Finding]:
    try:
        findings = list(check.run())
    except ParleyError as exc:
        return [failed(check.name, exc)]
    return [_fixed(finding, check.fix) for finding in findings] if fix and check.fix else findings


def _fixed(finding: Finding, fix: Callable[[], object]) -> Finding:
    if finding.state is Severity.OK:
        return finding
    try:
        fix()
    except ParleyError as exc:
        return replace(finding, what=f"{finding.what}; it could not be fixed: {exc}")
    return replace(
        finding, state=Severity.WARNING, what=f"{finding.what}; it is fixed now", remedy="nothing more to do"
    )
