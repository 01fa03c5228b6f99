"""Checks everything about a stage: its resources in AWS, and what it depends on outside AWS."""

import os
from collections.abc import Sequence

from chalicelib.bootstrap import health
from chalicelib.operations.findings import Finding, Severity, worst
from scripts.deploy.deployment import Deployment
from scripts.deploy.inspection import Inspection
from scripts.stage.environment import configured


def examine(deployment: Deployment, *, fix: bool = False) -> list[Finding]:
    """Return all findings; with `fix`, restore what Meta has lost. Without credentials nothing else is checked."""
    findings = Inspection(deployment).run()
    if worst(findings[:1]) is Severity.BROKEN:
        return findings
    # The health check is built as in the cloud, where the environment holds the settings.
    os.environ |= {**configured(deployment.stage), "AWS_DEFAULT_REGION": deployment.environment.aws.region}
    return [*findings, *health.health_check().run(fix=fix)]


def counted(findings: Sequence[Finding]) -> str:
    """Return the number of findings of each severity, in one line."""
    return ", ".join(f"{sum(finding.state is state for finding in findings)} {state}" for state in Severity)
