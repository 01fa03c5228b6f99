"""The owner's view of users, and the owner's decisions about them.

A user who sent /forget is treated as unknown, although counts are still stored for a few days, unless the owner has
decided something about the user: then the decision stays visible and can be changed. The owner can decide about a user
of a known id who has not written yet, or not again; the decision holds when they do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from chalicelib.access import identity, quota
from chalicelib.access.entitlements import EntitlementService
from chalicelib.access.person import Access, Person
from chalicelib.access.ports import LiveConnections, People
from chalicelib.access.quota import limit_of
from chalicelib.clock import Clock
from chalicelib.conversation.ports import Transcript
from chalicelib.conversation.tool_ports import Journal, PersonLists
from chalicelib.conversation.turn import Turn
from chalicelib.errors import ConversationBusy, UnknownPerson
from chalicelib.ids import PersonId
from chalicelib.operations.export import Exports
from chalicelib.operations.whole_number import whole_number

MAX_LIMIT: Final = 100_000
"""The most questions a day that the owner can allow one user."""


def limit_in(text: str) -> int | None:
    """Parse a number of questions a day; None unless it is a whole one from 0 to MAX_LIMIT."""
    return whole_number(text, most=MAX_LIMIT)


class Sort(StrEnum):
    """The orders of the list; users that are equal in an order come as `People.list` returns them."""

    LAST_SEEN = "last-seen"
    """Newest first."""
    FIRST_SEEN = "first-seen"
    """Newest first."""
    USED = "used"
    """Most questions of today first."""
    ACCESS = "access"
    """By the name of the access; users with a limit of their own after those with the deployment's."""


@dataclass(frozen=True)
class Standing:
    """A user, with today's use and limit."""

    person: Person
    used: int
    """Questions charged today, in the deployment's time zone."""
    limit: int | None
    """Questions a day; None without a limit, 0 for a blocked user."""


@dataclass(frozen=True)
class Portrait:
    """All about a user except the messages."""

    standing: Standing
    turns: int
    """Number of stored turns, in all conversations."""


