"""Prints people and deletion requests: as text in 80 columns, or as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol
from zoneinfo import ZoneInfo

import click

from chalicelib.access.handles import handle_of
from chalicelib.access.person import Access, Person
from chalicelib.clock import utc
from chalicelib.ids import PersonId
from chalicelib.operations import export
from chalicelib.operations.admin import Portrait, Standing
from chalicelib.operations.deletion import Deletion
from chalicelib.operations.people_rows import PeoplePage, Row
from scripts.cli.terminal import (
    counted,
    date_of,
    moment_of,
    plain,
    print_fitting,
    print_json,
    print_prose,
    print_values,
    width,
)
from scripts.stage import hints

if TYPE_CHECKING:
    from rich.table import Table as Grid

_MINUTE, _HOUR, _DAY, _WEEK = 60, 3600, 86400, 7 * 86400
_WIDE_GAP, _NARROW_GAP = 2, 1
_COLOURS: Final = {Access.UNLIMITED: "green", Access.BLOCKED: "red", Access.DEFAULT: ""}


class PeopleView(Protocol):
    """Prints results on standard output."""

    def people(self, page: PeoplePage, *, selected: str) -> None:
        """Print a page of the list; `selected` are the options that selected these people, or it is empty."""

    def person(self, portrait: Portrait) -> None:
        """Print a person's limits and use."""

    def decided(self, standing: Standing) -> None:
        """Print the limits that now apply to a person."""

    def given_model(self, standing: Standing) -> None:
        """Print which model answers a person now."""

    def forgotten(self, before: Portrait) -> None:
        """Confirm that a person's data are deleted; `before` is their state before that."""

    def saved(self, person: PersonId, file: str) -> None:
        """Confirm that an export was written to a file."""

    def deletions(self, requests: Sequence[Deletion]) -> None:
        """Print the open deletion requests."""

    def deleted(self, code: str) -> None:
        """Confirm that a deletion request is marked as done."""


@dataclass(frozen=True)
class JsonPeopleView:
    """`PeopleView` for programs. Later versions may add keys but never change or remove one; times are in UTC."""

    def people(self, page: PeoplePage, *, selected: str) -> None:  # noqa: ARG002 (the caller chose it)
        people = [_standing_as_json(standing) for row in page.rows for standing in row.people]
        print_json({"people": people, "page": page.number, "pages": page.pages, "total": page.total})

    def person(self, portrait: Portrait) -> None:
        print_json({**_standing_as_json(portrait.standing), "stored_turns": portrait.turns})

    def decided(self, standing: Standing) -> None:
        print_json(_standing_as_json(standing))

    def given_model(self, standing: Standing) -> None:
        print_json(_standing_as_json(standing))

    def forgotten(self, before: Portrait) -> None:
        person = before.standing.person
        stays = {"access": person.access.value, "daily_limit": person.daily_limit}
        print_json({"person": person.id, "forgotten": True, "deleted_turns": before.turns, **stays})

    def saved(self, person: PersonId, file: str) -> None:
        print_json({"person": person, "file": file})

    def deletions(self, requests: Sequence[Deletion]) -> None:
        print_json({"deletions": [_deletion_as_json(request) for request in requests]})

    def deleted(self, code: str) -> None:
        print_json({"code": code, "done": True})


