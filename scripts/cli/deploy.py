"""`parley deploy`: creates a stage in AWS and Facebook, or updates it; or writes files for a pipeline to deploy."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from chalicelib.errors import ConfigError
from chalicelib.ids import Channels
from chalicelib.llm import listed
from chalicelib.operations import spending_limit
from chalicelib.settings.stage import ModelSettings
from scripts.cli import channels, choices, spending_limit_view
from scripts.cli.options import asking, at_deployed_stage, from_callers_folder
from scripts.deploy.secrets import KINDS
from scripts.stage import hints
from scripts.stage.environment import ROOT, Environment, UsageError, of_the_functions

if TYPE_CHECKING:
    from scripts.deploy.deployment import Deployment
    from scripts.deploy.secrets import Kind
    from scripts.deploy.steps import Step

GUIDE: Final = "docs/messenger-setup.md"


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--email", help="Address for alerts about new people and faults. AWS sends it a link to confirm.")
@click.option(
    "--secrets",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help='Read the values from a file with lines such as page-token = "...".',
)
@click.option(
    "--renew",
    multiple=True,
    type=click.Choice([str(kind.name) for kind in KINDS]),
    help="Ask for this value again although it is stored. Can be repeated.",
)
@click.option(
    "--package",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Deploy nothing; write CloudFormation templates, the zip and a README to this folder, for a pipeline.",
)
@channels.option
@at_deployed_stage("the demo cannot be deployed: choose --stage dev or --stage prod")
def deploy(
    environment: Environment,
    *,
    yes: bool,
    email: str | None,
    file: Path | None,
    renew: tuple[str, ...],
    folder: Path | None,
    name: str | None,
) -> None:
    """Deploy the bot to AWS, or update it.

    The command shows all steps before it starts. If it fails, run it again: it continues with what is missing.

    For the web chat alone it needs the model's key (OPENAI_API_KEY), with Amazon Bedrock none. For Messenger it also
    needs PARLEY_APP_ID, PARLEY_APP_SECRET and PARLEY_PAGE_TOKEN; docs/messenger-setup.md says where on Facebook they
    are. It asks for values that are neither stored, nor in a file (--secrets), nor in these variables. What you type is
    not shown.

    With --package, the command needs no values and does not connect to AWS. A stage can be deployed either directly or
    by a pipeline. To change from one to the other, run `destroy` first; it deletes all conversations.
    """
    from scripts.stage.shipped import check_shipped  # noqa: PLC0415 (slow imports; `--help` does without)

    check_shipped(of_the_functions(environment.settings.stage.name))
    chosen = channels.given(name)
    if folder and file:
        raise UsageError(
            "--secrets has no effect with --package: the README.md that it writes says how to store secrets"
        )
    if folder:
        _write_bundle(environment, chosen, from_callers_folder(folder), email)
        return
    wish = _Wish(email, from_callers_folder(file) if file else None, renew, ask=not yes)
    _deploy(environment, chosen, wish)


@dataclass(frozen=True)
class _Wish:
    """What the options say about a deployment."""

    email: str | None
    file: Path | None
    renew: Sequence[str]
    ask: bool

    def again(self, stage: str) -> str:
        """Return the command that continues the deployment."""
        given = {"--email": self.email, "--secrets": self.file}
        options = "".join(f" {option} {value}" for option, value in given.items() if value)
        return f"{hints.command('deploy', stage)}{options}"


def _deploy(environment: Environment, chosen: Channels | None, wish: _Wish) -> None:
    """Ask what is not known, show the plan, and run it."""
    from scripts.cli.progress import run_steps  # noqa: PLC0415
    from scripts.deploy.deployment import Deployment  # noqa: PLC0415

    region = choices.region(Deployment(environment, ROOT), ask=wish.ask)
    if region:
        environment = replace(environment, aws=environment.aws.in_region(region))
    account, deployment = environment.account(), Deployment(environment, ROOT)
    deployment.check_region()
    deployment.check_account(account)
    deployment.check_no_bundle()
    chosen = chosen or channels.found(deployment, ask=wish.ask)
    deployment = Deployment(channels.with_channels(environment, chosen or deployment.channels), ROOT)
    model = choices.model(deployment, ask=wish.ask)
    steps = _steps(deployment, listed.every(choices.settings_with(deployment, model)), wish)
    _agree(deployment, steps, account, yes=not wish.ask)
    choices.keep(deployment, model, region or click.get_current_context().params["region"] or "")
    channels.keep(deployment.stage, deployment.channels)
    run_steps(steps, explaining=environment.explaining, again=wish.again(deployment.stage))
    _print_addresses(deployment)


def _steps(deployment: "Deployment", models: Sequence[ModelSettings], wish: _Wish) -> "list[Step]":
    """Return the steps of the deployment with these models, for which the owner is asked for missing secrets."""
    from scripts.deploy.secrets import given, missing, to_store  # noqa: PLC0415
    from scripts.deploy.steps import DeploymentPlan, Step  # noqa: PLC0415

    stored, wanted = deployment.vault.stored(), deployment.channels
    new = given(wanted, models, os.environ, wish.file)
    kept = {name: value for name, value in stored.items() if name not in wish.renew}
    new = {**new, **_asked_for(missing(wanted, models, {**kept, **new}), ask=wish.ask)}
    steps = DeploymentPlan(deployment, to_store(wanted, new, stored), wish.email).steps()
    return [*steps, Step("doctor", "check everything", lambda _: _check(deployment))]


def _agree(deployment: "Deployment", steps: "Sequence[Step]", account: str, *, yes: bool) -> None:
    """Show the plan, and ask whether to continue. Raises ClickException if not."""
    from scripts.cli.progress import show_plan  # noqa: PLC0415
    from scripts.deploy.switching import consequences  # noqa: PLC0415

    region = deployment.environment.aws.region
    click.echo(f"Parley, stage {deployment.stage}, in {region} (account {account}):\n")
    show_plan(steps)
    click.echo()
    for sentence in consequences(deployment):
        click.echo(f"{sentence}\n")
    with asking("nothing was changed"):
        if not yes and not click.confirm("Continue?"):
            raise click.ClickException("nothing was changed")


def _print_addresses(deployment: "Deployment") -> None:
    click.secho(f"\nThe bot is running: {deployment.url()}", bold=True)
    if deployment.channels.messenger:
        click.echo("Write a message to your page to test it.")
        click.echo(f"\nEnter two addresses on Facebook, if you have not yet (step 7 of {GUIDE}):")
        click.echo(f"  privacy policy  {deployment.url()}/privacy")
        click.echo(f"  data deletion   {deployment.url()}/data-deletion")
    if deployment.channels.web:
        click.echo(f"\nWeb chat: {deployment.websocket_url()}")
        click.echo(f"  Create a key for it: {hints.command('keys create NAME', deployment.stage)}")
    if limit := spending_limit.advised(of_the_functions(deployment.stage).settings()):
        click.echo(f"\n{spending_limit_view.as_text(limit)}")


def _write_bundle(environment: Environment, chosen: Channels | None, target: Path, email: str | None) -> None:
    """Write the files with the settings from .chalice/config.json; variables of this shell do not count."""
    from scripts.deploy.bundle import write  # noqa: PLC0415
    from scripts.deploy.deployment import Deployment  # noqa: PLC0415

    deployment = Deployment(environment, ROOT)
    if chosen:
        channels.keep(deployment.stage, chosen)
    settings = of_the_functions(deployment.stage).settings()
    package = write(target, settings, project=ROOT, folder=deployment.folder, email=email, say=click.echo)
    click.echo(
        f"{target} contains data.yaml, app.json and deployment.zip ({package.size / 1e6:.1f} MB, {package.python})."
    )
    click.secho(f"How to deploy them: {target / 'README.md'}", bold=True)


def _check(deployment: "Deployment") -> str:
    """Run the doctor and return its summary. Raises ConfigError if something is broken."""
    from scripts.cli.doctor import show  # noqa: PLC0415
    from scripts.deploy.doctor import counted, examine  # noqa: PLC0415

    findings = examine(deployment)
    show(finding for finding in findings if finding.why)
    if broken := [finding for finding in findings if finding.state == "broken"]:
        raise ConfigError(f"{len(broken)} of {len(findings)} checks failed; the lines above say how to fix them")
    return counted(findings)


def _asked_for(kinds: "Sequence[Kind]", *, ask: bool) -> dict[str, str]:
    """Prompt for the values that are missing. Raises ConfigError if there is no terminal or `ask` is false."""
    from scripts.deploy.secrets import OF_FACEBOOK, check  # noqa: PLC0415

    if not kinds:
        return {}
    if not (ask and sys.stdin.isatty()):
        wanted = ", ".join(f"{kind.name} ({kind.variable})" for kind in kinds)
        raise ConfigError(
            f"missing: {wanted}. Set the variables, use --secrets, or run this in a terminal without --yes"
        )
    if any(kind.name in OF_FACEBOOK for kind in kinds):
        click.echo(f"Where each value is on Facebook: {GUIDE}\n")
    answers = {}
    for kind in kinds:
        while kind.name not in answers:
            try:
                answers[kind.name] = check(kind, click.prompt(f"{kind.label} (not shown)", hide_input=True))
            except ConfigError as exc:
                click.echo(f"  {exc}", err=True)
    click.echo()
    return answers
