"""`parley cost`: what the last days cost, and what a thousand messages do."""

from datetime import datetime, timedelta

import click

from chalicelib.llm import prices
from chalicelib.operations import aws_prices
from chalicelib.operations.cost_report import Report
from scripts.cli import cost_view
from scripts.cli.options import at_stage
from scripts.cli.terminal import print_json
from scripts.stage.environment import Environment, memory_mb


@click.command()
@click.option("--days", type=click.IntRange(1, 30), default=30, show_default=True, help="How many, today included.")
@click.option("--json", "json", is_flag=True, help="Print one JSON document.")
@at_stage
def cost(environment: Environment, *, days: int, json: bool) -> None:
    """What the last days cost, and what 1,000 messages cost.

    The model's part was counted with every answer. AWS's part is computed from what Parley does and AWS's list prices,
    before the free allowance: it is no bill.
    """
    report = _report(environment, days=days)
    if json:
        print_json(cost_view.as_json(report))
    else:
        click.echo(cost_view.as_text(report))


def _report(environment: Environment, *, days: int) -> Report:
    from chalicelib.aws.dynamodb.spend import DynamoSpending  # noqa: PLC0415 (brings boto3; `--help` does without)

    here = environment.settings
    today = datetime.now(here.zone).date()
    spending = DynamoSpending(environment.table)
    listed, memory = aws_prices.load(), memory_mb(here.stage)
    return Report(
        here.stage,
        spending.days(today - timedelta(days=days - 1), today),
        here.model,
        prices.assumed(here.model) if here.asks_openai else prices.FREE,
        listed,
        aws_prices.message(listed, memory),
        aws_prices.web_message(listed, memory),
        aws_prices.idle(listed, memory),
    )
