"""`parley doctor`: tells what is wrong with a stage, why it matters and what mends it."""

import sys
import textwrap
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from scripts.cli.options import at_deployed_stage
from scripts.cli.terminal import print_json
from scripts.stage.environment import ROOT, Environment

if TYPE_CHECKING:
    from chalicelib.operations.findings import Finding

_COLOURS: Final = {"ok": "green", "warning": "yellow", "broken": "red"}
_INDENT: Final = " " * 10


@click.command()
@click.option("--fix", is_flag=True, help="Set up again what Facebook lost: subscriptions and the page's menu.")
@click.option("--json", "json", is_flag=True, help="Print one JSON document.")
@at_deployed_stage("the demo needs no doctor: start it again")
def doctor(environment: Environment, *, fix: bool, json: bool) -> None:
    """Tell what is wrong, why it matters and what mends it.

    Looks at the AWS account, the data stack, functions, secrets, the page token, the subscriptions, the webhook,
    the model and the budget. Ends with 1 when something is broken. The bot does the same for itself once a week, as far
    as it can from the cloud, and tells the owner by e-mail.
    """
    from scripts.deploy.deployment import Deployment  # noqa: PLC0415
    from scripts.deploy.doctor import counted, examine  # noqa: PLC0415 (slow; `--help` does without)

    findings = examine(Deployment(environment, ROOT), fix=fix)
    if json:
        print_json({"stage": environment.settings.stage, "findings": [asdict(finding) for finding in findings]})
    else:
        tell(findings)
        click.echo(f"\n{counted(findings)}")
    if any(finding.state == "broken" for finding in findings):
        sys.exit(1)


def tell(findings: "Iterable[Finding]") -> None:
    """Each with its state; what is not well with the reason and the cure."""
    for finding in findings:
        said = _folded(f"{finding.name}: {finding.what}", f"{finding.state:8}  ", _INDENT)
        begins, ends = len(_INDENT), len(_INDENT) + len(finding.name)
        state, name = click.style(said[:begins], fg=_COLOURS[finding.state]), click.style(said[begins:ends], bold=True)
        click.echo(f"{state}{name}{said[ends:]}")
        if finding.why:
            click.echo(_folded(f"why: {finding.why}", _INDENT, f"{_INDENT}     "))
        if finding.cure:
            click.echo(_folded(f"cure: {finding.cure}", _INDENT, f"{_INDENT}      "))


def _folded(text: str, first: str, others: str) -> str:
    """In lines of 80 columns, whatever lines it came in; names with hyphens stay whole where they can."""
    return textwrap.fill(text, 80, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)
