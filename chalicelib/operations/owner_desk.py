"""Carries out what owners order in the chat: each command is one method of one of its parts.

Users are named by their handles. What costs money or leaves a user without answers is done only when the owner
confirms it; the confirmation is the same command with `yes` behind it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.access import identity
from chalicelib.content.text import Texts
from chalicelib.conversation.owner_orders import Order, OwnerCommand
from chalicelib.conversation.turn import Reply
from chalicelib.conversation.turn_context import TurnContext
from chalicelib.errors import UnknownPerson
from chalicelib.operations.owner_decisions import OwnerDecisions
from chalicelib.operations.owner_numbers import OwnerNumbers
from chalicelib.operations.owner_pauses import OwnerPauses
from chalicelib.operations.owner_people import OwnerPeople
from chalicelib.operations.owner_replies import OwnerReplies
from chalicelib.operations.owner_taps import OwnerTaps


@dataclass(frozen=True)
class Desk:
    """`conversation.owner_orders.OwnerDesk`."""

    texts: Texts
    people: OwnerPeople
    decisions: OwnerDecisions
    pauses: OwnerPauses
    numbers: OwnerNumbers
    replies: OwnerReplies
    taps: OwnerTaps

    def carry_out(self, order: Order, context: TurnContext) -> Reply:
        if identity.room_of(context.turn.conversation) is not None:
            return Reply(self.texts("owner_not_here"))
        if order.command is OwnerCommand.DECIDE:
            return self.taps.run(context)
        try:
            if order.command is OwnerCommand.REPLY:
                return self.replies.reply(order.words[:1], context)
            return HANDLERS[order.command](self, order.words)
        except UnknownPerson:
            return Reply(self.texts("owner_gone"))


Handler = Callable[[Desk, tuple[str, ...]], Reply]

HANDLERS: Final[Mapping[OwnerCommand, Handler]] = {
    OwnerCommand.PEOPLE: lambda desk, words: desk.people.show(words),
    OwnerCommand.ALLOW: lambda desk, words: desk.decisions.allow(words),
    OwnerCommand.BLOCK: lambda desk, words: desk.decisions.block(words),
    OwnerCommand.LIMIT: lambda desk, words: desk.decisions.limit(words),
    OwnerCommand.DEFAULT: lambda desk, words: desk.decisions.default(words),
    OwnerCommand.PAUSE: lambda desk, words: desk.pauses.pause(words),
    OwnerCommand.RESUME: lambda desk, words: desk.pauses.resume(words),
    OwnerCommand.REPORT: lambda desk, words: desk.numbers.report(words),
    OwnerCommand.BUDGET: lambda desk, _: desk.numbers.budget(),
}
