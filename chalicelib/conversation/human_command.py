"""The command `/human`: it tells the owners that a user wants to write with a human."""

from dataclasses import dataclass
from typing import Final

from chalicelib.access import identity
from chalicelib.content.text import Texts
from chalicelib.conversation.commands import Command, parse
from chalicelib.conversation.takeover_ports import Humans
from chalicelib.conversation.turn import Reply
from chalicelib.conversation.turn_context import TurnContext

_AGAIN_MS: Final = 60 * 60 * 1000
"""Within this time the owners hear once that a user asks."""


@dataclass(frozen=True)
class HumanCommand:
    """Runs the command."""

    humans: Humans
    texts: Texts

    def run(self, context: TurnContext) -> Reply:
        """Tell the owners, once an hour. In a room, where others read it, only say where. Raises StoreError."""
        turn = context.turn
        if identity.is_room(turn.conversation):
            return Reply(self.texts("human_not_here"))
        before = (each for each in context.memory if parse(each.text) is Command.HUMAN and each.reply)
        if not any(each.asked_at > turn.asked_at - _AGAIN_MS for each in before):
            self.humans.wanted(turn)
        is_silent = turn.at < context.lease.paused_until
        return Reply(self.texts("human_called_silent" if is_silent else "human_called"))
