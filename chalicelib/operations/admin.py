"""What the owner sees of people, and decides about them. No I/O but the ports'; every method raises StoreError.

Whom nothing is stored of but counts and the owner's own decision (the forgotten) is as unknown as who never wrote.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from chalicelib.access import identity, quota
from chalicelib.access.entitlements import EntitlementService
from chalicelib.access.person import Access, Person
from chalicelib.access.ports import People
from chalicelib.access.quota import limit_of
from chalicelib.clock import Clock, utc
from chalicelib.conversation.ports import Transcript
from chalicelib.conversation.turn import Turn
from chalicelib.errors import ConversationBusy, UnknownPerson
from chalicelib.ids import ConversationId, PersonId


class Sort(StrEnum):
    """The orders of the list; equals follow each other as they were last seen."""

    LAST_SEEN = "last-seen"
    """Newest first."""
    FIRST_SEEN = "first-seen"
    """Newest first."""
    USED = "used"
    """Who asked most today first."""
    ACCESS = "access"
    """By name, a limit of one's own after the deployment's."""


@dataclass(frozen=True)
class Standing:
    """A person, and what that means today."""

    person: Person
    used: int
    limit: int | None
    """Questions a day: None without limit, 0 for the blocked."""


@dataclass(frozen=True)
class Portrait:
    """All there is to know of a person but the words."""

    standing: Standing
    turns: int
    """How many are stored."""


@dataclass(frozen=True)
class Admin:
    """The owner's decisions. Those about one person raise UnknownPerson before anything is written."""

    people: People
    conversations: Transcript
    terms: EntitlementService
    clock: Clock

    def list(
        self, *, sort: Sort = Sort.LAST_SEEN, reverse: bool = False, access: Access | None = None
    ) -> Sequence[Standing]:
        """Everybody, or those with `access`, in order."""
        known = [person for person in self.people.list() if _is_known(person) and access in {None, person.access}]
        limits: dict[str, int | None] = {}
        for person in known:
            group = identity.group_of(person.id)
            limits[group] = limits[group] if group in limits else self._limit_for(person)
        standings = [self._standing(person, limits[identity.group_of(person.id)]) for person in known]
        return _sorted(standings, sort, reverse=reverse)

    def find(self, ending: str) -> Sequence[PersonId]:
        """Whose id ends so; whoever has exactly that as the last part of the id goes before all others."""
        ids = [person.id for person in self.people.list() if _is_known(person) and person.id.endswith(ending)]
        return [person for person in ids if person.rpartition(":")[2] == ending] or ids

    def show(self, person: PersonId) -> Portrait:
        """One person as they are now."""
        known = self._known(person)
        return Portrait(self._standing(known, self._limit_for(known)), turns=len(self._turns(known)))

    def allow(self, person: PersonId) -> Standing:
        """Let the person ask without limit."""
        return self._decide(person, Access.UNLIMITED, daily_limit=None)

    def limit(self, person: PersonId, questions: int) -> Standing:
        """Let the person ask so many questions a day, whatever the deployment's limit is."""
        return self._decide(person, Access.DEFAULT, daily_limit=questions)

    def default(self, person: PersonId) -> Standing:
        """Treat the person as anybody."""
        return self._decide(person, Access.DEFAULT, daily_limit=None)

    def block(self, person: PersonId) -> Standing:
        """Do not hear the person any more."""
        return self._decide(person, Access.BLOCKED, daily_limit=None)

    def forget(self, person: PersonId) -> Portrait:
        """Delete the conversation, their turns in rooms, and what is stored of the person; what they were.

        Raises PersonBusy. The decision stays, and so do the counts for a few days (`ports.People.forget`). What was
        said goes first: cut off in between, the person is still there to be forgotten again.
        """
        before = self.show(person)
        known = before.standing.person
        if any(turn.is_open for room in known.rooms for turn in self._turns_in(room, person)):
            raise ConversationBusy("a message of this person waits in a room; try again in a minute")
        self.conversations.erase(identity.conversation_of(person), now=self.clock())
        for room in sorted(known.rooms):
            self.conversations.erase_closed(room, person, now=self.clock())
        self.people.forget(person, now=self.clock())
        return before

    def export(self, person: PersonId) -> dict[str, Any]:
        """Everything stored of the person, with their words, as JSON knows it; times are in UTC."""
        known = self._known(person)
        return {**as_json(known), "turns": [_turn_as_json(turn) for turn in self._turns(known)]}

    def _decide(self, person: PersonId, access: Access, *, daily_limit: int | None) -> Standing:
        known = self._known(person)
        self.people.decide(person, access, daily_limit=daily_limit)
        return self._standing(replace(known, access=access, daily_limit=daily_limit), self._limit_for(known))

    def _known(self, person: PersonId) -> Person:
        known = self.people.get(person)
        if known is None or not _is_known(known):
            raise UnknownPerson("nobody of that id has written yet")
        return known

    def _limit_for(self, person: Person) -> int | None:
        """Questions a day for whoever is answered on the same terms, unless the owner decided otherwise."""
        return self.terms.for_person(person.id).daily_limit

    def _standing(self, person: Person, default_limit: int | None) -> Standing:
        now = self.clock()
        today = quota.day_of(now, now=now, zone=self.terms.limits.zone)
        blocked = person.access is Access.BLOCKED
        limit = 0 if blocked else limit_of(person, default_limit=default_limit)
        return Standing(person, used=person.quota.get(today, 0), limit=limit)

    def _turns(self, person: Person) -> Sequence[Turn]:
        """Theirs, wherever they wrote, oldest first."""
        turns = [turn for place in identity.conversations_of(person) for turn in self._turns_in(place, person.id)]
        return sorted(turns, key=lambda turn: turn.id)

    def _turns_in(self, conversation: ConversationId, person: PersonId) -> Sequence[Turn]:
        return [turn for turn in self.conversations.turns(conversation, now=self.clock()) if turn.person == person]


