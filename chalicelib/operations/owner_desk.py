"""Carries out what owners order in the chat: each command is one method of one of its parts.

Users are named by their handles. What costs money or leaves a user without answers is done only when the owner
confirms it; the confirmation is the same command with `yes` behind it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.access import identity
from chalicelib.content.text import Texts
from chalicelib.conversation.owner_orders import Order, OwnerCommand
from chalicelib.conversation.turn import Reply
from chalicelib.conversation.turn_context import TurnContext
from chalicelib.errors import ConfigError, UnknownPerson
from chalicelib.operations.owner_decisions import OwnerDecisions
from chalicelib.operations.owner_link import OwnerLinks
from chalicelib.operations.owner_numbers import OwnerNumbers
from chalicelib.operations.owner_pauses import OwnerPauses
from chalicelib.operations.owner_people import OwnerPeople
from chalicelib.operations.owner_replies import OwnerReplies
from chalicelib.operations.owner_taps import OwnerTaps
from chalicelib.operations.period import Span


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
    links: OwnerLinks

    def carry_out(self, order: Order, context: TurnContext) -> Reply:
        if identity.is_room(context.turn.conversation):
            return Reply(self.texts("owner_not_here"))
        if order.command is OwnerCommand.DECIDE:
            return self.taps.run(context)
        try:
            if order.command is OwnerCommand.REPLY:
                return self.replies.reply(order.words[:1], context)
            reply = HANDLERS[order.command](self, order.words)
            is_report = order.command is OwnerCommand.REPORT and (not order.words or order.words[0] in set(Span))
            return self._with_link(reply, context) if is_report else reply
        except UnknownPerson:
            return Reply(self.texts("owner_gone"))

    def _with_link(self, reply: Reply, context: TurnContext) -> Reply:
        """Add a link to the owner's page; none where the deployment has stored no address."""
        try:
            link = self.links.mint(context.turn.person)
        except ConfigError:
            return reply
        return replace(reply, text=f"{reply.text}\n\n{self.texts('owner_page_link', link=link)}")


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
