"""Checks everything about a stage: its resources in AWS, and what it depends on outside AWS."""

import os
from collections.abc import Sequence

from chalicelib.aws.dynamodb.keys import personas_key
from chalicelib.aws.dynamodb.personas import DynamoPersonaTexts
from chalicelib.aws.dynamodb.read_along import ReadAlong
from chalicelib.bootstrap import clients, health
from chalicelib.errors import ConfigError, MetaError, StoreError
from chalicelib.operations import personas, spending_limit
from chalicelib.operations.findings import NO_ANSWERS, Finding, Severity, worst
from chalicelib.settings.stage import Secret
from scripts.deploy.deployment import Deployment
from scripts.deploy.first_issuer import note_first_issuer
from scripts.deploy.inspection import Inspection
from scripts.deploy.secrets import to_store
from scripts.stage import hints
from scripts.stage.environment import configured, of_the_functions


def examine(deployment: Deployment, *, fix: bool = False) -> list[Finding]:
    """Return all findings; with `fix`, restore what Meta has lost, and store what an earlier version did not.

    Without credentials nothing else is checked.
    """
    findings = Inspection(deployment).run()
    if worst(findings[:1]) is Severity.BROKEN:
        return findings
    if fix:
        store_generated(deployment)
    # The health check is built as in the cloud, where the environment holds the settings.
    os.environ |= {**configured(deployment.stage), "AWS_DEFAULT_REGION": deployment.environment.aws.region}
    limit = spending_limit.advised(of_the_functions(deployment.stage).settings())
    findings += [limit.finding] if limit else []
    findings += check_personas(deployment)
    findings += health.health_check().run(fix=fix)
    return [*findings, *check_page(deployment, fix=fix)] if deployment.channels.messenger else findings


def check_personas(deployment: Deployment) -> list[Finding]:
    """Return a finding for each of the owner's texts of personas that this version of the bot cannot use."""
    table = deployment.environment.table
    try:
        faults = personas.faults(DynamoPersonaTexts(table, ReadAlong(personas_key(), clients.clock)))
    except StoreError:
        return []  # the finding about the table says why
    why, cure = "the file that ships with the bot is used instead", hints.command("personas put", deployment.stage)
    return [Finding.broken(f"persona-{name}", fault, why, cure) for name, fault in faults.items()]


def store_generated(deployment: Deployment) -> None:
    """Store what `deploy` generates and is missing, as after a pipeline has deployed a version that needs another."""
    deployment.vault.put(to_store(deployment.channels, {}, deployment.vault.stored()))
    note_first_issuer(deployment)


def check_page(deployment: Deployment, *, fix: bool = False) -> list[Finding]:
    """Return a finding if the stored id is not that of the Page token's page; with `fix`, store the latter first.

    The bot handles the events of the stored page only.
    """
    try:
        page = deployment.page().page.identity().id
    except (MetaError, ConfigError):
        return []  # the health check says why
    if fix:
        deployment.vault.note(Secret.PAGE_ID, page)
    stored = deployment.vault.noted(Secret.PAGE_ID)
    if stored == page:
        return []
    remedy = hints.command("doctor --fix", deployment.stage)
    if not stored:
        return [Finding.warning("page-id", "it is not stored", "the bot answers other pages of its app, too", remedy)]
    return [Finding.broken("page-id", f"{stored} is stored, but the token is {page}'s", NO_ANSWERS, remedy)]


def counted(findings: Sequence[Finding]) -> str:
    """Return the number of findings of each severity, in one line."""
    return ", ".join(f"{sum(finding.state is state for finding in findings)} {state}" for state in Severity)