def as_json(person: Person) -> dict[str, Any]:
    """What is stored of a person, but for the turns."""
    return {
        "person": person.id,
        "access": person.access.value,
        "daily_limit": person.daily_limit,
        "quota": dict(sorted(person.quota.items())),
        "told_day": person.told_day,
        "announced": person.announced,
        "first_seen": utc(person.first_seen),
        "last_seen": utc(person.last_seen),
        "rooms": sorted(identity.room_of(room) or "" for room in person.rooms),
    }


def _turn_as_json(turn: Turn) -> dict[str, Any]:
    reply = turn.reply
    return {
        "id": turn.id,
        "room": identity.room_of(turn.conversation),
        "time": utc(turn.at),
        "state": turn.state.value,
        "text": turn.text,
        "attachments": list(turn.attachments),
        "answer": reply.text if reply else None,
        "footer": reply.footer if reply else "",
        "choices": [choice.title for choice in reply.choices] if reply else [],
        "charged_day": turn.charged_day,
        "model_calls": turn.model_calls,
        "overflow": turn.overflow,
    }


def _is_known(person: Person) -> bool:
    """Somebody forgotten is unknown, unless the owner's decision stands: it can still be changed."""
    decided = person.access is not Access.DEFAULT or person.daily_limit is not None
    return person.first_seen > 0 or decided


def _own_limit(person: Person) -> int:
    return -1 if person.daily_limit is None else person.daily_limit


def _sorted(people: Sequence[Standing], sort: Sort, *, reverse: bool) -> Sequence[Standing]:
    """`people` come as they were last seen, newest first."""
    match sort:
        case Sort.LAST_SEEN:
            ordered = sorted(people, key=lambda one: -one.person.last_seen)
        case Sort.FIRST_SEEN:
            ordered = sorted(people, key=lambda one: -one.person.first_seen)
        case Sort.USED:
            ordered = sorted(people, key=lambda one: -one.used)
        case Sort.ACCESS:
            ordered = sorted(people, key=lambda one: (one.person.access.value, _own_limit(one.person)))
    return ordered[::-1] if reverse else ordered
