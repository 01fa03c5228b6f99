"""`parley logs`: prints what the functions logged, or the lines of one message from all functions."""

import re
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import click

from scripts.cli.log_joining import joined
from scripts.cli.log_lines import Line, LineParser, Trace
from scripts.cli.log_person import PersonLines, lines_of
from scripts.cli.log_sources import CloudWatch, File, NothingLogged, Source, Tail
from scripts.cli.log_view import LogView, as_json
from scripts.cli.options import NotFound, at_stage, clock
from scripts.stage.environment import Environment, UsageError

_POLL_S: Final = 2.0
_CORR: Final = re.compile(r"[0-9a-f]{1,16}")
_SPAN: Final = re.compile(r"([1-9][0-9]{0,3})([mhd])")
_UNIT_MS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
_SHOWN: Final = 5


@dataclass
class LogReader:
    """Reads new events, selects lines and prints them."""

    tail: Tail
    parser: LineParser
    trace: Trace | None
    errors: bool
    show: Callable[[list[Line]], None]
    person: PersonLines | None = None
    is_known: bool = False
    """Whether a line of the traced message was read."""

    def show_new(self) -> int:
        """Print new lines and return how many there were. Raises NothingLogged."""
        lines = self._selected(self.parser.lines(joined(self.tail.fresh())))
        self.show(lines)
        return len(lines)

    def follow(self, pause: Callable[[], None]) -> None:
        """Print new lines until interrupted; `pause` waits between two requests."""
        while True:
            pause()
            try:
                self.show_new()
            except NothingLogged:
                continue

    def _selected(self, lines: list[Line]) -> list[Line]:
        if self.trace:
            lines = self._traced(self.trace, lines)
        if self.person:
            lines = self.person.select(lines)
        return [line for line in lines if line.is_error] if self.errors else lines

    def _traced(self, trace: Trace, lines: list[Line]) -> list[Line]:
        candidates = trace.candidates(lines)
        if len(candidates) > 1:
            more = f" and {len(candidates) - _SHOWN} more" if len(candidates) > _SHOWN else ""
            raise UsageError(f'"{trace.corr}" matches {", ".join(candidates[:_SHOWN])}{more}: give more of the id')
        trace.corr = candidates[0] if candidates else trace.corr
        self.is_known = self.is_known or bool(candidates)
        return trace.select(lines)


def _corr(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _CORR.fullmatch(value):
        raise UsageError(
            f'"{value}" is not a correlation id: it has up to 16 characters of 0-9 and a-f, as the lines show it'
        )
    return value


def _milliseconds(_: click.Context, __: click.Parameter, value: str) -> int:
    match = _SPAN.fullmatch(value)
    if not match:
        raise UsageError(f'"{value}" is not a span of time: give for example 15m, 1h or 2d')
    return int(match[1]) * _UNIT_MS[match[2]]


@click.command()
@click.argument("corr", required=False, callback=_corr)
@click.option(
    "--since",
    default="1h",
    show_default=True,
    callback=_milliseconds,
    metavar="SPAN",
    help="How far back: 15m, 1h, 2d.",
)
@click.option("--follow", is_flag=True, help="Keep printing new lines until Ctrl+C.")
@click.option(
    "--person", metavar="PERSON", help="Print only the lines of this person, who is meant as in `people show`."
)
@click.option("--errors", is_flag=True, help="Print only errors.")
@click.option("--json", "json", is_flag=True, help="Print the lines as they were logged, one JSON document each.")
@at_stage
def logs(
    environment: Environment,
    corr: str | None,
    *,
    since: int,
    follow: bool,
    person: str | None,
    errors: bool,
    json: bool,
) -> None:
    """Show what the functions did, in chronological order.

    CORR is the correlation id of a message, or a unique beginning of it, as the lines show it. With it, only the lines
    of that message are printed, from all functions.
    """
    if corr and person:
        raise UsageError("give a correlation id or --person, not both: a message has one person only")
    show = _print_json if json else _printer(environment)
    reader = LogReader(
        Tail(_source(environment), clock() - since), LineParser(), Trace(corr) if corr else None, errors, show
    )
    reader.person = lines_of(environment, person) if person else None
    _show_once(reader, corr, person, errors=errors, follow=follow)
    if follow:
        try:
            reader.follow(lambda: time.sleep(_POLL_S))
        except KeyboardInterrupt:
            click.echo(err=True)


def _show_once(reader: LogReader, corr: str | None, person: str | None, *, errors: bool, follow: bool) -> None:
    """Print the lines that there are; raises NotFound if there are none of the message, unless more are waited for."""
    try:
        found = reader.show_new()
    except NothingLogged as exc:
        if corr and not follow:
            raise NotFound(str(exc)) from exc
        click.echo(exc, err=True)
        return
    if corr and not (reader.is_known or follow):
        raise NotFound(_nothing(corr, errors=False))
    if not found:
        click.echo(_nothing(corr or person, errors=errors), err=True)


def _source(environment: Environment) -> Source:
    if environment.log_file:
        return File(environment.log_file)
    settings = environment.settings
    functions = {
        "api": settings.stage.api_function,
        "worker": settings.stage.worker_function,
        "heartbeat": f"{settings.stage.api_function}-heartbeat",
        **{function.rpartition("_")[2]: function for function in settings.stage.websocket_functions},
    }
    groups = {name: f"/aws/lambda/{function}" for name, function in functions.items()}
    return CloudWatch(environment.aws.client("logs"), groups)


def _printer(environment: Environment) -> Callable[[list[Line]], None]:
    zone = environment.settings.limits.zone
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    view = LogView(zone, datetime.now(zone).date(), width)

    def show(lines: list[Line]) -> None:
        for text in view.show(lines):
            click.echo(text)

    return show


def _print_json(lines: list[Line]) -> None:
    for line in lines:
        click.echo(as_json(line).encode(errors="replace"))


def _nothing(about: str | None, *, errors: bool) -> str:
    what = "no errors were logged" if errors else "nothing was logged"
    return f"{what}{f' about {about}' if about else ''} in that time; use --since to look further back"
