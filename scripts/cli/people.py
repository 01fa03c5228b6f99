"""`parley people`: lists the people who write to the bot, limits and blocks them, exports and deletes their data."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, ParamSpec

import click

from chalicelib.access import identity
from chalicelib.access.entitlements import EntitlementService
from chalicelib.access.handles import handle_of
from chalicelib.access.person import Access
from chalicelib.access.ports import ApiKeys
from chalicelib.clock import Clock
from chalicelib.errors import UnknownKey
from chalicelib.ids import Channel, KeyId, PersonId
from chalicelib.operations.admin import MAX_LIMIT, Admin, Sort, Standing, limit_in
from chalicelib.operations.people_rows import PeoplePage, Selection, State, each, summed, web_key_of
from chalicelib.operations.ports import Deletions
from scripts.cli import naming, options
from scripts.cli.live_connections import live_connections
from scripts.cli.people_view import NOT_SEEN, JsonPeopleView, PeopleView, TextPeopleView
from scripts.cli.terminal import as_text, counted, print_json
from scripts.stage import hints
from scripts.stage.environment import Environment, UsageError

P = ParamSpec("P")

_UNDONE: Final = "default"
_PAGE: Final = 20
_PRIVATE: Final = 0o600


@dataclass(frozen=True)
class Context:
    """The services and the view that each command uses."""

    admin: Admin
    keys: ApiKeys
    deletions: Deletions
    view: PeopleView
    clock: Clock
    stage: str
    models: Sequence[str]
    """Those that the owner listed."""

    def person(self, name: str) -> PersonId:
        """Resolve an id, a part of one or a handle, as `naming.person_meant` does. Raises UnknownPerson, UsageError."""
        return naming.person_meant(name, self.admin.ids)

    def key(self, name: str, people: Sequence[Standing]) -> KeyId:
        """Resolve a key's id, part of it, or its name; one of these people may have come with it.

        Raises UnknownKey, UsageError.
        """
        came_with: dict[str, str] = {key: "" for standing in people if (key := web_key_of(standing.person))}
        found = naming.meant(name, came_with | {key.id: key.name for key in self.keys.list()})
        if found is None:
            raise UnknownKey("there is no API key of that id")
        return KeyId(found)

    @property
    def is_json(self) -> bool:
        """Whether the output is for a program, which cannot be asked for confirmation."""
        return isinstance(self.view, JsonPeopleView)


def _context(environment: Environment, output: options.OutputFormat) -> Context:
    from chalicelib.aws.dynamodb.api_keys import DynamoApiKeys  # noqa: PLC0415
    from chalicelib.aws.dynamodb.deletions import DynamoDeletions  # noqa: PLC0415
    from chalicelib.aws.dynamodb.journal import DynamoJournal  # noqa: PLC0415
    from chalicelib.aws.dynamodb.people import DynamoPeople  # noqa: PLC0415
    from chalicelib.aws.dynamodb.person_lists import DynamoPersonLists  # noqa: PLC0415
    from chalicelib.aws.dynamodb.transcript import DynamoTranscript  # noqa: PLC0415 (imports boto3)

    table, settings = environment.table, environment.settings
    keys = DynamoApiKeys(table)
    entitlements = EntitlementService(keys, settings.limits)
    live = live_connections(environment)
    stored = DynamoPeople(table), DynamoTranscript(table), DynamoJournal(table), DynamoPersonLists(table)
    admin = Admin(*stored, entitlements, live, options.clock)
    is_json = output is options.OutputFormat.JSON
    view = JsonPeopleView() if is_json else TextPeopleView(options.clock(), settings.limits.zone, settings.stage.name)
    models = settings.choice.listed
    return Context(admin, keys, DynamoDeletions(table), view, options.clock, settings.stage.name, models)


with_context = options.with_context(_context)


@click.group()
def people() -> None:
    """Manage the people who write to the bot.

    PERSON is an id as in `people list`: the whole id, its last part, or at least six characters with which it ends or
    that part begins; or the handle, eight letters and digits, that `people show` and the owner's /people print. For
    allow, limit and block it may be the whole id of a person who has not written yet.
    """


@people.command("list")
@click.option(
    "--sort",
    type=click.Choice([sort.value for sort in Sort]),
    default="last-seen",
    show_default=True,
    help="Order of the list.",
)
@click.option("--reverse", is_flag=True, help="Reverse the order.")
@click.option(
    "--access",
    type=click.Choice([state.value for state in State]),
    help="List only these people; limited: a limit of their own; decision-only: only your decision is stored.",
)
@click.option("--channel", type=click.Choice([channel.value for channel in Channel]), help="List only this channel.")
@click.option(
    "--key", metavar="KEY", help=f"List only people who came with this API key; {identity.SIGNED_IN}: who signed in."
)
@click.option("--page", type=click.IntRange(min=1), help="Page to show; without it the first.")
@click.option(
    "--page-size", type=click.IntRange(min=1), help=f"People per page; without it {_PAGE}, but all with --json."
)
@with_context
def list_people(
    context: Context,
    *,
    sort: str,
    reverse: bool,
    access: str | None,
    channel: str | None,
    key: str | None,
    page: int | None,
    page_size: int | None,
) -> None:
    """List all people, most recently seen first.

    Visitors without a name are summed up in one row for each API key, except with --key and --json, and unless you
    decided something about them.
    """
    people = context.admin.list(sort=Sort(sort), reverse=reverse)
    selection = Selection(
        Channel(channel) if channel else None,
        context.key(key, people) if key else None,
        State(access) if access else None,
    )
    found = selection.of(people)
    rows = each(found) if context.is_json or key else summed(found)
    whole = context.is_json and page is None
    shown = PeoplePage.of(rows, number=page or 1, size=page_size or (max(1, len(rows)) if whole else _PAGE))
    if shown.number > shown.pages:
        raise UsageError(f"there is no page {page}: the last page is {shown.pages}")
    context.view.people(shown, selected=selection.words)


@people.command()
@click.argument("person")
@with_context
def show(context: Context, person: str) -> None:
    """Show a person's limits and use, without messages."""
    context.view.person(context.admin.show(context.person(person)))


