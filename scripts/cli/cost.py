"""`parley cost`: reports what the last days cost, and what a thousand messages cost."""

from datetime import date, datetime, timedelta

import click

from chalicelib.llm import prices
from chalicelib.operations import aws_prices
from chalicelib.operations.cost_report import Report, since
from scripts.cli import cost_view
from scripts.cli.options import at_stage
from scripts.cli.terminal import print_json
from scripts.stage.environment import Environment, functions, memory_mb


@click.command()
@click.option(
    "--days", type=click.IntRange(1, 30), default=30, show_default=True, help="Number of days, including today."
)
@click.option("--json", "json", is_flag=True, help="Print one JSON document.")
@at_stage
def cost(environment: Environment, *, days: int, json: bool) -> None:
    """Show what the last days and 1,000 messages cost.

    Days before the stage was deployed are left out.

    The cost of the model is counted with every answer. The cost of AWS is computed from what Parley does and AWS's list
    prices, without the free allowance: this is an estimate, not your bill.
    """
    report = _report(environment, days=days)
    if json:
        print_json(cost_view.as_json(report))
    else:
        click.echo(cost_view.as_text(report))


def _report(environment: Environment, *, days: int) -> Report:
    from chalicelib.aws.dynamodb.spend import DynamoSpending  # noqa: PLC0415 (imports boto3; `--help` does without)

    settings = environment.settings
    today = datetime.now(settings.limits.zone).date()
    spending = DynamoSpending(environment.table)
    listed, memory = aws_prices.load(), memory_mb(settings.stage.name)
    return Report(
        settings.stage.name,
        since(_created(environment), spending.days(today - timedelta(days=days - 1), today)),
        settings.model.name,
        prices.price_of(settings.model),
        listed,
        aws_prices.message(listed, memory),
        aws_prices.web_message(listed, memory),
        aws_prices.idle(listed, {name: memory[name] for name in functions(settings.stage.name)}),
        settings.stage.channels,
    )


def _created(environment: Environment) -> date:
    """Return the day on which the stage's table was created, in the owner's time zone."""
    table = environment.aws.client("dynamodb").describe_table(TableName=environment.settings.stage.table)["Table"]
    created: datetime = table["CreationDateTime"]
    return created.astimezone(environment.settings.limits.zone).date()
