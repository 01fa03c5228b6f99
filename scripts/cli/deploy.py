"""`parley deploy`: from nothing to a running bot, and from any state to the newest version."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from chalicelib.errors import ConfigError
from scripts.cli.options import at_deployed_stage
from scripts.stage.environment import ROOT, Environment, UsageError, configured

if TYPE_CHECKING:
    from scripts.deploy.deployment import Deployment

GUIDE: Final = "docs/messenger-setup.md"


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask whether to go on.")
@click.option("--email", help="Who is told of new people and of faults; confirm the mail that AWS sends.")
@click.option(
    "--secrets",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help='Take the values from a file with lines such as page-token = "...".',
)
@click.option(
    "--renew",
    multiple=True,
    type=click.Choice(["app-id", "app-secret", "page-token", "openai-key"]),
    help="Ask for this value again, though it is stored; may be given more than once.",
)
@click.option(
    "--package",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write CloudFormation templates, the zip and a README there instead, for a pipeline to deploy.",
)
@at_deployed_stage("the demo runs on this machine: deploy dev or prod")
def deploy(
    environment: Environment,
    *,
    yes: bool,
    email: str | None,
    file: Path | None,
    renew: tuple[str, ...],
    folder: Path | None,
) -> None:
    """Bring the bot to AWS, or bring it up to date.

    Everything is shown before it is done, and may be repeated: what broke off goes on.

    Four values are asked for without showing them, unless they are stored already, in a file (--secrets), or in
    PARLEY_APP_ID, PARLEY_APP_SECRET, PARLEY_PAGE_TOKEN and OPENAI_API_KEY. docs/messenger-setup.md says where on
    Facebook they are.

    With --package AWS is neither asked nor changed, and no value is asked for. These are two ways, and a stage stays on
    the one it was deployed by: to change over, run `destroy` first, which deletes all conversations.
    """
    from scripts.cli.progress import run_steps, show_plan  # noqa: PLC0415 (all of this is slow; `--help` does without)
    from scripts.deploy.deployment import Deployment  # noqa: PLC0415
    from scripts.deploy.secrets import given, to_store  # noqa: PLC0415
    from scripts.deploy.steps import DeploymentPlan, Step  # noqa: PLC0415

    deployment = Deployment(environment, ROOT)
    if folder and file:
        raise UsageError("--package takes no --secrets: the README.md that it writes says how to store them")
    if folder:
        _write_bundle(deployment, _typed(folder), email)
        return
    account = environment.account()
    deployment.check_region()
    deployment.check_no_bundle()
    stored = deployment.vault.stored()
    new = given(os.environ, _typed(file) if file else None)
    kept = {name: value for name, value in stored.items() if name not in renew}
    new = {**new, **_asked_for({**kept, **new}, ask=not yes)}
    steps = DeploymentPlan(deployment, to_store(new, stored), email).steps()
    steps.append(Step("doctor", "look at everything once more", lambda _: _examined(deployment)))
    click.echo(f"Parley, stage {deployment.stage}, in {environment.aws.region} (account {account}):\n")
    show_plan(steps)
    click.echo()
    if not yes and not click.confirm("Go on?"):
        raise click.ClickException("nothing was done")
    given_again = {"--email": email, "--secrets": file}
    options = "".join(f" {option} {value}" for option, value in given_again.items() if value)
    again = f"scripts/parley deploy --stage {deployment.stage}{options}"
    run_steps(steps, explaining=environment.explaining, again=again)
    click.secho(f"\nThe bot is running: {deployment.url()}", bold=True)
    click.echo(f"Web chat: {deployment.websocket_url()}; a key for it: scripts/parley keys create")
    click.echo("Write to your page. Facebook still wants two addresses from you, step 7 of the guide:")
    click.echo(
        f"  privacy policy  {deployment.url()}/privacy\n  data deletion   {deployment.url()}/data-deletion\n  {GUIDE}"
    )


def _write_bundle(deployment: "Deployment", target: Path, email: str | None) -> None:
    """For a pipeline, with the settings that the functions will have: not those of this shell."""
    from chalicelib.settings import Settings  # noqa: PLC0415
    from scripts.deploy.bundle import write  # noqa: PLC0415

    settings = Settings.from_env(configured(deployment.stage))
    package = write(target, settings, project=ROOT, folder=deployment.folder, email=email, say=click.echo)
    click.echo(f"{target} has data.yaml, app.json and deployment.zip ({package.size / 1e6:.1f} MB, {package.python}).")
    click.secho(f"How to deploy them: {target / 'README.md'}", bold=True)


def _typed(path: Path) -> Path:
    """A path as it was meant where the command was called."""
    return Path(os.environ.get("PARLEY_CALLED_FROM", "")) / path


def _examined(deployment: "Deployment") -> str:
    """What the doctor says. Raises ConfigError when something is broken."""
    from scripts.cli.doctor import tell  # noqa: PLC0415
    from scripts.deploy.doctor import counted, examine  # noqa: PLC0415

    findings = examine(deployment)
    tell(finding for finding in findings if finding.why)
    if broken := [finding for finding in findings if finding.state == "broken"]:
        raise ConfigError(f"{len(broken)} of {len(findings)} things are broken; what mends them stands above")
    return counted(findings)


def _asked_for(known: Mapping[str, str], *, ask: bool) -> dict[str, str]:
    """The values that nobody has given yet. Raises ConfigError when nobody can be asked."""
    from scripts.deploy.secrets import check, missing  # noqa: PLC0415

    kinds = missing(known)
    if not kinds:
        return {}
    if not (ask and sys.stdin.isatty()):
        wanted = ", ".join(f"{kind.name} ({kind.variable})" for kind in kinds)
        raise ConfigError(
            f"nobody gave {wanted}: set the variables, use --secrets, or run this in a terminal without --yes"
        )
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
