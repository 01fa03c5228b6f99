"""`parley doctor`: shows what is wrong with a stage, why it matters and how to fix it."""

import sys
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import click

from scripts.cli.options import at_deployed_stage
from scripts.cli.terminal import print_json, width
from scripts.stage.environment import ROOT, Environment

if TYPE_CHECKING:
    from chalicelib.operations.findings import Finding

_COLOURS: Final = {"ok": "green", "warning": "yellow", "broken": "red"}
_INDENT: Final = " " * 10


@click.command()
@click.option(
    "--fix",
    is_flag=True,
    help="Restore what Facebook has lost: subscriptions and the page's menu. Store what a new version needs.",
)
@click.option("--json", "json", is_flag=True, help="Print one JSON document.")
@at_deployed_stage("doctor is not available for the demo; restart the demo instead")
def doctor(environment: Environment, *, fix: bool, json: bool) -> None:
    """Show what is wrong, why it matters and how to fix it.

    Checks the AWS account, the data stack, functions, secrets, the page token, the subscriptions, the webhook, the
    model and the budget. Asks the model one tiny question as each persona in use. Exits with status 1 if something is
    broken. Once a week the bot runs those of the checks that work from the cloud, and sends the owner an e-mail about
    what it finds.
    """
    from scripts.deploy.deployment import Deployment  # noqa: PLC0415
    from scripts.deploy.doctor import counted, examine  # noqa: PLC0415 (slow; `--help` does without)

    findings = examine(Deployment(environment, ROOT), fix=fix)
    if json:
        print_json({"stage": environment.settings.stage.name, "findings": [_as_json(finding) for finding in findings]})
    else:
        show(findings)
        click.echo(f"\n{counted(findings)}")
    if any(finding.state == "broken" for finding in findings):
        sys.exit(1)


def show(findings: "Iterable[Finding]") -> None:
    """Print each finding with its state; a warning or a fault also with the reason and the remedy."""
    for finding in findings:
        line = _folded(f"{finding.name}: {finding.what}", f"{finding.state:8}  ", _INDENT)
        begins, ends = len(_INDENT), len(_INDENT) + len(finding.name)
        state, name = click.style(line[:begins], fg=_COLOURS[finding.state]), click.style(line[begins:ends], bold=True)
        click.echo(f"{state}{name}{line[ends:]}")
        if finding.why:
            click.echo(_folded(f"why: {finding.why}", _INDENT, f"{_INDENT}     "))
        if finding.remedy:
            click.echo(_folded(f"fix: {finding.remedy}", _INDENT, f"{_INDENT}     "))


def _as_json(finding: "Finding") -> dict[str, str]:
    return {
        "name": finding.name,
        "state": finding.state.value,
        "what": finding.what,
        "why": finding.why,
        "cure": finding.remedy,
    }


def _folded(text: str, first: str, others: str) -> str:
    """Return the text in lines of 80 columns at most, without its own breaks; words break at no hyphen if they fit."""
    return textwrap.fill(text, min(80, width()), initial_indent=first, subsequent_indent=others, break_on_hyphens=False)
