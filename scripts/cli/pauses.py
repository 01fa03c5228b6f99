"""`parley people pause` and `resume`: stops answers to one person or to all, and lets them go on."""

from dataclasses import dataclass
from typing import Final

import click

from chalicelib.access.pauses import UNTIL_RESUMED, Pauses
from chalicelib.clock import utc
from chalicelib.conversation.takeover import SILENT_MS
from chalicelib.ids import PersonId
from chalicelib.operations.owner_pauses import ALL, MOST_HOURS
from chalicelib.operations.takeover import TakeoverService
from scripts.cli import naming, options
from scripts.cli.terminal import moment_of, print_json, print_prose
from scripts.stage import hints
from scripts.stage.environment import Environment

_HOUR_MS: Final = 60 * 60 * 1000
_EVERYWHERE: Final = "Functions that are running already hear of it within a minute."


@dataclass(frozen=True)
class Context:
    """The services of both commands."""

    pauses: Pauses
    takeover: TakeoverService
    environment: Environment
    is_json: bool

    def until(self, at: int) -> str:
        """Format when a pause ends, in the owner's time zone."""
        zone = self.environment.settings.limits.zone
        return f"{moment_of(at, zone=zone)} ({zone.key})"

    def ending(self, whom: str) -> str:
        """Return the command that ends a pause."""
        return hints.command(f"people resume {whom}", self.environment.settings.stage.name)


def _context(environment: Environment, output: options.OutputFormat) -> Context:
    from chalicelib.aws.dynamodb.inbox import DynamoInbox  # noqa: PLC0415 (imports boto3)
    from chalicelib.aws.dynamodb.keys import personas_key  # noqa: PLC0415
    from chalicelib.aws.dynamodb.pauses import DynamoPauses  # noqa: PLC0415
    from chalicelib.aws.dynamodb.people import DynamoPeople  # noqa: PLC0415
    from chalicelib.aws.dynamodb.read_along import ReadAlong  # noqa: PLC0415
    from chalicelib.aws.dynamodb.takeovers import DynamoTakeovers  # noqa: PLC0415

    table, limits = environment.table, environment.settings.limits
    people = DynamoPeople(table)
    takeover = TakeoverService(DynamoInbox(table, limits.open_of_a_key), DynamoTakeovers(table), people, options.clock)
    pauses = DynamoPauses(table, ReadAlong(personas_key(), options.clock))
    return Context(pauses, takeover, environment, output is options.OutputFormat.JSON)


with_context = options.with_context(_context)


def _person(context: Context, name: str) -> PersonId:
    return naming.person_meant(name, lambda: [person.id for person in context.takeover.people.list()])


@click.command()
@click.argument("person", metavar="PERSON|all")
@click.option(
    "--hours", type=click.IntRange(1, MOST_HOURS), help="For so long; without it 1, and for all until `resume`."
)
@with_context
def pause(context: Context, person: str, *, hours: int | None) -> None:
    """Stop answering a person, or all.

    What a person writes meanwhile is stored and not answered, so you can write yourself in the page's inbox. With
    `all`, people read that the bot is paused, and commands go on.
    """
    ms = hours * _HOUR_MS if hours else 0
    if person == ALL:
        until = options.clock() + ms if ms else UNTIL_RESUMED
        context.pauses.pause(until=until)
        words = f"The bot answers no questions{f' until {context.until(until)}' if ms else ''}. {_EVERYWHERE}"
    else:
        found = _person(context, person)
        person, until = found, context.takeover.pause(found, ms=ms or SILENT_MS)
        words = f"{person} is not answered until {context.until(until)}."
    if context.is_json:
        print_json({"person": person, "paused_until": None if until == UNTIL_RESUMED else utc(until)})
        return
    print_prose(words)
    click.echo(f"\nTo end it: {context.ending(person)}")


@click.command()
@click.argument("person", metavar="PERSON|all")
@with_context
def resume(context: Context, person: str) -> None:
    """Answer a person again, or all."""
    if person == ALL:
        was_paused = context.pauses.resume(now=options.clock())
        words = f"The bot answers questions again. {_EVERYWHERE}" if was_paused else "There is no pause of all."
    else:
        person = found = _person(context, person)
        was_paused = context.takeover.resume(found)
        words = f"{person} is answered again, from the next message on." if was_paused else f"{person} is not paused."
    if context.is_json:
        print_json({"person": person, "resumed": was_paused})
        return
    print_prose(words)
