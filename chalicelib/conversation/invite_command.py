"""The command `/invite CODE`, which the link of an invite sends: it lets the user in as the owner wants it."""

from dataclasses import dataclass, replace

from chalicelib.access import identity
from chalicelib.access.invites import Redeemed
from chalicelib.access.redeeming import Redeeming
from chalicelib.conversation.commands import argument_of
from chalicelib.conversation.notices import Notices
from chalicelib.conversation.turn import Reply
from chalicelib.conversation.turn_context import TurnContext


@dataclass(frozen=True)
class InviteCommand:
    """Runs the command."""

    redeeming: Redeeming
    notices: Notices

    def run(self, context: TurnContext) -> tuple[Reply, bool]:
        """Use the invite, and return the reply and whether another persona answers from now on. Raises StoreError.

        A repetition, also one after a crash, says the same and changes nothing.
        """
        if identity.is_room(context.turn.conversation):
            return self.notices.say("invite_not_here"), False
        before = context.person
        found = self.redeeming.redeem(argument_of(context.turn.text), before)
        if found.redeemed not in (Redeemed.NOW, Redeemed.BEFORE):
            return self.notices.say(f"invite_{found.redeemed.value}"), False
        welcome = self.notices.welcome(replace(context, person=found.person))
        accepted = self.notices.texts("invite_accepted")
        is_other = found.person.invited_persona != before.invited_persona
        return replace(welcome, text=f"{accepted}\n\n{welcome.text}"), is_other