@people.command()
@click.argument("person")
@with_context
def allow(context: Context, person: str) -> None:
    """Remove a person's daily limit."""
    context.view.decided(context.admin.allow(context.person(person)))


def _questions(_: click.Context, __: click.Parameter, value: str) -> int:
    limit = limit_in(value)
    if limit is None:
        raise UsageError(f"{value} is not a valid limit: give a whole number from 0 to {MAX_LIMIT}")
    return limit


@people.command(context_settings={"ignore_unknown_options": True})
@click.argument("person")
@click.argument("questions", metavar="N", callback=_questions)
@with_context
def limit(context: Context, person: str, questions: int) -> None:
    """Allow a person N questions a day."""
    context.view.decided(context.admin.limit(context.person(person), questions))


@people.command()
@click.argument("person")
@with_context
def default(context: Context, person: str) -> None:
    """Undo allow, limit or block."""
    context.view.decided(context.admin.default(context.person(person)))


@people.command()
@click.argument("person")
@click.argument("model")
@with_context
def model(context: Context, person: str, model: str) -> None:
    """Let another model answer a person.

    MODEL is one of PARLEY_MODELS, or `default` to undo it. It comes before the model of their API key and of the
    persona, and is deleted with the person's data.
    """
    if model not in (_UNDONE, *context.models):
        raise UsageError(f"{model} is not in PARLEY_MODELS, which has {', '.join(context.models) or 'none'}")
    standing = context.admin.give_model(context.person(person), "" if model == _UNDONE else model)
    context.view.given_model(standing)


@people.command()
@click.argument("person")
@options.yes_option
@with_context
def block(context: Context, person: str, *, yes: bool) -> None:
    """Stop answering a person, until `default` undoes it.

    Their open web chats are closed at once. An owner has to be removed before.
    """
    person_id = context.person(person)
    known = context.admin.standing(person_id).person  # raises UnknownPerson, so that nobody is asked about one
    if known.is_owner:
        remove = hints.command(f"owner remove {handle_of(person_id)}", context.stage)
        raise UsageError(f"that is an owner, who would still hear of new people and open the page; first: {remove}")
    question = f"Block {person_id}? The bot will not answer them."
    question += "" if known.first_seen else f" {NOT_SEEN}"
    options.confirm(question, yes=yes, otherwise="the person was not blocked", is_json=context.is_json)
    context.view.decided(context.admin.block(person_id))


@people.command()
@click.argument("person")
@options.yes_option
@with_context
def forget(context: Context, person: str, *, yes: bool) -> None:
    """Delete everything stored about a person.

    Your decision about them (allow, limit or block) stays, and so do the counts of the last days. So this does not
    reset a limit.
    """
    person_id = context.person(person)
    if not (yes or context.is_json):
        _show_what_is_deleted(context, person_id)
    question = "Delete everything stored about this person? This cannot be undone."
    options.confirm(question, yes=yes, otherwise="nothing was deleted", is_json=context.is_json)
    context.view.forgotten(context.admin.forget(person_id))


@people.command()
@click.argument("person")
@click.option("--output", metavar="FILE", help="Write to this file instead of the terminal; only you can read it.")
@click.option("--overwrite", is_flag=True, help="Replace the file if it exists.")
@with_context
def export(context: Context, person: str, *, output: str | None, overwrite: bool) -> None:
    """Print everything stored about a person as JSON.

    This includes their messages and the answers.
    """
    person_id = context.person(person)
    document = context.admin.export(person_id)
    if output is None:
        print_json(document)
        return
    _write(output, as_text(document), overwrite=overwrite)
    context.view.saved(person_id, output)


def _show_what_is_deleted(context: Context, person: PersonId) -> None:
    portrait = context.admin.show(person)
    click.echo(f"{person}: {counted(portrait.turns, 'stored turn', 'stored turns')}.", err=True)
    if portrait.standing.person.access is Access.BLOCKED:
        unblock = hints.command(f"people default {person}", context.stage)
        click.echo(f"They stay blocked. To unblock them later: {unblock}", err=True)


def _write(file: str, text: str, *, overwrite: bool) -> None:
    """Write a file that only its owner can read, relative to the folder in which `scripts/parley` was called.

    Raises UsageError if the file exists, unless it may be overwritten or is a device such as /dev/stdout.
    """
    path = options.from_callers_folder(file)
    if path.is_file() and not overwrite:
        raise UsageError(f"{file} exists already: choose another name, or add --overwrite")
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE), "w", encoding="utf-8") as saved:
            if path.is_file():
                os.fchmod(saved.fileno(), _PRIVATE)
            saved.write(f"{text}\n")
    except OSError as exc:
        raise click.ClickException(f"{file} cannot be written: {exc.strerror}") from exc