@dataclass(frozen=True)
class TextPeopleView:
    """`PeopleView` for the owner: dates are in the owner's time zone."""

    now: int
    """Milliseconds since 1970."""
    zone: ZoneInfo
    stage: str

    def people(self, page: PeoplePage, *, selected: str) -> None:
        if not page.total:
            nothing = f"There are no people with {selected}." if selected else NO_PEOPLE
            print_prose(nothing)
            return
        print_fitting(
            [self._list(page, gap=gap, dates=dates) for gap, dates in _LAYOUTS],
            [(row.name, self._summary(row)) for row in page.rows],
        )
        if any(row.is_sum for row in page.rows):
            print_prose(f"\n{_SUMS}")
        click.echo(f"\npage {page.number} of {page.pages}, {counted(page.total, 'person', 'people')}")

    def person(self, portrait: Portrait) -> None:
        standing, person = portrait.standing, portrait.standing.person
        rows = [
            ("person", person.id),
            ("handle", handle_of(person.id)),
            ("access", _access(person)),
            *([("model", person.model)] if person.model else []),
            ("used today", _used(standing)),
            *self._days(person),
            ("first seen", self._moment(person.first_seen)),
            ("last seen", self._moment(person.last_seen)),
            ("limit notice", person.notified_day or "never"),
            ("owner alerted", "yes" if person.announced else "no"),
            *([("rooms", ", ".join(export.person_as_json(person)["rooms"]))] if person.rooms else []),
            *([("invites", ", ".join(person.invites))] if person.invites else []),
            ("stored turns", str(portrait.turns)),
        ]
        print_values(rows)
        click.echo(f"\nTheir log lines: {hints.command(f'logs --person {person.id}', self.stage)}")

    def decided(self, standing: Standing) -> None:
        click.echo(f"{standing.person.id} {_decision(standing)}")
        if not standing.person.first_seen and not standing.person.days:
            print_prose(NOT_SEEN)

    def given_model(self, standing: Standing) -> None:
        model = standing.person.model
        answers = f"is answered by {model} from now on." if model else "is answered by the usual model again."
        click.echo(f"{standing.person.id} {answers}")

    def forgotten(self, before: Portrait) -> None:
        stays = _kept_decision(before.standing.person)
        click.echo(
            f"Everything stored about {before.standing.person.id} is deleted{f'; {stays} stays' if stays else ''}."
        )

    def saved(self, person: PersonId, file: str) -> None:
        click.echo(f"Everything stored about {person} is in {file}.")

    def deletions(self, requests: Sequence[Deletion]) -> None:
        if not requests:
            click.echo("There are no open deletion requests.")
            return
        rows = [(request.code, f"{self._local(request.received_at):%Y-%m-%d}", request.user) for request in requests]
        lines = [f"{code:32}  {day:10}  {user}" for code, day, user in (("code", "requested", "app-scoped id"), *rows)]
        if max(map(len, lines)) > width():
            lines = [f"{code}\n  requested {day}, app-scoped id\n  {user}" for code, day, user in rows]
        click.echo("\n".join(lines))
        click.echo(f"\n{counted(len(requests), 'open request', 'open requests')}")
        click.echo(f"How to finish one: {hints.command('people deletions', self.stage)} --help")

    def deleted(self, code: str) -> None:
        click.echo(f"{code} is done. The person's status page now says so.")

    def _list(self, page: PeoplePage, *, gap: int, dates: bool) -> "Grid":
        from rich.table import Table  # noqa: PLC0415

        grid = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False, show_edge=False)
        grid.add_column("\nperson", no_wrap=True)
        grid.add_column("\naccess", no_wrap=True)
        grid.add_column("used\ntoday", no_wrap=True, justify="right")
        if dates:
            grid.add_column("first\nseen", no_wrap=True)
        grid.add_column("last\nseen", no_wrap=True)
        for row in page.rows:
            access = plain(_access(row.first.person), _COLOURS[row.first.person.access])
            first = [plain(self._date(row.first_seen))] if dates else []
            grid.add_row(plain(row.name), access, plain(_used_of(row)), *first, plain(self._ago(row.last_seen)))
        return grid

    def _summary(self, row: Row) -> str:
        first, last = self._date(row.first_seen), self._ago(row.last_seen)
        return f"{_access(row.first.person)}, {_used_of(row)} used today, first seen {first}, last seen {last}"

    def _days(self, person: Person) -> list[tuple[str, str]]:
        days = sorted(person.quota.items(), reverse=True)
        return [("used on" if not position else "", f"{day}  {used}") for position, (day, used) in enumerate(days)]

    def _moment(self, at: int) -> str:
        if not at:
            return "never"
        return f"{moment_of(at, zone=self.zone)} ({self.zone.key}), {self._ago(at)}"

    def _ago(self, at: int) -> str:
        seconds = (self.now - at) // 1000
        if seconds < _MINUTE:
            return "now"
        for limit, unit, letter in ((_HOUR, _MINUTE, "m"), (_DAY, _HOUR, "h"), (_WEEK, _DAY, "d")):
            if seconds < limit:
                return f"{seconds // unit} {letter} ago"
        return self._date(at)

    def _date(self, at: int) -> str:
        return date_of(at, now=self.now, zone=self.zone) if at else "never"

    def _local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at / 1000, self.zone)


NO_PEOPLE: Final = "There are no people yet. They appear here after their first message."
_SUMS: Final = "Visitors without a name are summed up for each key; --key shows each of them."
NOT_SEEN: Final = "No message from that id is stored: check that it is right."
_LAYOUTS: Final = ((_WIDE_GAP, True), (_NARROW_GAP, True), (_NARROW_GAP, False))
"""Gap between columns, and whether `first seen` is shown. The first layout that fits is used."""


def _kept_decision(person: Person) -> str:
    """Describe the owner's decision that stays after deletion; empty if there is none."""
    match person.access:
        case Access.BLOCKED:
            return "the block"
        case Access.UNLIMITED:
            return "unlimited access"
    return "" if person.daily_limit is None else f"the limit of {person.daily_limit}"


def _deletion_as_json(request: Deletion) -> dict[str, Any]:
    return {"code": request.code, "asked_at": utc(request.received_at), "app_scoped_id": request.user}


def _standing_as_json(standing: Standing) -> dict[str, Any]:
    known = export.person_as_json(standing.person)
    return {**known, "handle": handle_of(standing.person.id), "limit": standing.limit, "used_today": standing.used}


def _decision(standing: Standing) -> str:
    match standing.person.access:
        case Access.BLOCKED:
            return "is now blocked."
        case Access.UNLIMITED:
            return "has no daily limit now."
    if standing.person.daily_limit is None:
        default = "no limit of their own" if standing.limit is None else f"{standing.limit} a day"
        return f"has the default limit now, {default}."
    return f"may now ask {counted(standing.person.daily_limit, 'question', 'questions')} a day."


def _access(person: Person) -> str:
    if person.is_owner:
        return "owner"
    if person.access is Access.DEFAULT and person.daily_limit is not None:
        return f"limit {person.daily_limit}"
    return person.access.value


def _used(standing: Standing) -> str:
    has_limit = standing.limit is not None and standing.person.access is not Access.BLOCKED
    return f"{standing.used}/{standing.limit}" if has_limit else str(standing.used)


def _used_of(row: Row) -> str:
    return str(row.used) if row.is_sum else _used(row.first)
