"""A look at everything: what a stage consists of in AWS, and what it depends on outside of it."""

import os
from collections.abc import Sequence

from chalicelib import bootstrap
from chalicelib.operations.findings import Finding, Severity, worst
from scripts.deploy.deployment import Deployment
from scripts.deploy.inspection import Inspection
from scripts.stage.environment import configured


def examine(deployment: Deployment, *, fix: bool = False) -> list[Finding]:
    """Look, and with `fix` set up again what Facebook lost. Without credentials nothing else is looked at."""
    findings = Inspection(deployment).run()
    if worst(findings[:1]) is Severity.BROKEN:
        return findings
    # The checkup is wired for the cloud, which finds its stage in the environment.
    os.environ |= {**configured(deployment.stage), "AWS_DEFAULT_REGION": deployment.environment.aws.region}
    return [*findings, *bootstrap.checkup().run(fix=fix)]


def counted(findings: Sequence[Finding]) -> str:
    """How many there are of each kind."""
    return ", ".join(f"{sum(one.state is state for one in findings)} {state}" for state in Severity)
