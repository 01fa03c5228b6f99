"""The tree of commands that `scripts/parley` runs. Commands import slow packages late."""

import os
import sys
import tomllib
from typing import Final

import click

from scripts.cli.cost import cost
from scripts.cli.deletions import deleted, deletions
from scripts.cli.deploy import deploy
from scripts.cli.destroy import destroy
from scripts.cli.doctor import doctor
from scripts.cli.invites import invites
from scripts.cli.keys import keys
from scripts.cli.logs import logs
from scripts.cli.owner import owner
from scripts.cli.owner_open import leave, open_page
from scripts.cli.pauses import pause, resume
from scripts.cli.people import people
from scripts.cli.personas import personas
from scripts.cli.practise import practise
from scripts.cli.replay import replay
from scripts.cli.report import report
from scripts.cli.review import review_texts
from scripts.simulator.options import demo_options
from scripts.stage import colours
from scripts.stage.environment import DEMO_FOLDER, ROOT

EXIT_CODES: Final = """
Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 no such person, key, request or message. NO_COLOR turns colours off.
"""


def _show_version(context: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001 (click passes it)
    if asked and not context.resilient_parsing:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        click.echo(f"Parley {project['version']}")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_show_version, help="Show the version."
)
@click.pass_context
def parley(context: click.Context) -> None:
    """Parley answers your Facebook page and web chat with an AI.

    Start with `demo`: it needs no account and no key.
    """
    colours.heed(context)


@parley.command()
@demo_options
def demo(port: int | None, *, fresh: bool, model: str | None, headless: bool, worker_timeout: float | None) -> None:
    """Run the bot on this machine, with pages to chat with it.

    Ctrl+C ends it; the next demo on the same port goes on with its people and conversations. Nothing leaves this
    machine unless OPENAI_API_KEY or OPENAI_BASE_URL is set: then that model answers.
    """
    options = ["--keep", str(DEMO_FOLDER)]
    options += ["--port", str(port)] if port else []
    options += ["--fresh"] if fresh else []
    options += ["--model", model] if model else []
    options += ["--headless"] if headless else []
    options += ["--worker-timeout", str(worker_timeout)] if worker_timeout else []
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "scripts.simulator", *options])  # noqa: S606 (so Ctrl+C reaches it)


def _say_whole(group: click.Group) -> None:
    """Keep click from cutting what the help of a group says of its commands."""
    for command in group.commands.values():
        command.short_help = (command.help or "").partition("\n\n")[0].strip().replace("\n", " ")
        if isinstance(command, click.Group):
            _say_whole(command)


owner.add_command(open_page)
owner.add_command(leave)
people.add_command(deletions)
people.add_command(deleted)
people.add_command(pause)
people.add_command(resume)
for command in (
    deploy,
    doctor,
    owner,
    people,
    personas,
    practise,
    keys,
    invites,
    logs,
    replay,
    report,
    cost,
    review_texts,
):
    parley.add_command(command)
parley.add_command(destroy)
_say_whole(parley)
