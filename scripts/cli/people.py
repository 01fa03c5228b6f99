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
from scripts.cli.people_view import JsonPeopleView, PeoplePage, PeopleView, TextPeopleView
from scripts.cli.terminal import as_text, counted, print_json
from scripts.stage.environment import Environment, UsageError

P = ParamSpec("P")

MAX_LIMIT: Final = 100_000
_SHOWN: Final = 5
_PRIVATE: Final = 0o600


@dataclass(frozen=True)
class Context:
    """What every command works with."""

    admin: Admin
    deletions: Deletions
    view: PeopleView
    clock: Clock

    def person(self, name: str) -> PersonId:
        """Whom the owner means: a whole id, or the end of one that only one person has."""
        if name.startswith(tuple(f"{channel}:" for channel in Channel)):
            return PersonId(name)
        found = self.admin.find(name) if name else ()
        if not found:
            raise UnknownPerson("nobody of that id has written yet")
        if len(found) > 1:
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            raise UsageError(f'"{name}" may be {", ".join(found[:_SHOWN])}{more}: give more of the id')
        return found[0]


def _context(environment: Environment, /, *, json: bool) -> Context:
    from chalicelib.aws.dynamodb.api_keys import DynamoApiKeys  # noqa: PLC0415
    from chalicelib.aws.dynamodb.deletions import DynamoDeletions  # noqa: PLC0415
    from chalicelib.aws.dynamodb.people import DynamoPeople  # noqa: PLC0415
    from chalicelib.aws.dynamodb.transcript import DynamoTranscript  # noqa: PLC0415 (brings boto3)

    table, settings = environment.table, environment.settings
    terms = EntitlementService(DynamoApiKeys(table), settings)
    admin = Admin(people=DynamoPeople(table), conversations=DynamoTranscript(table), terms=terms, clock=options.clock)
    return Context(
        admin,
        DynamoDeletions(table),
        JsonPeopleView() if json else TextPeopleView(options.clock(), settings.zone),
        options.clock,
    )


with_context = options.with_context(_context)


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
@with_context
def list_people(context: Context, *, sort: str, reverse: bool, access: str | None, page: int, page_size: int) -> None:
    """Everybody who has written, most recently seen first."""
    found = context.admin.list(sort=Sort(sort), reverse=reverse, access=Access(access) if access else None)
    shown = PeoplePage.of(found, number=page, size=page_size)
    if page > shown.pages:
        raise UsageError(f"there is no page {page}: the last one is {shown.pages}")
    context.view.people(shown, access=access)


@people.command()
@click.argument("person")
@with_context
def show(context: Context, person: str) -> None:
    """All about one person but the words."""
    context.view.portrait(context.admin.show(context.person(person)))


@people.command()
@click.argument("person")
@with_context
def allow(context: Context, person: str) -> None:
    """Let somebody ask without limit."""
    context.view.decided(context.admin.allow(context.person(person)))


def _questions(_: click.Context, __: click.Parameter, value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= len(str(MAX_LIMIT)) and int(value) <= MAX_LIMIT):
        raise UsageError(f'"{value}" is no limit: give a whole number from 0 to {MAX_LIMIT}')
    return int(value)


@people.command(context_settings={"ignore_unknown_options": True})
@click.argument("person")
@click.argument("questions", metavar="N", callback=_questions)
@with_context
def limit(context: Context, person: str, questions: int) -> None:
    """Let somebody ask N questions a day."""
    context.view.decided(context.admin.limit(context.person(person), questions))


@people.command()
@click.argument("person")
@with_context
def default(context: Context, person: str) -> None:
    """Take back allow, limit or block."""
    context.view.decided(context.admin.default(context.person(person)))


@people.command()
@click.argument("person")
@with_context
def block(context: Context, person: str) -> None:
    """Never answer somebody again."""
    context.view.decided(context.admin.block(context.person(person)))


@people.command()
@click.argument("person")
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@with_context
def forget(context: Context, person: str, *, yes: bool) -> None:
    """Delete the conversation and all else stored of somebody.

    What you decided about them stays, and so do the counts of the last days: forgetting is no way round a limit.
    """
    if isinstance(context.view, JsonPeopleView) and not yes:
        raise UsageError("--json asks no questions: add --yes")
    whom = context.person(person)
    if yes or _is_sure(context.admin, whom):
        context.view.forgotten(context.admin.forget(whom))
    else:
        raise click.ClickException("nothing was deleted")


@people.command()
@click.argument("person")
@click.option("--output", metavar="FILE", help="Write it there instead of showing it; only you may read the file.")
@with_context
def export(context: Context, person: str, *, output: str | None) -> None:
    """Everything stored of somebody, words included, as JSON."""
    whom = context.person(person)
    document = context.admin.export(whom)
    if output is None:
        print_json(document)
        return
    _write(output, as_text(document))
    context.view.saved(whom, output)


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
