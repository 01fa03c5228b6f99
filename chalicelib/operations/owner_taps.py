"""What an owner's tap on a notice of a new person does. It works once, for the owner who is first."""

from dataclasses import dataclass
from typing import Final

from chalicelib.access import taps
from chalicelib.access.handles import handle_of
from chalicelib.access.new_people import NewPeople
from chalicelib.access.person import Person
from chalicelib.access.ports import People
from chalicelib.access.taps import Tap, Tapped
from chalicelib.content.text import Texts
from chalicelib.conversation.owner_orders import OwnerCommand
from chalicelib.conversation.turn import Choice, Reply
from chalicelib.conversation.turn_context import TurnContext
from chalicelib.operations.admin import Admin
from chalicelib.operations.newcomers import BUTTONS, choices
from chalicelib.operations.people_rows import is_decided

_DECIDE: Final = frozenset({Tap.ALLOW, Tap.FREE, Tap.BLOCK})


@dataclass(frozen=True)
class OwnerTaps:
    """Runs taps. Raises StoreError."""

    admin: Admin
    people: People
    store: NewPeople
    texts: Texts

    def run(self, context: TurnContext) -> Reply:
        """Do what the owner's turn says, and return what became of it. A second run after a crash says the same.

        What was not made for this owner is answered as a command that does not exist.
        """
        tapped = taps.read(context.turn.text)
        if tapped is None:
            return self._unknown()
        person = self.people.get(tapped.person)
        if person is None or not person.first_seen:
            return Reply(self.texts("owner_tapped_gone"))
        if person.tap and not taps.is_genuine(tapped, owner=context.person.id, secret=person.tap):
            return self._unknown()
        if person.is_owner or (not person.tap and person.tapped_in != context.turn.id):
            return self._decided_before(person)
        return self._act(tapped, person, context)

    def _act(self, tapped: Tapped, person: Person, context: TurnContext) -> Reply:
        handle = handle_of(person.id)
        if tapped.tap not in _DECIDE:
            is_open = person.tap and not person.tapped_in
            return self._offer(tapped, person, context) if is_open else self._decided_before(person)
        source = context.turn.id
        was_here = person.tapped_in == source
        if not was_here and not self.store.use_tap(person.id, secret=person.tap, source=source):
            return self._decided_before(self.people.get(person.id) or person)
        limit = self._decide(tapped.tap, person)
        if tapped.tap is Tap.ALLOW and limit is not None:
            return Reply(self.texts("owner_tapped_allow", handle=handle, limit=limit))
        return Reply(self.texts(f"owner_tapped_{Tap.FREE if tapped.tap is Tap.ALLOW else tapped.tap}", handle=handle))

    def _decide(self, tap: Tap, person: Person) -> int | None:
        """Carry out the decision, also a second time, and return the user's questions a day."""
        match tap:
            case Tap.FREE:
                return self.admin.allow(person.id).limit
            case Tap.BLOCK:
                return self.admin.block(person.id).limit
        return self.admin.standing(person.id).limit

    def _offer(self, tapped: Tapped, person: Person, context: TurnContext) -> Reply:
        """Return the buttons about the user; after LATER the commands."""
        handle = handle_of(person.id)
        if tapped.tap is Tap.LATER:
            return Reply(self.texts("owner_tapped_later", handle=handle))
        buttons = choices(self.texts, person.id, person.tap, BUTTONS, context.person.id)
        return Reply(self.texts("owner_tapped_show", handle=handle), choices=buttons)

    def _decided_before(self, person: Person) -> Reply:
        if not (person.is_owner or person.tapped_in or is_decided(person)):
            return self._old(person)
        state = "owner" if person.is_owner else person.access.value
        return Reply(self.texts(f"owner_tapped_before_{state}", handle=handle_of(person.id)))

    def _old(self, person: Person) -> Reply:
        """Offer commands in place of buttons that went with what the user had deleted, or with a decision undone."""
        handle, commands = handle_of(person.id), (OwnerCommand.ALLOW, OwnerCommand.BLOCK)
        offered = ((f"owner_button_{each.name.lower()}", f"{each.value} {handle}") for each in commands)
        choices = tuple(Choice(self.texts(key), command) for key, command in offered)
        return Reply(self.texts("owner_tapped_old", handle=handle), choices=choices)

    def _unknown(self) -> Reply:
        return Reply(self.texts("unknown_command", typed=taps.COMMAND))
