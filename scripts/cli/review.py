"""`parley review-texts`: prints the texts for Meta's App Review from the template `review.txt`."""

import textwrap
from pathlib import Path
from string import Template
from typing import Final

import click

from chalicelib.access.retention import kept_in_words, turn_kept_s
from scripts.cli.options import at_stage
from scripts.stage.environment import Environment, UsageError

_TEMPLATE: Final = Path(__file__).with_suffix(".txt")
_WIDTH: Final = 80
_WEBHOOK: Final = "/webhook"


def texts(*, page: str, url: str, owner: str, provider: str, region: str, keep_days: int) -> str:
    """Return the texts with their blanks filled in, in lines of 80 columns; only an address may be longer."""
    where = f" in {region}" if region else ""
    kept = kept_in_words(turn_kept_s(keep_days))
    words = {"page": page, "url": url, "owner": owner, "provider": provider, "region": where, "kept": kept}
    filled = Template(_TEMPLATE.read_text("utf-8")).substitute(words)
    return "\n".join(_folded(line) for line in filled.splitlines())


def _folded(line: str) -> str:
    """Wrap a line; the second line of a list item is indented to the item's text."""
    point, _, _ = line.partition(" ")
    indent = " " * (len(point) + 1) if point == "-" or point.removesuffix(".").isdigit() else ""
    return textwrap.fill(line, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _address(_: click.Context, __: click.Parameter, value: str | None) -> str:
    """Validate the bot's address; that of its webhook is accepted too."""
    if value is None:
        return "<address of the bot>"
    address = value.rstrip("/").removesuffix(_WEBHOOK)
    if not address.startswith("https://"):
        raise UsageError(f'"{value}" is not the address of a bot: `parley deploy` printed it, beginning with https://')
    return address


@click.command("review-texts")
@click.option("--page-name", "page", default="<name of your Page>", help="Name of your Page.")
@click.option("--url", callback=_address, help="The bot's address, as `parley deploy` printed it.")
@click.option(
    "--owner",
    default="<your name or your company's>",
    help="Name of the person or company responsible for people's data.",
)
@click.option("--provider", default="OpenAI", show_default=True, help="Provider of the AI model.")
@at_stage
def review_texts(environment: Environment, /, **blanks: str) -> None:
    """Print the texts that Meta's App Review asks for.

    Paste them into the review form. You need App Review only if users without a role in your app shall use the bot;
    docs/messenger-setup.md explains it. Values that you do not give as options stay blanks in <angle brackets>.
    """
    region = click.get_current_context().params["region"] or ""
    click.echo(texts(**blanks, region=region, keep_days=environment.settings.privacy.keep_days))
