"""`parley destroy`: takes a stage away, with everything that it stored."""

import click

from scripts.cli.options import at_deployed_stage
from scripts.stage.environment import ROOT, Environment


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask for the stage's name.")
@at_deployed_stage("the demo leaves nothing behind: end it with Ctrl+C")
def destroy(environment: Environment, *, yes: bool) -> None:
    """Take the bot off AWS, with all conversations.

    This cannot be undone: people, their words, secrets, logs and alarms are deleted. What broke off goes on when the
    command is run again. To keep somebody's conversation, run `people export` first.
    """
    from scripts.cli.progress import run_steps, show_plan  # noqa: PLC0415 (all of this is slow; `--help` does without)
    from scripts.deploy.deployment import Deployment  # noqa: PLC0415
    from scripts.deploy.removal import RemovalPlan  # noqa: PLC0415

    deployment = Deployment(environment, ROOT)
    account = environment.account()
    deployment.check_region()
    steps = RemovalPlan(deployment).steps()
    click.echo(f"Everything of Parley, stage {deployment.stage}, in {environment.aws.region} (account {account}):\n")
    show_plan(steps)
    click.echo()
    if not yes and click.prompt(f"This cannot be undone. Type {deployment.stage} to go on") != deployment.stage:
        raise click.ClickException("nothing was deleted")
    run_steps(steps, explaining=environment.explaining, again=f"scripts/parley destroy --stage {deployment.stage}")
    click.echo("\nNothing is left.")
