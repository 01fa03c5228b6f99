"""The command `/owner CODE`: it makes the person who sends it an owner, with a code from the command line."""

from dataclasses import dataclass, replace

from chalicelib.access import identity
from chalicelib.access.owner_ports import Owners
from chalicelib.clock import Clock
from chalicelib.content.text import Texts
from chalicelib.conversation.commands import text_behind
from chalicelib.conversation.ports import OwnerAlerts
from chalicelib.conversation.turn import Reply
from chalicelib.conversation.turn_context import TurnContext


@dataclass(frozen=True)
class PairingCommand:
    """Runs the command."""

    owners: Owners
    alerts: OwnerAlerts
    texts: Texts
    clock: Clock
    stage: str

    def run(self, context: TurnContext) -> Reply:
        """Make the user an owner and notify the others, or return why not. Raises StoreError.

        A second run after a crash says the same, and the others may hear of it twice. A code that is sent in a room
        works no more, since others have read it.
        """
        person, code = context.person, text_behind(context.turn.text)
        if identity.is_room(context.turn.conversation):
            self._spoil(code)
            return Reply(self.texts("owner_pair_not_here"))
        if person.is_owner:
            own = next((owner.pairing for owner in self.owners.list() if owner.person == person.id), None)
            return self._paired(context) if own and own.fits(code) else Reply(self.texts("owner_pair_before"))
        if not may_be_owner(context):
            return Reply(self.texts("owner_pair_key", stage=self.stage))
        pairing = self.owners.try_code(now=self.clock())
        fits = pairing is not None and pairing.fits(code)
        if pairing is None or not fits or not self.owners.pair(person.id, pairing, now=self.clock()):
            return Reply(self.texts("owner_pair_wrong", stage=self.stage))
        return self._paired(context)

    def _spoil(self, code: str) -> None:
        """Make the code worthless if it is the one that works: others have read it."""
        pairing = self.owners.try_code(now=self.clock())
        if pairing is not None and pairing.fits(code):
            self.owners.offer(replace(pairing, expires_at=0))

    def _paired(self, context: TurnContext) -> Reply:
        self.alerts.owner_added(context.person)
        return Reply(self.texts("owner_pair_done"))


def may_be_owner(context: TurnContext) -> bool:
    """Whether no other client can write as this user: the holder of an API key can write as each of its users."""
    key = context.entitlements.key
    return key is None or key.for_owner
