"""`parley review-texts`: what Meta's App Review asks for, in words to paste; made of `review.txt` and nothing else."""

import textwrap
from pathlib import Path
from string import Template
from typing import Final

import click

from chalicelib.access.retention import TURN_KEPT_S
from scripts.stage.environment import UsageError

_TEMPLATE: Final = Path(__file__).with_suffix(".txt")
_WIDTH: Final = 80
_WEBHOOK: Final = "/webhook"


def texts(*, page: str, url: str, owner: str, provider: str, region: str) -> str:
    """The texts with their blanks filled in, in lines of at most 80 columns, unless an address is longer."""
    where = f" in {region}" if region else ""
    days = str(TURN_KEPT_S // (24 * 60 * 60))
    words = {"page": page, "url": url, "owner": owner, "provider": provider, "region": where, "days": days}
    filled = Template(_TEMPLATE.read_text("utf-8")).substitute(words)
    return "\n".join(_folded(line) for line in filled.splitlines())


def _folded(line: str) -> str:
    """What continues a point stands under its words."""
    point, _, _ = line.partition(" ")
    indent = " " * (len(point) + 1) if point == "-" or point.removesuffix(".").isdigit() else ""
    return textwrap.fill(line, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _address(_: click.Context, __: click.Parameter, value: str | None) -> str:
    """The bot's address, from that of its webhook as well."""
    if value is None:
        return "<address of the bot>"
    address = value.rstrip("/").removesuffix(_WEBHOOK)
    if not address.startswith("https://"):
        raise UsageError(
            f'"{value}" is no address of a bot: give what `parley deploy` printed, beginning with https://'
        )
    return address


@click.command("review-texts")
@click.option("--page-name", default="<name of your Page>", help="Your Page, as people see its name.")
@click.option("--url", callback=_address, help="The bot's address, as `parley deploy` printed it.")
@click.option("--owner", default="<your name or your company's>", help="Who answers for people's data.")
@click.option("--provider", default="OpenAI", show_default=True, help="Who runs the AI model.")
@click.option("--region", default="", help="The AWS region, for example eu-central-1.")
def review_texts(page_name: str, url: str, owner: str, provider: str, region: str) -> None:
    """Print the texts that Meta's App Review asks for.

    They are to be pasted there. Only a bot for everybody needs App Review; docs/messenger-setup.md tells when and how.
    What is not given as an option stays a blank in <angle brackets>.
    """
    click.echo(texts(page=page_name, url=url, owner=owner, provider=provider, region=region))
