"""Notifies the owners of new users: of one with buttons to decide about them, in busy times of several at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from chalicelib.access import identity, taps
from chalicelib.access.entitlements import EntitlementService
from chalicelib.access.handles import handle_of
from chalicelib.access.invites import Invites
from chalicelib.access.new_people import NewPeople, are_announced
from chalicelib.access.person import Access, Person
from chalicelib.access.ports import People
from chalicelib.access.quota import limit_of
from chalicelib.access.taps import Tap
from chalicelib.clock import Clock
from chalicelib.content.text import Texts
from chalicelib.conversation.commands import Command, parse
from chalicelib.conversation.turn import Choice, Turn
from chalicelib.ids import PersonId
from chalicelib.operations.invites import invited_by
from chalicelib.operations.owner_notices import Notice, OwnerNotices
from chalicelib.settings.stage import Settings

SHOWN: Final = 60
"""Characters of a new user's first message that an owner sees."""
BUTTONS: Final = (Tap.ALLOW, Tap.FREE, Tap.BLOCK, Tap.LATER)
MOST_LISTED: Final = 11
"""People in one notice: Messenger shows at most 13 buttons."""


@dataclass(frozen=True)
class Newcomers:
    """Notifies the owners. Methods raise StoreError."""

    store: NewPeople
    people: People
    entitlements: EntitlementService
    notices: OwnerNotices
    texts: Texts
    settings: Settings
    clock: Clock
    new_secret: Callable[[], str]
    invites: Invites

    def announce(self, person: Person, turn: Turn) -> Callable[[], None]:
        """Let a new user wait for a notice, once ever, and return what sends it; a blocked one only once unblocked.

        Not clients without a name, and not for the command that makes a user an owner: no one decides about owners.
        """
        if person.announced or person.access is Access.BLOCKED or person.is_owner or not are_announced(person.id):
            return _nothing
        secret = self.new_secret()
        is_command = parse(turn.text) is Command.OWNER
        if is_command or not self.store.announce(person.id, secret=secret, now=self.clock()):
            return _nothing
        return partial(self._tell_of_one, person, turn, secret)

    def _tell_of_one(self, person: Person, turn: Turn, secret: str) -> None:
        person = self.people.get(person.id) or person  # an invite has perhaps let the user in meanwhile
        if person.tap and self.store.may_tell(now=self.clock()):
            self.notices.tell("new_person", self._about_one(person, turn, secret))
            self.store.told([person.id])

    def tell_of_all(self) -> int:
        """Notify of all who wait, and return how many they are; those who are decided about wait no longer."""
        waiting = self.store.waiting()
        found = (self.people.get(person) for person in waiting)
        undecided = [person for person in found if person and person.tap and not person.tapped_in]
        for begin in range(0, len(undecided), MOST_LISTED):
            self.notices.tell("new_people", self._about_several(undecided[begin : begin + MOST_LISTED]))
        if waiting:
            self.store.told(waiting)
        return len(undecided)

    def _about_one(self, person: Person, turn: Turn, secret: str) -> Notice:
        words = self._words(turn)
        said = self.texts("owner_new_words", words=words) if words else ""
        lines = (self._line(person), invited_by(person, self.invites, self.texts), said, self._limit(person))
        return Notice(
            self.texts("owner_new_person_subject"),
            "\n".join(filter(None, lines)),
            self._mail(person),
            partial(choices, self.texts, person.id, secret, BUTTONS),
        )

    def _about_several(self, people: Sequence[Person]) -> Notice:
        lines = "\n".join(self._line(person) for person in people)
        count, stage = len(people), self.settings.stage.name
        return Notice(
            self.texts("owner_new_people_subject"),
            self.texts("owner_new_people", count=count, lines=lines),
            self.texts("owner_new_people_mail", count=count, lines=lines, stage=stage),
            lambda owner: tuple(
                Choice(handle_of(each.id), taps.payload(Tap.SHOW, each.id, owner=owner, secret=each.tap))
                for each in people
            ),
        )

    def _line(self, person: Person) -> str:
        """Return who is new, how they came and when."""
        moment = datetime.fromtimestamp((person.first_seen or self.clock()) / 1000, self.settings.limits.zone)
        came = {"handle": handle_of(person.id), "day": moment.date(), "time": moment.time()}
        if identity.traits_of(person.id).announces_new_people:
            return self.texts("owner_new_wrote", **came)
        key = self.entitlements.for_person(person.id).key
        return self.texts("owner_new_from_site", name=key.name, **came) if key else self.texts("owner_new_in", **came)

    def _limit(self, person: Person) -> str:
        limit = limit_of(person, default_limit=self.entitlements.for_person(person.id).daily_limit)
        return self.texts("owner_new_no_limit") if limit is None else self.texts("owner_new_limit", limit=limit)

    def _mail(self, person: Person) -> str:
        """Return what an e-mail says: nothing of the person's words, and the commands to run."""
        limits, stage = self.settings.limits, self.settings.stage.name
        if identity.traits_of(person.id).announces_new_people:
            return self.texts("owner_new_person", person=person.id, limit=limits.daily_limit, stage=stage)
        return self.texts("owner_new_people_mail", count=1, lines=self._line(person), stage=stage)

    def _words(self, turn: Turn) -> str:
        """Return the beginning of the user's first message in one line; empty if it is a command, or not to be shown.

        Notices go out on Messenger, so those about people of the web chat have no words: Facebook has no part in them.
        """
        line, is_of_messenger = " ".join(turn.text.split()), identity.traits_of(turn.person).announces_new_people
        if not is_of_messenger or not self.settings.privacy.owner_sees_words or line.startswith("/"):
            return ""
        return line if len(line) <= SHOWN else f"{line[: SHOWN - 1].rstrip()}…"


def _nothing() -> None:
    """Do nothing: the person is not new."""


def choices(texts: Texts, person: PersonId, secret: str, buttons: Sequence[Tap], owner: PersonId) -> tuple[Choice, ...]:
    """Return buttons with which this owner decides about the user."""
    return tuple(
        Choice(texts(f"owner_tap_{tap}"), taps.payload(tap, person, owner=owner, secret=secret)) for tap in buttons
    )
