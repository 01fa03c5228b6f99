"""When a reply says that an AI answers: law and Meta want it, so nothing switches it off. Pure.

It is said with the first reply to a user, with the first one after a day of silence, and after a human has written;
in the web chat all the time, by the page.
"""

from typing import Final

from chalicelib.access import identity
from chalicelib.conversation.commands import Command, parse
from chalicelib.conversation.takeover import HUMAN, HUMAN_HERE, is_of_human, waits_to_be_passed_on
from chalicelib.conversation.turn import Reply, Turn, TurnState
from chalicelib.conversation.turn_context import TurnContext

SILENCE_MS: Final = 24 * 60 * 60 * 1000
_SAYING_IT: Final = frozenset({Command.START, Command.HELP, Command.PRIVACY})
"""Commands whose replies begin with it."""
_OTHERS: Final = frozenset({"crisis", HUMAN, HUMAN_HERE})
"""Codes of replies that say it in their own words, or are a human's."""


def is_due(context: TurnContext) -> bool:
    """Whether the reply has to say it to the user. Of a turn that was begun before, this is stored with its charge."""
    turn, talked_at = context.turn, context.person.talked_at
    if turn.state is not TurnState.QUEUED:
        return turn.says_ai
    if identity.traits_of(turn.person).shows_ai or turn.opens or waits_to_be_passed_on(turn):
        return False
    is_after_human = talked_at < context.lease.paused_until or any(map(is_of_human, context.memory[-1:]))
    return turn.asked_at - talked_at >= SILENCE_MS or is_after_human


def is_to_be_added(turn: Turn, reply: Reply) -> bool:
    """Whether the reply has to say it, and does not do so already."""
    return turn.says_ai and reply.code not in _OTHERS and parse(turn.text) not in _SAYING_IT