@dataclass(frozen=True)
class Admin:
    """Carries out the owner's requests about users. All methods raise StoreError.

    Those about one user raise UnknownPerson before anything is written.
    """

    people: People
    transcript: Transcript
    journal: Journal
    lists: PersonLists
    entitlements: EntitlementService
    connections: LiveConnections
    clock: Clock

    def list(self, *, sort: Sort = Sort.LAST_SEEN, reverse: bool = False) -> Sequence[Standing]:
        """Return all users in order; `reverse` turns the order round."""
        known = [person for person in self.people.list() if _is_known(person)]
        limits: dict[str, int | None] = {}
        for person in known:
            group = identity.group_of(person.id)
            limits[group] = limits[group] if group in limits else self._limit_for(person)
        standings = [self._standing(person, limits[identity.group_of(person.id)]) for person in known]
        return _sorted(standings, sort, reverse=reverse)

    def ids(self) -> Sequence[PersonId]:
        """Return the ids of all users, in the order of `People.list`."""
        return [person.id for person in self.people.list() if _is_known(person)]

    def show(self, person: PersonId) -> Portrait:
        """Return one user as stored now."""
        known = self._known(person)
        return Portrait(self._standing(known, self._limit_for(known)), turns=len(self._exports.turns(known)))

    def standing(self, person: PersonId) -> Standing:
        """Return the limits of one user, also of one about whom the owner can decide although they have not written."""
        known = self._decidable(person)
        return self._standing(known, self._limit_for(known))

    def usual_limit(self, person: Person) -> int | None:
        """Return the questions a day that the user has without a decision; None for any number."""
        return self._limit_for(person)

    def allow(self, person: PersonId) -> Standing:
        """Grant the user any number of questions."""
        return self._decide(person, Access.UNLIMITED, daily_limit=None)

    def limit(self, person: PersonId, questions: int) -> Standing:
        """Set the user's own number of questions a day, which replaces the deployment's limit."""
        return self._decide(person, Access.DEFAULT, daily_limit=questions)

    def default(self, person: PersonId) -> Standing:
        """Undo allow, limit and block: the deployment's limit applies.

        Of a user who sent /forget only that decision was listed; what is left is stored as long as after any /forget.
        """
        undone = self._decide(person, Access.DEFAULT, daily_limit=None)
        if not undone.person.first_seen:
            self.people.forget(person, now=self.clock())
        return undone

    def block(self, person: PersonId) -> Standing:
        """Ignore the user from now on: no message of theirs is stored or answered, and their connections are closed.

        Not atomic: call it again after a failure.
        """
        blocked = self._decide(person, Access.BLOCKED, daily_limit=None)
        self.connections.close_of_person(person)
        return blocked

    def give_model(self, person: PersonId, model: str) -> Standing:
        """Let the model of this name answer the user from now on; empty for that of their API key or persona."""
        known = self._known(person)
        self.people.give_model(person, model)
        return self._standing(replace(known, model=model), self._limit_for(known))

    def forget(self, person: PersonId) -> Portrait:
        """Delete the user's conversation, turns in rooms, lists and record, and return what was stored before.

        The owner's decision stays, and so do the counts for a few days (`People.forget`). Not atomic: messages are
        deleted first and the record last, so the call can be repeated after a failure. Raises ConversationBusy while
        a message of the user is being answered or waits in a room.
        """
        before = self.show(person)
        known = before.standing.person
        if any(turn.is_open for room in known.rooms for turn in self._exports.turns_in(room, person)):
            raise ConversationBusy("a message of this person waits in a room; try again in a minute")
        self.transcript.erase(identity.conversation_of(person), now=self.clock())
        for room in sorted(known.rooms):
            self.transcript.erase_closed(room, person, now=self.clock())
        self.people.begin_to_forget(person, asked_at=self.clock())
        self.lists.forget(person)
        if not self.people.forget(person, now=self.clock(), last_seen=known.last_seen):
            raise ConversationBusy("this person has just written; try again in a minute")
        return before

    def export(self, person: PersonId) -> dict[str, Any]:
        """Return everything stored about the user, messages included; of one who had it deleted, what was left."""
        return self._exports.document(person)

    def read(self, person: PersonId, *, by: str) -> Sequence[Turn]:
        """Return the user's turns in all conversations, oldest first, once it is stored that an owner reads them.

        `by` is who, as `OwnerSession.owner`.
        """
        known = self._known(person)
        if not self.people.note_look(known, by, now=self.clock()):
            raise UnknownPerson("there is no person with that id")
        return self._exports.turns(known)

    @property
    def _exports(self) -> Exports:
        return Exports(self.people, self.transcript, self.journal, self.lists, self.clock)

    def _decide(self, person: PersonId, access: Access, *, daily_limit: int | None) -> Standing:
        is_undone = access is Access.DEFAULT and daily_limit is None
        known = self._known(person) if is_undone else self._decidable(person)
        self.people.decide(person, access, daily_limit=daily_limit)
        return self._standing(replace(known, access=access, daily_limit=daily_limit), self._limit_for(known))

    def _known(self, person: PersonId) -> Person:
        known = self.people.get(person)
        if known is None or not _is_known(known):
            raise UnknownPerson("there is no person with that id")
        return known

    def _decidable(self, person: PersonId) -> Person:
        """Return the user as stored; without any history if nobody with that id has written yet, or not again."""
        known = self.people.get(person)
        if not (known and _is_known(known)) and not self._may_come(person):
            raise UnknownPerson("there is no person with that id")
        return known or Person(person)

    def _may_come(self, person: PersonId) -> bool:
        """Whether the id has the right form and its API key exists, if it needs one."""
        if not identity.is_person(person):
            return False
        return identity.key_of(person) is None or self.entitlements.for_person(person).key is not None

    def _limit_for(self, person: Person) -> int | None:
        """Return the limit of all users of the same page or API key, without the owner's decisions about one user."""
        return self.entitlements.for_person(person.id).daily_limit

    def _standing(self, person: Person, default_limit: int | None) -> Standing:
        now = self.clock()
        today = quota.date_at(now, zone=self.entitlements.limits.zone)
        blocked = person.access is Access.BLOCKED
        limit = 0 if blocked else limit_of(person, default_limit=default_limit)
        return Standing(person, used=person.quota.get(today, 0), limit=limit)


def _is_known(person: Person) -> bool:
    """Whether the user has written, or the owner has decided something about them, which can still be changed."""
    decided = person.access is not Access.DEFAULT or person.daily_limit is not None or person.is_owner
    return person.first_seen > 0 or decided


def _own_limit(person: Person) -> int:
    return -1 if person.daily_limit is None else person.daily_limit


def _sorted(people: Sequence[Standing], sort: Sort, *, reverse: bool) -> Sequence[Standing]:
    """Return the users in order; equals keep the order that they have in `people`."""
    match sort:
        case Sort.LAST_SEEN:
            ordered = sorted(people, key=lambda user: -user.person.last_seen)
        case Sort.FIRST_SEEN:
            ordered = sorted(people, key=lambda user: -user.person.first_seen)
        case Sort.USED:
            ordered = sorted(people, key=lambda user: -user.used)
        case Sort.ACCESS:
            ordered = sorted(people, key=lambda user: (user.person.access.value, _own_limit(user.person)))
    return ordered[::-1] if reverse else ordered
