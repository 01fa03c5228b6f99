"""`parley personas`: shows what personas say, and puts the owner's own texts in place of the shipped ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec
from zoneinfo import ZoneInfo

import click

from chalicelib.access.ports import PersonaChange
from chalicelib.clock import utc
from chalicelib.content import persona
from chalicelib.errors import ConfigError
from chalicelib.operations.personas import PersonaEditor, PersonaState
from scripts.cli import options
from scripts.cli.personas_check import check
from scripts.cli.personas_files import beside, is_beside, read_text
from scripts.cli.terminal import moment_of, print_json, print_values
from scripts.stage import hints
from scripts.stage.environment import Environment

P = ParamSpec("P")


@dataclass(frozen=True)
class Context:
    """The service, and how its results are printed."""

    editor: PersonaEditor
    zone: ZoneInfo
    stage: str
    is_json: bool

    def since(self, at: int | None) -> str:
        """Return a time in the owner's time zone; empty for None."""
        return moment_of(at, zone=self.zone) if at is not None else ""


def _context(environment: Environment, output: options.OutputFormat) -> Context:
    from chalicelib.aws.dynamodb.keys import personas_key  # noqa: PLC0415 (imports boto3)
    from chalicelib.aws.dynamodb.personas import DynamoPersonaTexts  # noqa: PLC0415
    from chalicelib.aws.dynamodb.read_along import ReadAlong  # noqa: PLC0415

    texts = DynamoPersonaTexts(environment.table, ReadAlong(personas_key(), options.clock))
    settings, is_json = environment.settings, output is options.OutputFormat.JSON
    return Context(PersonaEditor(texts, options.clock), settings.limits.zone, settings.stage.name, is_json)


with_context = options.with_context(_context)
name_argument = click.argument("name", type=click.Choice(persona.names()), metavar="NAME")


@click.group()
def personas() -> None:
    """Change what personas say while the bot runs.

    NAME is a persona's name in `personas list`. Each has a file that ships with the bot. A text of your own takes its
    place without a deployment, within a minute, until you remove it.
    """


personas.add_command(check)


@personas.command("list")
@with_context
def list_personas(context: Context) -> None:
    """List all personas, and the latest changes."""
    found, changes = context.editor.list(), context.editor.changes()
    if context.is_json:
        made = [{"at": utc(one.at), "persona": one.name, "act": _act(one)} for one in changes]
        print_json({"personas": [one.as_json() for one in found], "changes": made})
        return
    _print_list(context, found)
    if changes:
        click.echo("\nYour latest changes:")
        for change in changes:
            click.echo(f"  {context.since(change.at)}  {_act(change):6}  {change.name}")


@personas.command()
@name_argument
@click.option("--file", "known", metavar="FILE", help="Print this file that the persona knows, instead of its text.")
@with_context
def show(context: Context, name: str, known: str | None) -> None:
    """Print the text of a persona that counts now.

    Save it, change it, and put it back: `personas show santa > santa.toml`.
    """
    found = context.editor.show(name)
    texts = {file.name: file.text for file in found.known}
    if context.is_json:
        print_json({**found.as_json(), "text": found.source, "files": texts})
        return
    if known is not None:
        click.echo(_of_these(texts, name, known))
        return
    click.echo(found.source, nl=not found.source.endswith("\n"))
    if found.fault:
        click.echo(f"This text is not used, but the shipped file: {found.fault}", err=True)


@personas.command()
@name_argument
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_context
def put(context: Context, name: str, file: Path) -> None:
    """Put the text in a file in place of a persona's.

    FILE is checked first; docs/owner.md says what it may have. Files that the persona knows (`knows`) are stored with
    it; those that are not in FILE's folder stay as they are. The change counts within a minute, and is noted in
    `personas list`.
    """
    stored = context.editor.put(name, read_text(file), file=str(file), read=beside(file))
    if context.is_json:
        print_json(stored.as_json())
        return
    click.echo(f"{name} answers with your text within a minute, as {stored.shown_as}.")
    for known in stored.known:
        change = "" if is_beside(file, known.name) else ", as it was"
        click.echo(f"It knows {known.name}, {known.tokens:,} tokens{change}.")
    click.echo(f"Back to the shipped file: {hints.command(f'personas remove {name}', context.stage)}")


@personas.command()
@name_argument
@options.yes_option
@with_context
def remove(context: Context, name: str, *, yes: bool) -> None:
    """Remove your text of a persona: the shipped file counts again.

    Your text is deleted; `personas show` prints it first, if you want to keep it.
    """
    if context.editor.show(name).put_at is None:
        raise ConfigError(f"there is no text of yours for {name}: the shipped file counts already")
    question = f"Delete your text of {name}?"
    options.confirm(question, yes=yes, otherwise="nothing was changed", is_json=context.is_json)
    context.editor.remove(name)
    if context.is_json:
        print_json(context.editor.show(name).as_json())
        return
    click.echo(f"{name} answers with the shipped file within a minute.")


def _of_these(texts: Mapping[str, str], persona: str, name: str) -> str:
    if name not in texts:
        raise ConfigError(f"{persona} knows {', '.join(texts) or 'no files'}, and not {name}")
    return texts[name]


def _print_list(context: Context, found: Sequence[PersonaState]) -> None:
    rows = [((one.id, f"{one.shown_as}; {_text(context, one)}"), ("", one.about)) for one in found]
    print_values([line for both in rows for line in both if line[1]])


def _text(context: Context, one: PersonaState) -> str:
    if one.fault:
        return f"the shipped file: {one.fault}"
    return "the shipped file" if one.put_at is None else f"yours, since {context.since(one.put_at)}"


def _act(change: PersonaChange) -> str:
    return "put" if change.is_put else "remove"
