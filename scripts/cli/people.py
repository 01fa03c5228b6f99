"""`parley people`: who writes to the bot, and what the owner decides about them."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, ParamSpec

import click

from chalicelib.access.entitlements import EntitlementService
from chalicelib.access.person import Access
from chalicelib.clock import Clock
from chalicelib.errors import UnknownPerson
from chalicelib.ids import Channel, PersonId
from chalicelib.operations.admin import Admin, Sort
from chalicelib.operations.ports import Deletions
from scripts.cli import options
from scripts.cli.people_view import Json, Output, PeoplePage, Text
from scripts.cli.terminal import as_text, counted, print_json
from scripts.stage.environment import Environment, UsageError

P = ParamSpec("P")

MAX_LIMIT: Final = 100_000
_SHOWN: Final = 5
_PRIVATE: Final = 0o600


@dataclass(frozen=True)
class Desk:
    """What every command works with."""

    admin: Admin
    deletions: Deletions
    output: Output
    clock: Clock

    def person(self, name: str) -> PersonId:
        """Whom the owner means: a whole id, or the end of one that only one person has."""
        if name.startswith(tuple(f"{channel}:" for channel in Channel)):
            return PersonId(name)
        found = self.admin.find(name) if name else ()
        if not found:
            raise UnknownPerson("no person with that id")
        if len(found) > 1:
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            raise UsageError(f'"{name}" may be {", ".join(found[:_SHOWN])}{more}: give more of the id')
        return found[0]


def _desk(place: Environment, /, *, json: bool) -> Desk:
    from chalicelib.aws.dynamodb.api_keys import DynamoApiKeys  # noqa: PLC0415
    from chalicelib.aws.dynamodb.deletions import DynamoDeletions  # noqa: PLC0415
    from chalicelib.aws.dynamodb.people import DynamoPeople  # noqa: PLC0415
    from chalicelib.aws.dynamodb.transcript import DynamoTranscript  # noqa: PLC0415 (brings boto3)

    table, settings = place.table, place.settings
    entitlements = EntitlementService(DynamoApiKeys(table), settings.limits)
    admin = Admin(
        people=DynamoPeople(table), transcript=DynamoTranscript(table), entitlements=entitlements, clock=options.clock
    )
    return Desk(
        admin, DynamoDeletions(table), Json() if json else Text(options.clock(), settings.limits.zone), options.clock
    )


at_desk = options.at_desk(_desk)


@click.group()
def people() -> None:
    """Who writes to the bot, and how much they may ask.

    PERSON is a whole id, as `people list` shows it, or an end of it that only one person has.
    """


@people.command("list")
@click.option(
    "--sort",
    type=click.Choice([sort.value for sort in Sort]),
    default="last-seen",
    show_default=True,
    help="What decides the order.",
)
@click.option("--reverse", is_flag=True, help="The other way round.")
@click.option("--access", type=click.Choice([access.value for access in Access]), help="Only those.")
@click.option("--page", type=click.IntRange(min=1), default=1, show_default=True, help="Which page.")
@click.option("--page-size", type=click.IntRange(min=1), default=20, show_default=True, help="How many on a page.")
@at_desk
def list_people(desk: Desk, *, sort: str, reverse: bool, access: str | None, page: int, page_size: int) -> None:
    """Everybody who has written, most recently seen first."""
    found = desk.admin.list(sort=Sort(sort), reverse=reverse, access=Access(access) if access else None)
    shown = PeoplePage.of(found, number=page, size=page_size)
    if page > shown.pages:
        raise UsageError(f"there is no page {page}: the last one is {shown.pages}")
    desk.output.people(shown, access=access)


@people.command()
@click.argument("person")
@at_desk
def show(desk: Desk, person: str) -> None:
    """All about one person but the words."""
    desk.output.portrait(desk.admin.show(desk.person(person)))


@people.command()
@click.argument("person")
@at_desk
def allow(desk: Desk, person: str) -> None:
    """Let somebody ask without limit."""
    desk.output.decided(desk.admin.allow(desk.person(person)))


def _questions(_: click.Context, __: click.Parameter, value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= len(str(MAX_LIMIT)) and int(value) <= MAX_LIMIT):
        raise UsageError(f'"{value}" is no limit: give a whole number from 0 to {MAX_LIMIT}')
    return int(value)


@people.command(context_settings={"ignore_unknown_options": True})
@click.argument("person")
@click.argument("questions", metavar="N", callback=_questions)
@at_desk
def limit(desk: Desk, person: str, questions: int) -> None:
    """Let somebody ask N questions a day."""
    desk.output.decided(desk.admin.limit(desk.person(person), questions))


@people.command()
@click.argument("person")
@at_desk
def default(desk: Desk, person: str) -> None:
    """Take back allow, limit or block."""
    desk.output.decided(desk.admin.default(desk.person(person)))


@people.command()
@click.argument("person")
@at_desk
def block(desk: Desk, person: str) -> None:
    """Never answer somebody again."""
    desk.output.decided(desk.admin.block(desk.person(person)))


@people.command()
@click.argument("person")
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@at_desk
def forget(desk: Desk, person: str, *, yes: bool) -> None:
    """Delete the conversation and all else stored of somebody.

    What you decided about them stays, and so do the counts of the last days: forgetting is no way round a limit.
    """
    if isinstance(desk.output, Json) and not yes:
        raise UsageError("--json asks no questions: add --yes")
    whom = desk.person(person)
    if yes or _is_sure(desk.admin, whom):
        desk.output.forgotten(desk.admin.forget(whom))
    else:
        raise click.ClickException("nothing was deleted")


@people.command()
@click.argument("person")
@click.option("--output", metavar="FILE", help="Write it there instead of showing it; only you may read the file.")
@at_desk
def export(desk: Desk, person: str, *, output: str | None) -> None:
    """Everything stored of somebody, words included, as JSON."""
    whom = desk.person(person)
    document = desk.admin.export(whom)
    if output is None:
        print_json(document)
        return
    _write(output, as_text(document))
    desk.output.saved(whom, output)


def _is_sure(admin: Admin, person: PersonId) -> bool:
    portrait = admin.show(person)
    click.echo(f"{person}: {counted(portrait.turns, 'stored turn', 'stored turns')}.", err=True)
    if portrait.standing.person.access is Access.BLOCKED:
        click.echo("They are blocked, and stay so; to lift it later, give the whole id to `default`.", err=True)
    return click.confirm("Delete all that is stored of this person? This cannot be undone.", err=True)


def _write(file: str, text: str) -> None:
    """`scripts/parley` changes the directory and says where it was called."""
    path = Path(os.environ.get("PARLEY_CALLED_FROM", "")) / file
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE), "w", encoding="utf-8") as saved:
            saved.write(f"{text}\n")
    except OSError as exc:
        raise click.ClickException(f"{file} cannot be written: {exc.strerror}") from exc
