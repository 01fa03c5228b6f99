"""`parley destroy`: deletes a stage from Facebook and AWS, with everything that it stored."""

import click

from scripts.cli.options import asking, at_deployed_stage
from scripts.stage import hints
from scripts.stage.environment import ROOT, Environment


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask for the stage's name.")
@at_deployed_stage("the demo stores nothing in AWS: Ctrl+C ends it")
def destroy(environment: Environment, *, yes: bool) -> None:
    """Delete the bot from AWS, with all conversations.

    This cannot be undone. It deletes people, messages, secrets, logs and alarms. If it fails, run it again. To keep a
    conversation, run `people export` first.
    """
    from scripts.cli.progress import run_steps, show_plan  # noqa: PLC0415 (slow imports; `--help` does without)
    from scripts.deploy.deployment import Deployment  # noqa: PLC0415
    from scripts.deploy.removal import RemovalPlan  # noqa: PLC0415

    deployment = Deployment(environment, ROOT)
    account, stage = environment.account(), deployment.stage
    deployment.check_region()
    deployment.check_account(account)
    steps = RemovalPlan(deployment).steps()
    click.echo(f"Delete Parley, stage {stage}, in {environment.aws.region} (account {account}):\n")
    show_plan(steps)
    click.echo()
    with asking("nothing was deleted"):
        if not yes and click.prompt(f"This cannot be undone. Type {stage} to continue") != stage:
            raise click.ClickException("nothing was deleted")
    run_steps(steps, explaining=environment.explaining, again=hints.command("destroy", stage))
    click.echo(f"\nStage {stage} is deleted.")
