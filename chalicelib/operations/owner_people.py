"""The owner's `/people` in the chat: the list in pages, and one user with buttons that decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.access import identity, quota
from chalicelib.access.handles import handle_of
from chalicelib.access.invites import Invites
from chalicelib.access.ledger import month_of
from chalicelib.access.person import Access, Person
from chalicelib.content.text import Texts
from chalicelib.conversation.owner_orders import OwnerCommand
from chalicelib.conversation.turn import Choice, Reply
from chalicelib.ids import PersonId
from chalicelib.operations.admin import Admin, Standing
from chalicelib.operations.handle_lookup import HandleLookup
from chalicelib.operations.invites import invited_by
from chalicelib.operations.moments import shown_briefly, shown_moment
from chalicelib.operations.people_rows import PeoplePage, Row, summed
from chalicelib.operations.report_words import ReportWords
from chalicelib.operations.takeover import TakeoverService

PAGE: Final = 8
"""Users in one message, each with a button."""
_LONGEST_NUMBER: Final = 3
"""Digits of a page's number; four may be the beginning of a handle."""


@dataclass(frozen=True)
class OwnerPeople:
    """Shows users. All methods raise StoreError."""

    admin: Admin
    lookup: HandleLookup
    texts: Texts
    zone: ZoneInfo
    """The owner's, for times."""
    invites: Invites
    takeover: TakeoverService

    def show(self, words: Sequence[str]) -> Reply:
        """Return the page whose number was given, the first without one, or the user of the handle."""
        if not words or (words[0].isdecimal() and len(words[0]) <= _LONGEST_NUMBER):
            return self._page(int(words[0]) if words else 1)
        found = self.lookup.one(OwnerCommand.PEOPLE, words)
        return found if isinstance(found, Reply) else self._person(found)

    def _page(self, number: int) -> Reply:
        rows = summed(self.admin.list())
        page = PeoplePage.of(rows, number=number, size=PAGE)
        if not rows:
            return Reply(self.texts("owner_nobody"))
        if not page.rows:
            return Reply(self.texts("owner_no_page", pages=page.pages))
        head = self.texts("owner_people", total=page.total, page=page.number, pages=page.pages)
        choices = [_about(row.first.person.id) for row in page.rows if not row.is_sum]
        if page.number < page.pages:
            following = f"{OwnerCommand.PEOPLE.value} {page.number + 1}"
            choices.append(Choice(self.texts("owner_more"), following))
        return Reply("\n".join([head, *map(self._row, page.rows)]), choices=tuple(choices))

    def _row(self, row: Row) -> str:
        standing, seen = row.first, self._briefly(row.last_seen)
        if row.is_sum:
            key, count = identity.key_of(standing.person.id), len(row.people)
            return self.texts("owner_visitors_row", key=key, count=count, used=row.used, seen=seen)
        handle, where = handle_of(standing.person.id), self._where(standing.person)
        state = self._state(standing)
        return self.texts("owner_person_row", handle=handle, where=where, state=state, used=row.used, seen=seen)

    def _person(self, person: PersonId) -> Reply:
        standing = self.admin.standing(person)
        known, handle = standing.person, handle_of(person)
        text = self.texts(
            "owner_person",
            handle=handle,
            where=self._where(known),
            state=self._state(standing),
            used=standing.used,
            first=self._moment(known.first_seen),
            last=self._moment(known.last_seen),
        )
        silent = self.takeover.silent_until(person) if known.first_seen else 0
        until = self.texts("owner_person_silent", until=self._moment(silent)) if silent else ""
        lines = filter(None, (text, self._month(known), invited_by(known, self.invites, self.texts), until))
        return Reply("\n".join(lines), choices=tuple(self._decisions(known, handle, is_silent=bool(silent))))

    def _month(self, person: Person) -> str:
        """Return what the user has asked and cost this month; empty if they have asked nothing."""
        now = self.admin.clock()
        used = person.months.get(month_of(quota.date_at(now, zone=self.zone)))
        if used is None:
            return ""
        return self.texts("owner_person_month", questions=used.questions, cost=ReportWords(self.texts).money(used.cost))

    def _decisions(self, person: Person, handle: str, *, is_silent: bool) -> list[Choice]:
        is_decided = person.access is not Access.DEFAULT or person.daily_limit is not None
        commands = {
            "owner_button_allow": (OwnerCommand.ALLOW, person.access is not Access.UNLIMITED),
            "owner_button_limit": (OwnerCommand.LIMIT, True),
            "owner_button_block": (OwnerCommand.BLOCK, person.access is not Access.BLOCKED),
            "owner_button_default": (OwnerCommand.DEFAULT, is_decided),
            "owner_button_pause": (OwnerCommand.PAUSE, not is_silent),
            "owner_button_resume": (OwnerCommand.RESUME, is_silent),
        }
        if person.is_owner:
            return []
        fitting = [(key, command) for key, (command, fits) in commands.items() if fits]
        return [Choice(self.texts(key), f"{command.value} {handle}") for key, command in fitting]

    def _where(self, person: Person) -> str:
        return self.texts(f"channel_{identity.channel_of(person.id)}")

    def _state(self, standing: Standing) -> str:
        """Say what the owner decided about a user, and what limit applies."""
        person, limit = standing.person, standing.limit
        if person.is_owner:
            return self.texts("owner_state_owner")
        if person.access is not Access.DEFAULT:
            return self.texts(f"owner_state_{person.access.value}")
        return self.texts("owner_state_unlimited" if limit is None else "owner_state_limit", limit=limit)

    def _briefly(self, at: int) -> str:
        now = self.admin.clock()
        return shown_briefly(at, self.texts, self.zone, now=now) if at else self.texts("owner_never")

    def _moment(self, at: int) -> str:
        return shown_moment(at, self.texts, self.zone) if at else self.texts("owner_never")


def _about(person: PersonId) -> Choice:
    handle = handle_of(person)
    return Choice(handle, f"{OwnerCommand.PEOPLE.value} {handle}")
